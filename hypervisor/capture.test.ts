// Captures of real guests: read by tshark, with names, directions, reasons and what is missing; and what they
// cost the guests, which is nothing.

import { afterEach, beforeEach, expect, test } from "vitest";
import { hasPeer, tsharkFields } from "./capture/tshark.test-support.ts";
import { BUDGET_FRAMES, CAPTURES_MAX, SNAPLEN_MAX, SNAPLEN_MIN } from "./limits.ts";
import type { Capture, CaptureChunk, CaptureSpec } from "./hypervisor.ts";
import { direction } from "./lines.test-support.ts";
import {
  REPORT,
  SEED,
  TestLab,
  bootPair,
  endPair,
  macOf,
  must,
  pairAtRest,
  pairGoesOn,
  peer,
  randomOf,
  until,
} from "./machine-room.test-support.ts";

const isSlow = process.env["SLOW"] === "1";
const FIELDS = [
  "frame.interface_name",
  "frame.interface_description",
  "frame.packet_flags_direction",
  "frame.comment",
  "frame.len",
  "frame.cap_len",
  "frame.time_epoch",
  "eth.src",
] as const;
type Row = Record<(typeof FIELDS)[number], string>;

let lab: TestLab;
beforeEach(() => {
  lab = new TestLab();
});
afterEach(() => lab.close());

interface Read {
  readonly bytes: Uint8Array;
  readonly last: CaptureChunk;
}

/** Everything that a capture still has, up to its last piece. */
async function readAll(capture: Capture): Promise<Read> {
  const pieces: Uint8Array[] = [];
  // Bound: a capture that was stopped comes to its end.
  for (;;) {
    const chunk = await capture.read();
    pieces.push(chunk.bytes);
    if (chunk.done) return { bytes: Buffer.concat(pieces), last: chunk };
  }
}

const start = (spec: CaptureSpec): Capture => must(lab.hv.capture(spec));

const rowsOf = (bytes: Uint8Array): Row[] => tsharkFields(bytes, FIELDS);

const [IN, OUT] = ["0x00000001", "0x00000002"];

/** What each interface's statistics say, from the blocks themselves: tshark shows none. */
function dropsOf(bytes: Uint8Array): { readonly received: number; readonly dropped: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: { received: number; dropped: number }[] = [];
  for (let at = 0; at < bytes.byteLength; at += view.getUint32(at + 4, true)) {
    if (view.getUint32(at, true) !== 5) continue;
    const [received, dropped] = [at + 20 + 24, at + 20 + 36].map((option) =>
      view.getBigUint64(option + 4, true),
    );
    found.push({ received: Number(received), dropped: Number(dropped) });
  }
  return found;
}

const mac = (n: number): string => `02:00:00:00:00:0${n}`;

test("a device shows both directions, a network each frame once", { timeout: 120_000 }, async () => {
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab, { window: 4 });
  const [device, network] = [start({ devices: ["eth1"] }), start({ networks: ["lan"] })];
  await pairGoesOn(lab, 200);
  device.stop();
  network.stop();
  const [ofDevice, ofNetwork] = [await readAll(device), await readAll(network)];
  expect([ofDevice.last.lost, ofNetwork.last.lost]).toEqual([0, 0]);
  if (!hasPeer("tshark")) return;
  const rows = rowsOf(ofDevice.bytes);
  expect(rows.length).toBe(ofDevice.last.frames);
  expect(rows.length).toBeGreaterThan(200);
  for (const row of rows) {
    expect(row["frame.interface_name"]).toBe("eth1");
    expect(row["frame.interface_description"]).toBe(`venet on lan, ${mac(1)}, 10.0.0.1/16`);
    expect(row["frame.packet_flags_direction"]).toBe(row["eth.src"] === mac(1) ? OUT : IN);
    expect(row["frame.comment"]).toBe("");
    expect(Math.abs(Number(row["frame.time_epoch"]) - Date.now() / 1000)).toBeLessThan(600);
    expect(row["frame.time_epoch"]).toMatch(/^\d+\.\d{9}$/);
  }
  const once = rowsOf(ofNetwork.bytes);
  expect(new Set(once.map((row) => row["frame.packet_flags_direction"]))).toEqual(new Set([OUT]));
  for (const row of once) expect(row["eth.src"]).toBe(mac(Number(row["frame.interface_name"].slice(3))));
});

test("what is dropped is there, with the reason", { timeout: 120_000 }, async () => {
  // Nobody answers the pair's third; one has a slow link, one a cut one, one a line that loses all.
  for (const n of [1, 2]) lab.plug(n);
  lab.plug(3, { rate: 64_000 });
  lab.plug(4, { link: "down" });
  lab.plug(5, { impair: { egress: direction({ loss: 1 }), ingress: direction({ loss: 1 }) } });
  const listens = async (n: number): Promise<void> => {
    const { image, memory } = await peer(n, { to: macOf(1), window: 0, answers: false });
    await lab.boot(`g${n}`, n, image, memory);
  };
  for (const n of [3, 4]) await listens(n);
  const capture = start({ networks: ["lan"], devices: ["eth3", "eth5"], snaplen: 64 });
  const sends = async (id: string, n: number, to: number[]): Promise<void> => {
    const options = { to, window: 1000, length: 1400, answerers: [7] as [number] };
    const { image, memory } = await peer(n, options);
    await lab.boot(id, n, image, memory);
    await until(`${id} has sent`, () => lab.report(id, REPORT.sent) >= 1000);
    await lab.hv.killGuest(id);
    must(lab.hv.removeGuest(id));
  };
  await sends("to3", 1, macOf(3)); // Over its rate.
  await sends("to4", 1, macOf(4)); // Not heard there, so flooded; nobody is it.
  await sends("from5", 5, macOf(1)); // Lost on its line.
  await sends("to9", 2, macOf(9)); // Flooded to all.
  const lost = (): number => lab.device(5).rx.droppedBy["impaired"] ?? 0;
  await until("the line has lost all", () => lost() > 0 && (lab.device(5).ingress?.waiting ?? 1) === 0);
  capture.stop();
  const { bytes, last } = await readAll(capture);
  expect(last.lost).toBe(0);
  if (!hasPeer("tshark")) return;
  const counts = new Map<string, number>();
  for (const row of rowsOf(bytes)) {
    const key = [row["frame.interface_name"], row["frame.packet_flags_direction"], row["frame.comment"]];
    counts.set(key.join(" "), (counts.get(key.join(" ")) ?? 0) + 1);
  }
  // The same numbers as the counters.
  const { tx, rx } = lab.device(1);
  expect(counts.get(`eth1 ${OUT} dropped: rate`)).toBe(tx.droppedBy["rate"]);
  expect(counts.get(`eth3 ${IN} dropped: rate`)).toBeGreaterThanOrEqual(tx.droppedBy["rate"] ?? 1);
  expect(counts.get(`eth1 ${OUT} `)).toBe(tx.count);
  expect(rx.count).toBe(0);
  expect(counts.get(`eth5 ${OUT} dropped: impaired`)).toBe(lab.device(5).tx.droppedBy["impaired"]);
  expect(counts.get(`eth5 ${IN} dropped: impaired`)).toBe(lost());
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(last.frames);
});

test(
  "a reader that stops loses frames of the capture, never of the guests",
  { timeout: 120_000 },
  async () => {
    for (const n of [1, 2]) lab.plug(n);
    await bootPair(lab, { length: 1400 });
    const capture = start({ networks: ["lan"] });
    await pairGoesOn(lab, 20_000);
    const first = await capture.read();
    await until("the capture's queue is full", () => first.frames > 0);
    await pairGoesOn(lab, 10_000);
    capture.stop();
    const { bytes, last } = await readAll(capture);
    expect(last.lost).toBeGreaterThan(0);
    const { zeros } = await endPair(lab);
    expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
    if (!hasPeer("tshark")) return;
    const all = Buffer.concat([first.bytes, bytes]);
    expect(rowsOf(all).length).toBe(last.frames);
    expect(dropsOf(all).reduce((sum, { dropped }) => sum + dropped, 0)).toBe(last.lost);
    expect(dropsOf(all).reduce((sum, { received }) => sum + received, 0)).toBe(last.lost + last.frames);
  },
);

const ROUNDS = isSlow ? 100 : 25;
test(`started and stopped ${ROUNDS} times under a closed loop`, { timeout: 180_000 }, async () => {
  console.log(`capture: seed ${SEED}`);
  const random = randomOf(SEED);
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab);
  for (let round = 0; round < ROUNDS; round++) {
    const spec = random() < 0.5 ? { networks: ["lan"] } : { devices: ["eth1", "eth2"] };
    const capture = start({ ...spec, snaplen: 64 });
    await pairGoesOn(lab, Math.floor(random() * 500));
    if (random() < 0.3) {
      capture.drop();
      continue;
    }
    const pieces = readAll(capture);
    await pairGoesOn(lab, Math.floor(random() * 500));
    capture.stop();
    const { last } = await pieces;
    if (last.lost === 0) expect(last.frames).toBeGreaterThan(0);
  }
  expect(await pairAtRest(lab)).toEqual([]);
  const { exchanged, zeros } = await endPair(lab);
  expect(exchanged).toBeGreaterThan(1000);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
  const { received, accounted } = lab.sums([1, 2]);
  expect(received).toBe(accounted);
});

test("a capture follows devices that come, are joined and go", { timeout: 120_000 }, async () => {
  must(lab.hv.createNetwork("far", { mtu: 1500 }));
  const capture = start({ networks: ["lan"], snaplen: 64 });
  const pieces = readAll(capture);
  for (const n of [1, 2]) lab.plug(n);
  lab.plug(3, { network: "far" });
  await bootPair(lab, { window: 4 });
  const { image, memory } = await peer(3, { to: macOf(9), window: 1e9, paceUs: 1000 });
  await lab.boot("c", 3, image, memory);
  const tried = (): number => lab.device(3).tx.count + lab.device(3).tx.dropped;
  const heard = (): number => lab.device(3).tx.count;
  const more = async (count: () => number, frames = 100): Promise<number> => {
    const from = count();
    await until("the third sends more", () => count() > from + frames);
    return count() - from;
  };
  lab.change(2, { rate: 1e9 }); // What else a port is set to keeps the tap.
  await more(tried);
  expect(heard()).toBe(0);
  const from = tried();
  must(lab.hv.setNetwork("far", { mtu: 1500, links: ["lan"] }));
  await more(heard, BUDGET_FRAMES); // No kick from before is left.
  const atLeast = await more(heard);
  must(lab.hv.setNetwork("far", { mtu: 1500 }));
  await more(() => lab.device(3).tx.dropped);
  const atMost = tried() - from;
  await pairGoesOn(lab, 1000);
  await lab.hv.killGuest("a");
  must(lab.hv.removeDevice("eth1"));
  capture.stop();
  const { bytes, last } = await pieces;
  expect(last.lost).toBe(0);
  const [one, two, three] = dropsOf(bytes).map(({ received }) => received) as [number, number, number];
  expect([one > 1000, two > 1000]).toEqual([true, true]);
  // Frames of the moments of joining and parting are shown or not: how many those are is the machine's.
  expect(three).toBeGreaterThanOrEqual(atLeast);
  expect(three).toBeLessThanOrEqual(atMost);
});

test("filter, count, snaplen and what is expected", { timeout: 120_000 }, async () => {
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab, { window: 4, length: 200 });
  const filter = `ether src ${mac(1)}`;
  const capture = start({ devices: ["eth1"], filter, frames: 50, snaplen: 60, expect: "less 100" });
  const { bytes, last } = await readAll(capture);
  expect(last).toMatchObject({ frames: 50, matched: false });
  const other = start({ devices: ["eth1"], expect: `ether dst ${mac(1)} and greater 14` });
  let chunk = await other.read();
  while (!chunk.matched) chunk = await other.read();
  other.drop();
  expect((await other.read()).done).toBe(true);
  if (!hasPeer("tshark")) return;
  for (const row of rowsOf(bytes)) {
    expect([row["eth.src"], row["frame.len"], row["frame.cap_len"]]).toEqual([mac(1), "200", "60"]);
  }
});

test("captures at once, and what is kept of a frame, within their bounds", async () => {
  lab.plug(1);
  const code = (spec: CaptureSpec): string => {
    const begun = lab.hv.capture(spec);
    return begun.ok ? "taken" : begun.refusal.code;
  };
  for (const snaplen of [SNAPLEN_MIN - 1, SNAPLEN_MAX + 1, 20.5]) expect(code({ snaplen })).toBe("invalid");
  const captures = [SNAPLEN_MIN, SNAPLEN_MAX].map((snaplen) => start({ devices: ["eth1"], snaplen }));
  while (captures.length < CAPTURES_MAX) captures.push(start({ networks: ["lan"] }));
  expect(code({ networks: ["lan"] })).toBe("limit");
  captures[0]?.drop();
  expect(code({ networks: ["lan"] })).toBe("taken");
  captures[1]?.stop();
  expect((await readAll(captures[1] as Capture)).last).toMatchObject({ frames: 0, lost: 0 });
  expect(code({ networks: ["lan"] })).toBe("taken");
  expect(code({ devices: ["eth9"] })).toBe("limit");
  captures[2]?.drop();
  expect([code({ devices: ["eth9"] }), code({ networks: ["far"] })]).toEqual(["missing", "missing"]);
  expect(code({ filter: "tpc" })).toBe("invalid");
});
