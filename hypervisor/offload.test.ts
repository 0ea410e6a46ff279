// Large frames between real guests: whole before who takes them so, in segments before everybody else, with
// sums that are right; and what a guest may not say.

import { afterEach, beforeEach, expect, test } from "vitest";
import { Caller, callerImage, type CallersRing } from "./caller.test-support.ts";
import { tsharkFields, hasPeer } from "./capture/tshark.test-support.ts";
import { LARGE_FRAME_MAX } from "./datapath/offload.ts";
import type { FeatureName, Image, VenetSpec } from "./hypervisor.ts";
import { FLAGS, largeFrame, readSegment, wordOf, type LargeFrame } from "./large-frames.test-support.ts";
import { SEGMENT_BYTES_MIN } from "./limits.ts";
import { direction } from "./lines.test-support.ts";
import { bootLoad } from "./load.test-support.ts";
import { BROADCAST, REPORT, SEED, TestLab, macOf, must } from "./machine-room.test-support.ts";
import { randomOf, shapeOf, until } from "./machine-room.test-support.ts";
import { LARGE, VENET } from "./ring/abi.ts";
import { guestImage, memoryOf, testGuest } from "./wat.test-support.ts";

const KILLS = process.env["SLOW"] === "1" ? 1000 : 20;
const WHOLE_BYTES = 20_000;
const SIZE = 1428;
const PAYLOAD = Array.from({ length: 10 * SIZE + 100 }, (_, n) => (n * 7) & 255);
const FEATURE = { reconfigure: 1, notifyAt: 2, segment: 4, whole: 8 } as const;

let lab: TestLab;
let image: Image;

beforeEach(async () => {
  lab = new TestLab();
  image = await callerImage();
}, 60_000);
afterEach(() => lab.close());

interface Station {
  readonly n: number;
  readonly caller: Caller;
  readonly rx: CallersRing;
  readonly tx: CallersRing;
  /** Where it has the frame that it sends. */
  readonly place: number;
}

/** A guest that took these features, on a device of its own. */
async function station(
  n: number,
  features: readonly FeatureName[],
  change: Partial<VenetSpec> = {},
): Promise<Station> {
  lab.plug(n, change);
  const caller = await Caller.boot(lab.room, `g${n}`, image, [], { bus: `bus${n}` });
  const at = caller.allocate(16);
  caller.memory.i32.set([1, 0, features.reduce((bits, name) => bits | FEATURE[name], 0), 0], at >> 2);
  expect(await caller.call(0, 1, at, 16)).toBe(0);
  const handle = await caller.open(1);
  const rx = await caller.ring(handle, VENET.rx, 16, features.includes("whole") ? WHOLE_BYTES : 2048);
  const tx = await caller.ring(handle, VENET.tx, 16, 64);
  rx.post(16);
  return { n, caller, rx, tx, place: caller.allocate(LARGE_FRAME_MAX + 2) };
}

/** Sends a frame with this length word. */
async function send({ caller, tx, place }: Station, bytes: readonly number[], word: number): Promise<void> {
  caller.memory.u8.set(bytes, place);
  tx.write(tx.posted, place, word, tx.posted * 2 + 1);
  tx.posted++;
  for (let answer = await caller.signal(tx.number); answer > 0; answer = await caller.signal(tx.number))
    if (answer > 1) await caller.wait(answer / 1000);
}

/** What has come, and the segment sizes that the words said. */
function take({ caller, rx }: Station): { segment: number; bytes: number[] }[] {
  const { i32, u8 } = caller.memory;
  const found = [];
  for (; rx.taken < rx.posted; rx.taken++) {
    const at = rx.descriptor(rx.taken);
    if (Atomics.load(i32, at + 2) !== rx.taken * 2) break;
    const [address, word] = [i32[at] as number, i32[at + 1] as number];
    const length = word & LARGE.lengthMask;
    found.push({
      segment: word >>> LARGE.segmentShift,
      bytes: [...u8.subarray(address, address + length)],
    });
  }
  rx.post(rx.taken + 16 - rx.posted);
  return found;
}

/** Waits for all of `count` frames: some take longer ways. */
async function arrived(to: Station, count: number): Promise<ReturnType<typeof take>> {
  const found: ReturnType<typeof take> = [];
  await until(
    `${count} frames for ${to.n}`,
    () => {
      found.push(...take(to));
      return found.length >= count;
    },
    60_000,
  );
  return found;
}

const frameTo = (to: readonly number[], change: Partial<LargeFrame> = {}): number[] =>
  largeFrame({ to, from: macOf(1), payload: PAYLOAD, ...change });

/** That these are the segments of the frame, and right. */
function expectSegments(found: ReturnType<typeof take>): void {
  const segments = found.map(({ bytes }) => readSegment(bytes));
  expect(segments.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(segments.map(({ sequence }) => sequence)).toEqual(found.map((_, index) => 1 + index * SIZE));
  expect(Buffer.from(segments.flatMap(({ payload }) => payload)).equals(Buffer.from(PAYLOAD))).toBe(true);
  expect(found.every(({ segment }) => segment === 0)).toBe(true);
}

test.each([{}, { ipv6: true }, { vlan: 7 }])("is cut for who does not take it whole: %o", async (change) => {
  const a = await station(1, ["segment"]);
  const b = await station(2, ["segment"]);
  const bytes = frameTo(macOf(2), { flags: FLAGS.ack | FLAGS.psh, ...change });
  await send(b, largeFrame({ to: macOf(1), from: macOf(2), payload: [] }), wordOf(54, SIZE));
  expect(take(a).map((one) => readSegment(one.bytes).wrong)).toEqual([[]]);
  await send(a, bytes, wordOf(bytes.length, SIZE));
  const found = take(b);
  expectSegments(found);
  expect(readSegment(found.at(-1)?.bytes ?? []).flags).toBe(FLAGS.ack | FLAGS.psh);
  expect(lab.device(1).tx).toMatchObject({ count: 11, dropped: 0 });
  const { received, accounted } = lab.sums([1, 2]);
  expect([received, accounted]).toEqual([12, 12]);
});

test("goes whole to who takes it so, and its own small frames go as ever", async () => {
  const a = await station(1, ["segment"]);
  const b = await station(2, ["segment", "whole"]);
  await send(b, largeFrame({ to: macOf(1), from: macOf(2), payload: [] }), 54);
  const bytes = frameTo(macOf(2));
  await send(a, bytes, wordOf(bytes.length, SIZE));
  await send(a, largeFrame({ to: macOf(2), from: macOf(1), payload: [1] }), 55);
  const [whole, small, ...rest] = take(b);
  expect(whole).toEqual({ segment: SIZE, bytes });
  expect([small?.segment, small?.bytes.length, rest.length]).toEqual([0, 55, 0]);
  expect(lab.device(1).tx).toMatchObject({ count: 2, bytes: bytes.length + 55, dropped: 0 });
  const { received, accounted } = lab.sums([1, 2]);
  expect([received, accounted]).toEqual([3, 3]);
});

const LINE = direction({ delayNs: 1e6 });
const WAYS: readonly [string, Partial<VenetSpec>, Partial<VenetSpec>][] = [
  ["a line at the sender", { impair: { egress: LINE } }, {}],
  ["a line at the receiver", {}, { impair: { ingress: LINE } }],
  ["a rate at the sender", { rate: 1e9 }, {}],
  ["a rate at the receiver", {}, { rate: 1e9 }],
  ["one VLAN", { vlan: 9 }, { vlan: 9 }],
  ["a receiver that has it switched off", {}, { offload: false }],
];

test.each(WAYS)("is cut on its way through %s", async (_, ofSender, ofReceiver) => {
  const a = await station(1, ["segment"], ofSender);
  const b = await station(2, ["segment", "whole"], ofReceiver);
  await send(b, largeFrame({ to: macOf(1), from: macOf(2), payload: [] }), 54);
  await arrived(a, 1);
  const bytes = frameTo(macOf(2));
  await send(a, bytes, wordOf(bytes.length, SIZE));
  expectSegments(await arrived(b, 11));
});

test("is cut for each of those that a frame is flooded to, and for who captures", async () => {
  const a = await station(1, ["segment"]);
  const others = [await station(2, ["whole"]), await station(3, [])];
  const capture = must(lab.hv.capture({ devices: ["eth1"] }));
  const bytes = frameTo(BROADCAST);
  await send(a, bytes, wordOf(bytes.length, SIZE));
  for (const one of others) expectSegments(take(one));
  capture.stop();
  const pieces: Uint8Array[] = [];
  for (let done = false; !done;) {
    const chunk = await capture.read();
    pieces.push(chunk.bytes);
    ({ done } = chunk);
  }
  if (!hasPeer("tshark")) return;
  const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
  const fields = ["ip.checksum.status", "tcp.checksum.status", "tcp.len"] as const;
  const rows = tsharkFields(Buffer.concat(pieces), fields, checks);
  expect(rows.length).toBe(11);
  expect(new Set(rows.map((row) => `${row["ip.checksum.status"]} ${row["tcp.checksum.status"]}`))).toEqual(
    new Set(["1 1"]),
  );
});

test("segments that find no room are counted one by one", async () => {
  const a = await station(1, ["segment"]);
  const b = await station(2, []);
  const bytes = frameTo(macOf(2));
  await send(a, bytes, wordOf(bytes.length, SEGMENT_BYTES_MIN));
  const count = Math.ceil(PAYLOAD.length / SEGMENT_BYTES_MIN);
  expect(take(b).length).toBe(16);
  // Nobody knew the receiver: what is flooded is sent, and its copies are lost.
  expect(lab.device(1).tx.count).toBe(count);
  expect(lab.sums([1, 2])).toEqual({ received: 16, accounted: 16 });
  await send(b, largeFrame({ to: macOf(1), from: macOf(2), payload: [] }), 54);
  await send(a, bytes, wordOf(bytes.length, SEGMENT_BYTES_MIN));
  expect(lab.device(1).tx).toMatchObject({ count: count + 16, droppedBy: { full: count - 16 } });
  expect(lab.device(1).tx.count + lab.device(1).tx.dropped).toBe(2 * count);
});

test("a receiver whose buffers are too small for it loses it, and it is counted", async () => {
  const a = await station(1, ["segment"]);
  const b = await station(2, ["whole"]);
  await send(b, largeFrame({ to: macOf(1), from: macOf(2), payload: [] }), 54);
  const payload = Array.from({ length: WHOLE_BYTES - 54 }, () => 3);
  const fits = frameTo(macOf(2), { payload });
  await send(a, fits, wordOf(fits.length, SIZE));
  const over = frameTo(macOf(2), { payload: [...payload, 3] });
  await send(a, over, wordOf(over.length, SIZE));
  expect(take(b).map(({ bytes }) => bytes.length)).toEqual([WHOLE_BYTES]);
  expect(lab.device(1).tx).toMatchObject({ count: 1, droppedBy: { too_big: 1 } });
});

test("who did not ask for it, or may not have it, says a length that is too big", async () => {
  const bytes = frameTo(macOf(2));
  const word = wordOf(bytes.length, SIZE);
  const a = await station(1, ["whole", "notifyAt"]);
  const b = await station(2, ["segment"], { offload: false });
  await send(a, bytes, word);
  await send(b, bytes, word);
  for (const { n } of [a, b]) expect(lab.device(n).tx).toMatchObject({ count: 0, droppedBy: { too_big: 1 } });
  // It is switched while the guest runs.
  lab.change(2, { offload: true });
  await send(b, bytes, word);
  expect(lab.device(2).tx).toMatchObject({ count: 11, droppedBy: { too_big: 1 } });
  lab.change(2, { offload: false });
  await send(b, bytes, word);
  expect(lab.device(2).tx).toMatchObject({ count: 11, droppedBy: { too_big: 2 } });
});

test("what it says of itself is bounded, and one word beyond is dropped and counted", async () => {
  const a = await station(1, ["segment"]);
  const b = await station(2, []);
  const bytes = frameTo(BROADCAST);
  const headers = 54;
  const most = 1518 - headers;
  await send(a, bytes, wordOf(bytes.length, most));
  expect(take(b).length).toBe(Math.ceil(PAYLOAD.length / most));
  const { count } = lab.device(1).tx;
  await send(a, bytes, wordOf(bytes.length, most + 1));
  expect(lab.device(1).tx.droppedBy).toMatchObject({ too_big: 1 });
  await send(a, bytes, wordOf(bytes.length, SEGMENT_BYTES_MIN - 1));
  await send(a, bytes, wordOf(bytes.length - 1, SIZE));
  await send(a, bytes, wordOf(13, SIZE));
  expect(lab.device(1).tx.droppedBy).toMatchObject({ too_big: 1, malformed: 3 });
  await send(a, [], wordOf(LARGE_FRAME_MAX + 1, SIZE));
  expect(lab.device(1).tx.droppedBy).toMatchObject({ too_big: 2, malformed: 3 });
  expect(lab.device(1).tx.count).toBe(count);
  const longest = frameTo(BROADCAST, { payload: Array.from({ length: 65_495 }, () => 9) });
  await send(a, longest, wordOf(longest.length, SIZE));
  expect(lab.device(1).tx.count).toBe(count + Math.ceil(65_495 / SIZE));
});

test("one that lies outside its guest's memory stops that guest, and nobody else", async () => {
  const a = await station(1, ["segment"]);
  const b = await station(2, []);
  const { byteLength } = a.caller.memory;
  a.tx.write(0, byteLength - 1000, wordOf(1001, SIZE), 1);
  await expect(a.caller.signal(a.tx.number)).rejects.toThrow("points outside the guest's memory");
  expect(lab.guest("g1").state).toBe("quarantined");
  expect([lab.guest("g2").state, take(b)]).toEqual(["running", []]);
});

test("a sender that is ended while its frame is cut leaves nothing behind", async () => {
  lab.plug(1);
  lab.plug(2);
  await bootLoad(lab, 1, { work: 0 });
  const shape = shapeOf(2, macOf(1), { rx: 16, tx: 16, txSize: 66_000 });
  const bytes = largeFrame({
    to: macOf(1),
    from: macOf(2),
    payload: Array.from({ length: 60_000 }, (_, n) => n & 255),
  });
  const sender = await guestImage(testGuest("large"), shape, {
    WORD: wordOf(bytes.length, SEGMENT_BYTES_MIN),
  });
  const random = randomOf(SEED);
  console.log(`large frames: seed ${SEED}`);
  for (let turn = 0; turn < KILLS; turn++) {
    await lab.boot("x", 2, sender, memoryOf(shape));
    const memory = lab.room.guests.memoryOf("x");
    memory?.u8.set(bytes, 65_536 + shape.rx * shape.rxSize);
    lab.tell("x", REPORT.pause, 1);
    const before = lab.device(2).tx;
    await until("some went", () => lab.device(2).tx.count > before.count, 60_000);
    await new Promise((resolve) => setTimeout(resolve, random() * 4));
    must(await lab.hv.killGuest("x"));
    must(lab.hv.removeGuest("x"));
  }
  expect(lab.reaped.filter(({ inHost }) => inHost).length).toBeGreaterThan(0);
  expect(lab.openClaims()).toEqual([]);
  await until("all buffers are posted", () => /^p+$/.test(lab.slots(1)), 60_000);
  const { received, accounted } = lab.sums([1, 2]);
  expect(received).toBeGreaterThan(KILLS);
  expect(accounted).toBe(received);
});
