// Uplinks of class pcap: what they record is what tshark reads, what tshark writes they play, and files that
// are no captures are refused or end the play.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CaptureReader, CaptureError } from "./backend/uplink/pcap-reading.ts";
import { enhancedPacket, interfaceDescription, sectionHeader } from "./capture/pcapng.ts";
import { hasPeer, tsharkFields } from "./capture/tshark.test-support.ts";
import type { PcapSpec } from "./hypervisor.ts";
import { REPLAY_BLOCK_MAX } from "./limits.ts";
import { must, until } from "./machine-room.test-support.ts";
import { Labs, factsOf, frameOf, uplink } from "./uplinks.test-support.ts";

const LIMIT = { timeout: 120_000 };
const FRAMES = 300;
let labs: Labs;
beforeEach(() => void (labs = new Labs()));
afterEach(() => labs.close(), 120_000);

const pcap = (spec: PcapSpec) => uplink({ class: "pcap", pcap: spec });

/** Frames to all, a millisecond and a nanosecond apart, as pcapng. */
function capture(frames = FRAMES): Uint8Array {
  const blocks = [sectionHeader("test"), interfaceDescription("eth0", "", 262_144)];
  for (let n = 0; n < frames; n++) {
    const frame = frameOf(7, 60 + n);
    const timeNs = 1_700_000_000_000_000_000n + BigInt(n) * 1_000_001n;
    const head = { index: 0, timeNs, direction: 1, length: frame.length, comment: undefined };
    blocks.push(enhancedPacket(head, frame));
  }
  return Buffer.concat(blocks);
}

async function readAll(path: string): Promise<{ length: number; timeNs: number; first: number }[]> {
  const reader = await CaptureReader.open(path);
  const found: { length: number; timeNs: number; first: number }[] = [];
  try {
    for (let next = await reader.next(); next; next = await reader.next())
      found.push({ length: next.frame.length, timeNs: next.timeNs, first: next.frame[13] ?? -1 });
  } finally {
    await reader.close();
  }
  return found;
}

test("a file is played into the network and recorded from it, frame by frame", LIMIT, async () => {
  const [from, to] = [labs.path("from.pcapng"), labs.path("to.pcapng")];
  writeFileSync(from, capture());
  const lab = labs.open({ warm: 0 });
  must(await lab.hv.createUplink("out", pcap({ record: to })));
  must(await lab.hv.createUplink("in", pcap({ replay: from })));
  await until("all were played", () => factsOf(lab, "in").detail.startsWith("played 300"), 60_000);
  await until("all were recorded", () => factsOf(lab, "out").tx.count === FRAMES, 60_000);
  expect(factsOf(lab, "in").rx).toMatchObject({ count: FRAMES, dropped: 0 });
  must(await lab.hv.removeUplink("out"));
  const [sent, recorded] = [await readAll(from), await readAll(to)];
  expect(recorded.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
  if (hasPeer("tshark")) {
    const rows = tsharkFields(readFileSync(to), ["frame.len", "frame.interface_name"]);
    expect(rows.map((row) => Number(row["frame.len"]))).toEqual(sent.map(({ length }) => length));
    expect(new Set(rows.map((row) => row["frame.interface_name"]))).toEqual(new Set(["in"]));
  }
});

test("at a speed frames come at their times; the speed can change while it plays", LIMIT, async () => {
  const from = labs.path("from.pcapng");
  writeFileSync(from, capture());
  const lab = labs.open({ warm: 0 });
  const begin = process.hrtime.bigint();
  must(await lab.hv.createUplink("in", pcap({ replay: from, speed: 0.001 })));
  await until("one was played", () => factsOf(lab, "in").rx.count >= 1);
  expect(factsOf(lab, "in").rx.count).toBeLessThan(100); // A frame a second.
  must(await lab.hv.setUplink("in", pcap({ replay: from, speed: 1 })));
  await until("all were played", () => factsOf(lab, "in").rx.count === FRAMES, 60_000);
  expect(Number(process.hrtime.bigint() - begin) / 1e6).toBeGreaterThan(250);
});

test("files as tshark writes them are read: pcap to the microsecond and the nanosecond", LIMIT, async () => {
  const from = labs.path("from.pcapng");
  writeFileSync(from, capture());
  const exact = await readAll(from);
  expect(exact.map(({ timeNs }) => timeNs)).toEqual(exact.map((_, n) => n * 1_000_001));
  if (!hasPeer("tshark")) return;
  for (const [format, unit] of [
    ["pcap", 1000],
    ["nsecpcap", 1],
    ["pcapng", 1],
  ] as const) {
    const path = labs.path(`as.${format}`);
    expect(spawnSync("tshark", ["-r", from, "-F", format, "-w", path]).status).toBe(0);
    const times = exact.map(({ timeNs }) => Math.floor(timeNs / unit) * unit);
    expect(await readAll(path)).toEqual(exact.map((row, n) => ({ ...row, timeNs: times[n] })));
  }
});

test("the other byte order, and the longest part of a file", async () => {
  const head = Buffer.alloc(24);
  head.writeUInt32BE(0xa1b2c3d4, 0);
  head.writeUInt32BE(1, 20);
  const record = (length: number): Buffer => {
    const bytes = Buffer.alloc(16 + length, 9);
    bytes.writeUInt32BE(0, 0);
    bytes.writeUInt32BE(0, 4);
    bytes.writeUInt32BE(length, 8);
    return bytes;
  };
  const path = labs.path("big.pcap");
  const longest = REPLAY_BLOCK_MAX - 16;
  writeFileSync(path, Buffer.concat([head, record(60), record(longest), record(60)]));
  expect((await readAll(path)).map(({ length }) => length)).toEqual([60, longest, 60]);
  writeFileSync(path, Buffer.concat([head, record(60), record(longest + 1)]));
  await expect(readAll(path)).rejects.toThrow(CaptureError);
});

test("what is no capture is refused with its name, and so is a file that can't be written", async () => {
  const lab = labs.open({ warm: 0 });
  const path = labs.path("text");
  writeFileSync(path, "This is a text and no capture of anything at all.");
  expect(await lab.hv.createUplink("a", pcap({ replay: path }))).toMatchObject({
    ok: false,
    refusal: { code: "outside", message: `can't play ${path}: it is no capture` },
  });
  expect(await lab.hv.createUplink("b", pcap({ record: labs.path("no/where") }))).toMatchObject({
    ok: false,
    refusal: { code: "outside", message: expect.stringContaining("ENOENT") },
  });
  expect(lab.hv.uplinks()).toEqual([]);
});

test("no bytes break the reader: it reads frames, or says what is wrong", LIMIT, async () => {
  const good = capture(5);
  const path = labs.path("fuzz");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(good.length),
      async (changes, length) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        writeFileSync(path, bytes.subarray(0, length));
        await readAll(path).catch((error: unknown) => expect(error).toBeInstanceOf(CaptureError));
      },
    ),
    { numRuns: 150 },
  );
});
