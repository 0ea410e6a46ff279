// Parts of the SDK by themselves: the sending ring, memory, checksums, values, samples, the console, the
// ABI's numbers.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as frames from "./test/frames.ts";
import type { HostOptions } from "./test/host.ts";
import type { Part } from "./test/part.ts";
import { loadPart } from "./test/part.ts";
import { compileForTest } from "./test/compile.ts";
import { TestHost } from "./test/host.ts";

const SCRATCH = 8;

async function openTx(buffers: number, capacity = 64, options: HostOptions = {}): Promise<Part> {
  const loaded = await loadPart({ pages: 8, ...options });
  loaded.host.openDevice(1);
  expect(loaded.part["txOpen"]!(buffers, capacity)).toBe(0);
  return loaded;
}

function put(part: Part, at: number, data: Uint8Array): void {
  new Uint8Array(part.host.memory.buffer).set(data, at);
}

const firstWords = (part: Part): number[] =>
  part.host.sent.map((sent) => new DataView(sent.frame.buffer).getInt32(0, true));

test.each([1, 2, 4, 16, 64, 512, 1024])(
  "with %i buffers, frames go out whole and in order",
  async (buffers) => {
    const loaded = await openTx(buffers);
    const expected: number[] = [];
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 1 + ((round * 7) % buffers); i++) {
        const at = loaded.part["txReserve"]!();
        expect(at).not.toBe(0);
        new DataView(loaded.host.memory.buffer).setInt32(at, expected.length, true);
        loaded.part["txPost"]!(60);
        expected.push(expected.length);
      }
      expect(loaded.part["txFlush"]!()).toBe(0);
    }
    expect(firstWords(loaded)).toEqual(expected);
    expect(loaded.host.sent.every((sent) => sent.frame.length === 60)).toBe(true);
  },
);

test.each([1, 4, 16, 32])("%i buffers are given out once before the host has taken them", async (buffers) => {
  const { part } = await openTx(buffers);
  const seen = new Set<number>();
  for (let i = 0; i < buffers; i++) {
    seen.add(part["txReserve"]!());
    part["txPost"]!(14);
  }
  expect(seen.size).toBe(buffers);
  expect(part["txReserve"]!()).toBe(0);
  part["txFlush"]!();
  expect(part["txReserve"]!()).not.toBe(0);
});

test("a burst is the same as one frame after the other", async () => {
  const loaded = await openTx(16);
  const { part, host } = loaded;
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 11; i++)
      new DataView(host.memory.buffer).setInt32(part["txBurstAt"]!(i), round * 11 + i, true);
    part["txPostBurst"]!(11, 40);
    expect(part["txFlush"]!()).toBe(0);
  }
  expect(firstWords(loaded)).toEqual(Array.from({ length: 110 }, (_, i) => i));
});

test("flush calls again while the host says so, and tells how long to wait", async () => {
  const { part, wide, host } = await openTx(16, 64, { signalAnswers: [1, 1, 250, 1, 0] });
  part["txReserve"]!();
  part["txPost"]!(14);
  expect(part["txFlush"]!()).toBe(0);
  expect(wide("txRetryNs")).toBe(250_000n);
  expect(host.sent).toHaveLength(0);
  expect(part["txFlush"]!()).toBe(0);
  expect(wide("txRetryNs")).toBe(0n);
  expect(host.sent).toHaveLength(1);
});

test("nothing posted costs no call", async () => {
  const { part } = await openTx(16, 64, { signalAnswers: [-19] });
  expect(part["txFlush"]!()).toBe(0);
  part["txPost"]!(14);
  expect(part["txFlush"]!()).toBe(-19);
});

test("memory is aligned, zeroed, disjoint, and all of it comes back", async () => {
  const { part, host } = await loadPart({ pages: 8 });
  const whole = part["largestFree"]!();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.nat(5)), { maxLength: 60 }),
      (requests) => {
        const live: { at: number; bytes: number }[] = [];
        for (const [bytes, victim] of requests) {
          const at = part["allocate"]!(bytes) >>> 0;
          if (at !== 0) {
            expect(at % 64).toBe(0);
            const block = new Uint8Array(host.memory.buffer, at, bytes);
            expect(block.every((byte) => byte === 0)).toBe(true);
            block.fill(0xee);
            for (const other of live)
              expect(at + bytes <= other.at || other.at + other.bytes <= at).toBe(true);
            live.push({ at, bytes });
          }
          const gone = victim < 3 ? live.splice(victim, 1)[0] : undefined;
          if (gone !== undefined) part["release"]!(gone.at, gone.bytes);
        }
        for (const block of live) part["release"]!(block.at, block.bytes);
        expect(part["largestFree"]!()).toBe(whole);
      },
    ),
  );
});

test("no room is 0 and no trap", async () => {
  const { part } = await loadPart({ pages: 8 });
  expect(part["allocate"]!(8 * 65_536)).toBe(0);
  expect(part["allocate"]!(0xffff_ff00)).toBe(0);
  expect(part["allocate"]!(-1)).toBe(0);
  expect((await loadPart({ pages: 4 })).part["allocate"]!(64)).not.toBe(0);
});

test("the checksum of RFC 1071's example", async () => {
  const loaded = await loadPart();
  put(loaded, SCRATCH, frames.bytes("0001 f203 f4f5 f6f7"));
  const stored = loaded.part["checksum"]!(SCRATCH, 8);
  expect(((stored & 255) << 8) | (stored >> 8)).toBe(0x220d);
});

test("the checksum is that of the plain algorithm, for all bytes and places", async () => {
  const loaded = await loadPart();
  const base = loaded.part["allocate"]!(4096);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(16), (data, offset) => {
      put(loaded, base + offset, data);
      const stored = loaded.part["checksum"]!(base + offset, data.length);
      const expected = frames.checksum([...data]);
      expect(((stored & 255) << 8) | (stored >> 8)).toBe(expected);
    }),
  );
});

const BAD = -(2n ** 63n);
test.each<[string, string, bigint]>([
  ["readNumber", "0", 0n],
  ["readNumber", "999999999999999999", 999_999_999_999_999_999n],
  ["readNumber", "1000000000000000000", BAD],
  ["readNumber", "+1", BAD],
  ["readNumber", "1 ", BAD],
  ["readDuration", "20ms", 20_000_000n],
  ["readDuration", "1.5s", 1_500_000_000n],
  ["readDuration", "250us", 250_000n],
  ["readDuration", "90min", 5_400_000_000_000n],
  ["readDuration", "0.000000001s", 1n],
  ["readDuration", "1.0000000019s", 1_000_000_001n],
  ["readDuration", "1d", 86_400_000_000_000n],
  ["readDuration", "5", BAD],
  ["readDuration", ".5s", BAD],
  ["readDuration", "5m", BAD],
  ["readDuration", "5 s", BAD],
  ["readDuration", "1.2.3s", BAD],
  ["readDuration", "-1s", BAD],
  ["readDuration", "", BAD],
  ["readSize", "56", 56n],
  ["readSize", "56B", 56n],
  ["readSize", "1.5KiB", 1536n],
  ["readSize", "4MiB", 4_194_304n],
  ["readSize", "1kB", 1000n],
  ["readSize", "1XB", BAD],
  ["readRate", "100Mbps", 100_000_000n],
  ["readRate", "1.5Gbps", 1_500_000_000n],
  ["readRate", "64kbps", 64_000n],
  ["readRate", "1bps", 1n],
  ["readRate", "100", BAD],
  ["readRate", "100mbps", BAD],
  ["readRate", "100Mbit", BAD],
  ["readRate", "9999999999Gbps", BAD],
  ["readIp", "0.0.0.0", 0n],
  ["readIp", "255.255.255.255", 0xffff_ffffn],
  ["readIp", "10.0.0.1", 0x0a00_0001n],
  ["readIp", "10.0.0.0001", BAD],
  ["readIp", "10..0.1", BAD],
  ["readIp", "10.0.0.1.", BAD],
  ["readIp", "10.0.0.1x", BAD],
  ["readMac", "02:00:00:aB:cD:Ef", 0x0200_00ab_cdefn],
  ["readMac", "02-00-00-00-00-01", BAD],
  ["readMac", "02:00:00:00:00:0g", BAD],
  ["readMac", "02:00:00:00:00", BAD],
])("%s of %j is %s", async (name, text, value) => {
  const loaded = await loadPart();
  const at = loaded.part["allocate"]!(64);
  put(loaded, at, Buffer.from(`${text}.9`)); // What follows a text is no part of it.
  expect(loaded.wide(name, at, Buffer.byteLength(text))).toBe(value);
});

test.each<[string, bigint, string]>([
  ["printGrouped", 0n, "0"],
  ["printGrouped", 999n, "999"],
  ["printGrouped", 1000n, "1,000"],
  ["printGrouped", 16_700n, "16,700"],
  ["printGrouped", 1_002_003n, "1,002,003"],
  ["printGrouped", 2n ** 64n - 1n, "18,446,744,073,709,551,615"],
  ["printAmount", 0n, "0 B"],
  ["printAmount", 999n, "999 B"],
  ["printAmount", 1000n, "1.0 kB"],
  ["printAmount", 12_549n, "12.5 kB"],
  ["printAmount", 99_949n, "99.9 kB"],
  ["printAmount", 99_950n, "100 kB"],
  ["printAmount", 999_499n, "999 kB"],
  ["printAmount", 999_500n, "1.0 MB"],
  ["printAmount", 250_000_000n, "250 MB"],
  ["printAmount", 2n ** 64n - 1n, "18446744 TB"],
  ["printSeconds", 0n, "0.0 s"],
  ["printSeconds", 1_949_999_999n, "1.9 s"],
  ["printSeconds", 1_950_000_000n, "2.0 s"],
  ["printSeconds", -1n, "0.0 s"],
])("%s of %s is %s", async (name, value, text) => {
  const { part, host } = await loadPart();
  part[name]!(value);
  expect(host.log).toBe(`${text}\n`);
});

test("percentiles are the nearest rank of what was added", async () => {
  const { part, wide } = await loadPart({ pages: 16 });
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 40n }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 100 }),
      (values, percent) => {
        part["samplesNew"]!(values.length);
        for (const value of values) part["samplesAdd"]!(value);
        const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        expect(wide("samplesPercentile", percent)).toBe(
          sorted[Math.ceil((values.length * percent) / 100) - 1],
        );
      },
    ),
    { numRuns: 50 },
  );
});

test("the console shows what is written, in pieces, and gives what is typed", async () => {
  const loaded = await loadPart({ pages: 8 });
  const { part, host } = loaded;
  expect(part["consoleOpen"]!()).toBe(0);
  expect(part["consoleSize"]!()).toBe(80_024);
  const at = part["allocate"]!(40_000);
  const text = new Uint8Array(40_000).map((_, i) => i & 255);
  put(loaded, at, text);
  expect(part["consoleWrite"]!(at, text.length)).toBe(text.length);
  expect(Buffer.concat(host.sent.map((sent) => sent.frame))).toEqual(Buffer.from(text));
  const ring = host.rings.get("1:0")!;
  ring.fill(ring.claim()!, Buffer.from("x"));
  expect(part["consoleTyped"]!()).toBe(120);
  expect(part["consoleTyped"]!()).toBe(-1);
});

test("the numbers of the ABI are those of its page", () => {
  const page = readFileSync(new URL("../../docs/abi.md", import.meta.url), "utf8");
  const source = readFileSync(new URL("./sdk/abi.ts", import.meta.url), "utf8");
  const constants = new Map(
    [...source.matchAll(/export const (\w+): \w+ = (-?\d+);/g)].map((match) => [match[1]!, match[2]!]),
  );
  const errors = [...page.matchAll(/^\| `(E[A-Z]+)` +\| (-\d+) +\|/gm)];
  expect(errors.length).toBeGreaterThan(8);
  for (const [, name, value] of errors) if (constants.has(name!)) expect(constants.get(name!)).toBe(value);
  const functions = [...page.matchAll(/^\| (\d) +\| `(\w+)` +\|/gm)];
  expect(functions.length).toBeGreaterThan(6);
  for (const [, value, name] of functions) {
    const known = constants.get(`BUS_${name}`) ?? constants.get(`VCONSOLE_${name}`);
    if (known !== undefined) expect(known).toBe(value);
  }
  expect(constants.get("BUS_CLOCK")).toBe("6");
});

test("the sample of the read-me compiles and runs", async () => {
  const page = readFileSync(new URL("./README.md", import.meta.url), "utf8");
  const host = new TestHost({ stopAt: 1_000_000, pages: 4 });
  const module = await compileForTest("sample.ts", /```ts\n(.*?)```/s.exec(page)![1]!);
  expect((host.instantiate(module).exports["main"] as () => number)()).toBe(0);
  expect(host.log).toBe("hello\n");
});
