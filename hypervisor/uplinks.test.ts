// Uplinks of class socket: what one lab puts in comes out in another, and what an other end that is hostile,
// slow, late or gone does to a network: nothing but drops that are counted.

import { once } from "node:events";
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SocketAddress } from "./hypervisor.ts";
import { REPORT, bootPair, must, pairGoesOn, until, type TestLab } from "./machine-room.test-support.ts";
import { dial, frameOf, inStream, Labs, socket, uplink } from "./uplinks.test-support.ts";
import { bootApart, carries, factsOf, portOf } from "./uplinks.test-support.ts";

const LIMIT = { timeout: 120_000 };
let labs: Labs;
beforeEach(() => void (labs = new Labs()));
afterEach(() => labs.close(), 120_000);

const unix = (): SocketAddress => ({ family: "unix", path: labs.path("s") });
const tcp = (port = 0) => ({ family: "tcp", host: "127.0.0.1", port }) as const;

async function listening(id = "out", lab = labs.open({ warm: 0 })): Promise<TestLab> {
  must(await lab.hv.createUplink(id, uplink(socket("listen", tcp()))));
  return lab;
}

test.each([
  ["a Unix socket", "unix"],
  ["TCP", "tcp"],
  ["UDP", "udp"],
] as const)("two labs joined by %s exchange frames, and each is counted", LIMIT, async (_, family) => {
  const [here, there] = [labs.open(), labs.open()];
  const at = (port: number): SocketAddress => (family === "unix" ? unix() : { ...tcp(port), family });
  must(await here.hv.createUplink("out", uplink(socket("listen", at(0)))));
  must(await there.hv.createUplink("out", uplink(socket("connect", at(portOf(here))))));
  await bootApart(there, here);
  const exchanged = there.report("a", REPORT.answered);
  expect(factsOf(here).carrier && factsOf(there).carrier).toBe(true);
  // A frame is counted when it has gone out: its answer may be there before.
  await until("each is counted", () => {
    const { rx, tx } = factsOf(there);
    return Math.min(rx.count, tx.count) >= exchanged;
  });
  expect(there.hv.network("lan")?.frames.count).toBeGreaterThanOrEqual(2 * exchanged);
  expect(there.report("a", REPORT.wrong)).toBe(0);
  await pairGoesOn(there, 1000);
});

test("a mistake of ours costs the ways out, and nothing else", LIMIT, async () => {
  const lab = await listening("out", labs.open());
  lab.plug(1);
  lab.plug(2);
  await bootPair(lab);
  const unreadable = { type: "open", port: 99, id: "bad" }; // Without what it is to open.
  lab.room.devices.uplinks.thread.send(unreadable as never);
  await until("their thread has ended", () =>
    factsOf(lab).detail.startsWith("the uplinks' thread has ended: "),
  );
  expect(factsOf(lab).carrier).toBe(false);
  expect(await lab.hv.createUplink("other", uplink(socket("listen", tcp())))).toMatchObject({
    refusal: { code: "outside", message: factsOf(lab).detail },
  });
  await pairGoesOn(lab, 1000);
  must(await lab.hv.removeUplink("out"));
});

test("frames of a wrong length are dropped; a length that can't be ends the connection", async () => {
  const lab = await listening();
  const other = await dial(portOf(lab));
  for (const length of [13, 14, 1518, 1519, 65_554]) other.write(inStream(frameOf(7, length)));
  await until("all have come", () => factsOf(lab).rx.count + factsOf(lab).rx.dropped === 5);
  expect(factsOf(lab).rx).toMatchObject({ count: 2, droppedBy: { malformed: 1, too_big: 2 } });
  other.write(Uint8Array.of(0, 1, 0, 19, 1, 2, 3)); // 65,555.
  await once(other, "close");
  await until("that was noticed", () => !factsOf(lab).carrier);
  const again = await dial(portOf(lab));
  again.write(inStream(frameOf(7, 60)));
  await until("another end is heard", () => factsOf(lab).rx.count === 3);
});

test("one other end at a time", async () => {
  const lab = await listening();
  const port = portOf(lab);
  await dial(port);
  await carries(lab);
  const second = await dial(port);
  await once(second, "close");
  expect(factsOf(lab).carrier).toBe(true);
});

test("an end that does not read: frames for it are dropped as `full`, and nobody waits", async () => {
  const lab = await listening("in");
  await listening("out", lab);
  const [source, deaf] = [await dial(portOf(lab, "in")), await dial(portOf(lab, "out"))];
  await carries(lab, "out");
  deaf.pause();
  const frame = inStream(frameOf(7, 1514));
  const frames = 20_000; // 30 MB: more than the system's buffers and ours take.
  for (let n = 0; n < frames; n++) source.write(frame);
  await until("all have come", () => factsOf(lab, "in").rx.count === frames, 60_000);
  const { tx } = factsOf(lab, "out");
  expect(tx.droppedBy["full"]).toBeGreaterThan(1000);
  await until("each has ended", () => {
    const { count, dropped } = factsOf(lab, "out").tx;
    return count + dropped === frames;
  });
});

test("without an other end frames are dropped as `down`; a cut link drops both ways", async () => {
  const lab = await listening("in");
  await listening("out", lab);
  const source = await dial(portOf(lab, "in"));
  source.write(inStream(frameOf(7, 60)));
  await until("it was dropped", () => factsOf(lab, "out").tx.droppedBy["down"] === 1);
  const spec = uplink(socket("listen", tcp()), { link: "down" });
  must(await lab.hv.setUplink("in", spec));
  source.write(inStream(frameOf(7, 60)));
  await until("it was dropped", () => factsOf(lab, "in").rx.droppedBy["down"] === 1);
  expect(factsOf(lab, "out").tx.dropped).toBe(1);
});

test("what comes over the rate is dropped as `rate`; another network is taken at once", async () => {
  const lab = await listening("in");
  const spec = uplink(socket("listen", tcp()));
  must(await lab.hv.setUplink("in", { ...spec, rate: 1_000_000 }));
  const source = await dial(portOf(lab, "in"));
  for (let n = 0; n < 400; n++) source.write(inStream(frameOf(7, 1514)));
  await until("all have come", () => factsOf(lab, "in").rx.count + factsOf(lab, "in").rx.dropped === 400);
  expect(factsOf(lab, "in").rx.droppedBy["rate"]).toBeGreaterThan(100);
  must(lab.hv.createNetwork("far", { mtu: 576 }));
  must(await lab.hv.setUplink("in", { ...spec, network: "far" }));
  expect(lab.hv.network("lan")?.ports).toBe(0);
  expect(lab.hv.removeNetwork("far")).toMatchObject({ ok: false, refusal: { code: "busy" } });
  must(lab.hv.createNetwork("long", { mtu: 9000 }));
  const long = await lab.hv.setUplink("in", { ...spec, network: "long" });
  expect(long).toMatchObject({ ok: false, refusal: { code: "invalid" } });
  must(await lab.hv.removeUplink("in"));
  must(lab.hv.removeNetwork("far"));
});

test("who connects tries until somebody is there, and again when that is gone", LIMIT, async () => {
  const lab = labs.open({ warm: 0 });
  const others: Socket[] = [];
  const server = createServer((other) => void others.push(other.on("error", () => undefined)));
  server.listen(labs.path("s"));
  await once(server, "listening");
  server.close();
  await once(server, "close");
  must(await lab.hv.createUplink("out", uplink(socket("connect", unix()))));
  await until("it has tried", () => factsOf(lab).detail.endsWith("ENOENT"));
  server.listen(labs.path("s"));
  await carries(lab);
  await until("it is there", () => others.length === 1);
  others[0]?.destroy();
  await until("it has come again", () => others.length === 2);
  await carries(lab);
  server.close();
  others[1]?.destroy();
});

test("an address that is taken is refused; a path that nobody listens on any more is not", async () => {
  const lab = await listening();
  const taken = await lab.hv.createUplink("too", uplink(socket("listen", tcp(portOf(lab)))));
  expect(taken).toMatchObject({ ok: false, refusal: { code: "outside" } });
  expect(!taken.ok && taken.refusal.message).toContain("EADDRINUSE");
  must(await lab.hv.createUplink("unix", uplink(socket("listen", unix()))));
  const two = await lab.hv.createUplink("two", uplink(socket("listen", unix())));
  expect(two).toMatchObject({ ok: false, refusal: { code: "outside" } });
  expect(lab.hv.inventory().things.uplink).toEqual(new Set(["out", "unix"]));
});

test("a UDP uplink sticks to who sent first until that is gone", LIMIT, async () => {
  const lab = labs.open({ warm: 0 });
  must(await lab.hv.createUplink("out", uplink(socket("listen", { ...tcp(), family: "udp" }))));
  await listening("in", lab);
  const port = portOf(lab, "out");
  const [first, second] = [createSocket("udp4"), createSocket("udp4")];
  const source = await dial(portOf(lab, "in"));
  const send = (from: typeof first): void => from.send(frameOf(8, 100), port, "127.0.0.1");
  send(first);
  await carries(lab, "out");
  await until("it is connected", () => {
    source.write(inStream(frameOf(7, 60)));
    return factsOf(lab, "out").tx.count > 0;
  });
  const { count } = factsOf(lab, "out").rx;
  send(second);
  send(first);
  await until("the first is heard", () => factsOf(lab, "out").rx.count === count + 1);
  first.close();
  await once(first, "close");
  await until("that it is gone was noticed", () => {
    source.write(inStream(frameOf(7, 60)));
    return !factsOf(lab, "out").carrier;
  });
  await until("the second is heard", () => {
    send(second);
    return factsOf(lab, "out").carrier;
  });
  second.close();
});
