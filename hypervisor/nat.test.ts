// Gateways in user mode on real networks: a station outside comes in by another uplink, through the switch.

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { serve } from "./backend/nat/host-servers.test-support.ts";
import { Station } from "./backend/nat/station.test-support.ts";
import type { NatSpec } from "./backend/nat/spec.ts";
import { FrameReader } from "./backend/uplink/frame-stream.ts";
import type { NatFacts } from "./hypervisor.ts";
import { must, type TestLab, until } from "./machine-room.test-support.ts";
import { dial, factsOf, inStream, Labs, portOf, socket, uplink } from "./uplinks.test-support.ts";

const labs = new Labs();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await labs.close();
});

const GATEWAY = "10.0.255.254";
const SPEC: NatSpec = {
  gateway: GATEWAY,
  prefix: 16,
  pool: ["10.0.1.0", "10.0.1.255"],
  dhcp: true,
  dns: true,
  outward: true,
  hostAccess: true,
  publish: [],
};
const published = { protocol: "tcp", address: "127.0.0.1", listen: 0, to: "eth2", port: 80 } as const;
const nat = (change: Partial<NatSpec> = {}): ReturnType<typeof uplink> =>
  uplink({ class: "nat", nat: { ...SPEC, ...change } });
const facts = (lab: TestLab): NatFacts => factsOf(lab, "nat").nat as NatFacts;

/** A lab with a gateway, and a station at the address of the n-th port, which is planned and not there. */
async function open(n: number, change: Partial<NatSpec> = {}): Promise<{ lab: TestLab; station: Station }> {
  const lab = labs.open({ warm: 0 });
  lab.plug(n, { names: ["web"] });
  must(await lab.hv.createUplink("nat", nat(change)));
  const address = { family: "tcp", host: "127.0.0.1", port: 0 } as const;
  must(await lab.hv.createUplink("out", uplink(socket("listen", address))));
  await until("the port is told", () => portOf(lab) > 0);
  const wire = await dial(portOf(lab));
  const mac = `02:00:00:00:00:${n.toString(16).padStart(2, "0")}`;
  const station = new Station(
    `10.0.0.${n}`,
    mac,
    (frame) => wire.write(inStream(frame)),
    "52:55:0a:00:ff:fe",
  );
  const reader = new FrameReader((frame) => {
    const isFor = frame[0] === 0xff || station.mac.every((byte, index) => frame[index] === byte);
    if (isFor) station.take(Uint8Array.from(frame));
  });
  wire.on("data", (piece) => reader.take(piece as Buffer));
  closing.push(() => {
    station.close();
    wire.destroy();
  });
  return { lab, station };
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const question = (name: string): Buffer =>
  Buffer.from(`12340100000100000000000003${Buffer.from(name).toString("hex")}0000010001`, "hex");

test(
  "a connection through the network, its gateway and a socket of the host",
  { timeout: 120_000 },
  async () => {
    const { lab, station } = await open(2);
    const port = await serve(closing, (socket) => socket.pipe(socket));
    const sent = randomBytes(1_000_000);
    const talk = station.connect(GATEWAY, port);
    await talk.whenOpen();
    await until("it is told", () => facts(lab).connections === 1);
    talk.write(sent);
    talk.end();
    await talk.whenEnded();
    expect(digest(talk.bytes)).toBe(digest(sent));
    await until("it is told", () => facts(lab).connections === 0);
    expect(factsOf(lab, "nat").tx.count).toBeGreaterThan(sent.length / 1500);
    expect(factsOf(lab, "nat").detail).toBe(`gateway ${GATEWAY}`);
  },
);

test(
  "published: the port is told, leads to its device, is free when the uplink is gone",
  { timeout: 120_000 },
  async () => {
    const { lab, station } = await open(2, { publish: [published] });
    station.listen(80, (talk) => {
      talk.write(Buffer.from("hello"));
      talk.end();
    });
    const { listen = 0 } = facts(lab).published[0] ?? {};
    const client = connect(listen, "127.0.0.1").on("error", () => undefined);
    const [got] = (await once(client, "data")) as [Buffer];
    expect(got.toString()).toBe("hello");
    must(await lab.hv.removeUplink("nat"));
    const again = createServer().listen(listen, "127.0.0.1");
    await once(again, "listening");
    again.close();
  },
);

test("published: a port that is taken refuses, and nothing is lost", { timeout: 120_000 }, async () => {
  const taken = await serve(closing, () => undefined);
  const other = labs.open({ warm: 0 });
  const bad = [{ ...published, listen: taken }];
  const message =
    `TCP port 127.0.0.1:${taken} is taken by somebody else: ` + "choose another, or 0 for a free one";
  expect(await other.hv.createUplink("nat", nat({ publish: bad }))).toEqual({
    ok: false,
    refusal: { code: "outside", message },
  });
  expect(other.hv.uplinks()).toEqual([]);
  const { lab } = await open(2, { publish: [published] });
  const before = facts(lab).published;
  expect(await lab.hv.setUplink("nat", nat({ publish: [published, ...bad] }))).toMatchObject({ ok: false });
  expect(facts(lab).published).toEqual(before);
});

test("names follow the devices of the segment", { timeout: 120_000 }, async () => {
  const { lab, station } = await open(2);
  const ask = async (name: string): Promise<string> => {
    station.datagram(GATEWAY, 53, question(name));
    const { payload } = await station.nextDatagram();
    return (payload[7] ?? 0) > 0 ? payload.subarray(-4).join(".") : `code ${(payload[3] ?? 0) & 15}`;
  };
  const becomes = async (name: string, wanted: string): Promise<void> => {
    let got = "";
    // Event loop: asks again until the gateway has been told; the test's time limit ends it.
    while (got !== wanted) got = await ask(name);
  };
  await becomes("web", "10.0.0.2");
  lab.plug(3, { names: ["new"] });
  await becomes("new", "10.0.0.3");
  must(lab.hv.removeDevice("eth3"));
  await becomes("new", "code 2"); // Nobody's any more: asked of the host's servers, which know it as little.
});

test("a gateway that is cut off, and joined again", { timeout: 120_000 }, async () => {
  const { lab, station } = await open(2);
  const port = await serve(closing, (socket) => socket.pipe(socket));
  must(await lab.hv.setUplink("nat", { ...nat(), link: "down" }));
  const talk = station.connect(GATEWAY, port);
  await until("its packets are dropped", () => factsOf(lab).rx.dropped > 0);
  must(await lab.hv.setUplink("nat", nat()));
  await talk.whenOpen(); // By its next try.
  expect(talk.state).toBe("open");
});

test("another gateway's address is another uplink", { timeout: 120_000 }, async () => {
  const { lab } = await open(2);
  expect(await lab.hv.setUplink("nat", nat({ gateway: "10.0.255.253" }))).toMatchObject({
    refusal: { code: "invalid" },
  });
});
