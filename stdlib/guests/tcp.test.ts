// TCP of the SDK, end against end, on ways of every badness: what is written on one side is read on the
// other, byte for byte, and both come to an end.

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { readTcp } from "./test/frames.ts";
import type { State, Way } from "./test/tcp-pair.ts";
import { MS, Pair, SECOND, STATES, tcpModule } from "./test/tcp-pair.ts";

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await tcpModule();
});

const seed = Number(process.env["SEED"] ?? 1);

function connected(way: Way = {}): Pair {
  const pair = new Pair(module, way);
  pair.ends[1].call("listen", 80);
  pair.ends[0].call("connect", pair.ends[1].ip, 80);
  pair.run(() => pair.ends.every(({ state }) => state === "ESTABLISHED"));
  return pair;
}

interface Transfer {
  /** Bytes to write on each side. */
  readonly bytes: readonly [number, number];
  /** How many are read at most at each event; all. */
  readonly reads?: number;
}

/** Both write, read and end; what was not as it was written is counted. */
function transfer(pair: Pair, { bytes, reads = Infinity }: Transfer): void {
  const left = [...bytes];
  const ended = [false, false];
  pair.run(
    () => pair.ends.every((end) => end.call("atEnd") === 1),
    () =>
      pair.ends.forEach((end, index) => {
        for (let most = reads; most > 0;) {
          const got = end.call("read", Math.min(most, 8192));
          if (got === 0) break;
          most -= got;
        }
        if (left[index]! > 0) left[index]! -= end.call("write", Math.min(left[index]!, 60_000));
        if (left[index] === 0 && !ended[index]) {
          end.call("end");
          ended[index] = true;
        }
      }),
    3600 * SECOND,
  );
  for (const [index, end] of pair.ends.entries()) {
    expect(end.call("wrongBytes")).toBe(0);
    expect(end.call("receivedBytes")).toBe(bytes[1 - index]);
  }
}

test("a good way takes bytes both ways, and nothing twice", () => {
  const pair = connected();
  transfer(pair, { bytes: [3_000_000, 1_000_000] });
  expect(pair.ends.map((end) => end.call("retransmits"))).toEqual([0, 0]);
  expect(pair.frames.length).toBeLessThan(6000);
});

test("5 % lost, some swapped, some twice: the same bytes, mostly without waiting for a timer", () => {
  const pair = connected({ loss: 0.05, late: 0.02, duplicates: 0.01, delayNs: 2 * MS, seed });
  const start = pair.now;
  transfer(pair, { bytes: [3_000_000, 0] });
  expect(pair.ends[0].call("retransmits")).toBeGreaterThan(20);
  // 2,000 segments, 100 of them lost: a timer for each would take 20 seconds at least.
  expect((pair.now - start) / SECOND).toBeLessThan(15);
});

test("a byte that was lost goes again where the window is smaller than what waits", () => {
  // Found by the property below: the byte was a probe's.
  const way = { loss: 0.04241009359247983, duplicates: 0.13815557351335886, delayNs: 10_000, seed: -5 };
  transfer(connected({ ...way, mtu: 8231 }), { bytes: [16_386, 40_976], reads: 7 });
});

test("two ends that probe each other's closed window at once both learn of the byte that was taken", () => {
  // Found by the property below: two slow readers whose last byte each was a probe's.
  transfer(connected({ delayNs: 18_820_008, mtu: 581 }), { bytes: [26_721, 26_722], reads: 4 });
});

test("where both ends have room, more is on its way than a header's window can say", () => {
  const takes = (wide: readonly [boolean, boolean]): number => {
    const pair = connected({ delayNs: 50 * MS, wide });
    const start = pair.now;
    transfer(pair, { bytes: [4_000_000, 0] });
    return (pair.now - start) / SECOND;
  };
  // 64 KiB for each round of 100 ms would take 6 seconds.
  expect(takes([true, true])).toBeLessThan(4);
  expect(takes([true, false])).toBeGreaterThan(20);
});

test("any way, any MTU, any amounts, any reader", { timeout: 600_000 }, () => {
  const numRuns = process.env["SLOW"] === "1" ? 200 : 25;
  fc.assert(
    fc.property(
      fc.record({
        // Of a quarter, ten tries in a row fail now and then, and the connection is given up as it has to be.
        loss: fc.double({ min: 0, max: 0.15, noNaN: true }),
        duplicates: fc.double({ min: 0, max: 0.2, noNaN: true }),
        late: fc.double({ min: 0, max: 0.3, noNaN: true }),
        delayNs: fc.integer({ min: 10_000, max: 100 * MS }),
        seed: fc.integer(),
        mtu: fc.integer({ min: 576, max: 9000 }),
        wide: fc.tuple(fc.boolean(), fc.boolean()),
      }),
      fc.tuple(fc.nat(60_000), fc.nat(60_000)),
      fc.integer({ min: 1, max: 20_000 }),
      (way, bytes, reads) => {
        const pair = connected(way);
        transfer(pair, { bytes, reads });
      },
    ),
    { seed, numRuns },
  );
});

const states = (pair: Pair): readonly (readonly State[])[] => pair.ends.map((end) => end.states);

test("who ends first waits for old segments, who ends second doesn't", () => {
  const pair = connected();
  pair.ends[0].call("end");
  pair.pass(SECOND);
  expect(pair.ends.map(({ state }) => state)).toEqual(["FIN_WAIT_2", "CLOSE_WAIT"]);
  // The half that is open still carries.
  pair.ends[1].call("write", 5000);
  pair.pass(SECOND);
  expect(pair.ends[0].call("read", 8000)).toBe(5000);
  pair.ends[1].call("close");
  pair.pass(SECOND);
  expect(pair.ends.map(({ state }) => state)).toEqual(["TIME_WAIT", "CLOSED"]);
  pair.pass(20 * SECOND);
  expect(pair.ends[0].state).toBe("CLOSED");
  expect(pair.ends.map(({ ended }) => ended)).toEqual(["well", "well"]);
  // A connection that others make is handed on when it is established.
  const seen = new Set(states(pair).flat());
  expect(STATES.filter((state) => !seen.has(state))).toEqual(["SYN_RECEIVED", "CLOSING"]);
});

test("both end at the same time", () => {
  const pair = connected();
  for (const end of pair.ends) end.call("close");
  pair.run(() => pair.ends.every(({ state }) => state === "CLOSED"));
  for (const each of states(pair)) expect(each).toContain("CLOSING");
  expect(pair.ends.map(({ ended }) => ended)).toEqual(["well", "well"]);
});

test("both call each other at the same time", () => {
  const pair = new Pair(module, { delayNs: 20 * MS });
  const [a, b] = pair.ends;
  const portOf = (of: number): number => segments(pair.frames, of).at(-1)!.ports[0];
  // What an end calls from next is one more than what it called from last.
  b.call("connect", a.ip, 1);
  pair.pass(200 * MS);
  a.call("connect", b.ip, portOf(2) + 1);
  pair.pass(MS);
  b.call("forget");
  b.call("connect", a.ip, portOf(1));
  pair.run(() => pair.ends.every(({ state }) => state === "ESTABLISHED"));
  for (const each of states(pair)) expect(each).toEqual(["SYN_SENT", "SYN_RECEIVED", "ESTABLISHED"]);
  transfer(pair, { bytes: [20_000, 30_000] });
});

/** The segments that an end sent. */
function segments(all: readonly Uint8Array[], from: number): NonNullable<ReturnType<typeof readTcp>>[] {
  return all.filter((frame) => frame[11] === from).flatMap((frame) => readTcp(frame) ?? []);
}

test("a reader that sleeps closes the window; it is asked less and less often, and opens again", () => {
  const pair = connected();
  const [a, b] = pair.ends;
  let left = 60_000;
  const write = (): void => void (left -= a.call("write", left));
  pair.run(() => b.call("readable") === 16_384, write);
  pair.pass(SECOND);
  write();
  const before = pair.frames.length;
  pair.pass(120 * SECOND);
  // Doubled from 0.2 s on: nine probes with nine answers in two minutes.
  expect(pair.frames.length - before).toBeLessThan(24);
  expect(segments(pair.frames.slice(before), 2).every(({ window }) => window === 0)).toBe(true);
  expect(a.state).toBe("ESTABLISHED");
  pair.pass(1800 * SECOND);
  expect(a.state).toBe("ESTABLISHED");
  pair.run(
    () => b.call("receivedBytes") === 60_000,
    () => {
      write();
      b.call("read", 8192);
    },
    120 * SECOND,
  );
  expect(b.call("wrongBytes")).toBe(0);
});

test("where the news of an open window is lost, a probe finds it", () => {
  const pair = connected();
  const [a, b] = pair.ends;
  a.call("write", 30_000);
  pair.run(() => b.call("readable") === 16_384);
  pair.pass(10 * MS);
  pair.loses = (_frame, to) => to === 0;
  while (b.call("read", 8192) > 0);
  pair.pass(10 * MS);
  pair.loses = () => false;
  pair.run(() => b.call("readable") > 0, undefined, 2 * SECOND);
});

test("one lost segment among many is sent again at once, and the window is halved", () => {
  const pair = connected({ delayNs: 10 * MS });
  const [a, b] = pair.ends;
  let sent = 0;
  pair.loses = (frame, to) => to === 1 && frame.length > 1000 && ++sent === 6;
  const start = pair.now;
  a.call("write", 14_600);
  let window = a.call("congestionWindow");
  pair.run(
    () => b.call("readable") === 14_600,
    () => void (window = Math.max(window, a.call("congestionWindow"))),
  );
  // There, the news of it back, and there again; no timer is that short.
  expect((pair.now - start) / MS).toBeLessThan(60);
  expect(a.call("retransmits")).toBe(1);
  pair.pass(50 * MS);
  expect(a.call("congestionWindow")).toBeLessThan(window);
});

test("a port on which nobody listens is told at once", () => {
  const pair = new Pair(module);
  pair.ends[0].call("connect", pair.ends[1].ip, 81);
  pair.run(() => pair.ends[0].state === "CLOSED", undefined, SECOND);
  expect(pair.ends[0].ended).toBe("refused");
});

test("an address that nobody has is given up after ten seconds", () => {
  const pair = new Pair(module);
  pair.ends[0].call("connect", 0x0a00_0063, 80);
  pair.pass(9 * SECOND);
  expect(pair.ends[0].state).toBe("SYN_SENT");
  pair.pass(2 * SECOND);
  expect(pair.ends[0].ended).toBe("silent");
});

test("a neighbour that answers no call is called six times", () => {
  const pair = new Pair(module);
  pair.loses = (frame, to) => to === 1 && frame[13] === 0;
  pair.ends[0].call("connect", pair.ends[1].ip, 80);
  pair.run(() => pair.ends[0].state === "CLOSED", undefined, 120 * SECOND);
  expect(pair.ends[0].ended).toBe("silent");
  const calls = segments(pair.frames, 1);
  expect(calls).toHaveLength(6);
  expect(new Set(calls.map(({ sequence }) => sequence)).size).toBe(1);
  expect(calls[0]!.mss).toBe(1460);
});

test("who is reset knows it, and who resets is free", () => {
  const pair = connected();
  pair.ends[0].call("abort");
  pair.pass(10 * MS);
  expect(pair.ends.map(({ state }) => state)).toEqual(["CLOSED", "CLOSED"]);
  expect(pair.ends[1].ended).toBe("reset");
});

test("a way that is cut ends the connection after ten timers, and only then", () => {
  const pair = connected();
  pair.cut = true;
  pair.ends[0].call("write", 1000);
  pair.pass(60 * SECOND);
  expect(pair.ends[0].state).toBe("ESTABLISHED");
  pair.run(() => pair.ends[0].state === "CLOSED", undefined, 600 * SECOND);
  expect(pair.ends[0].ended).toBe("silent");
  expect(segments(pair.frames, 1).filter(({ data }) => data.length > 0)).toHaveLength(11);
});

test("the places of connections that wait for old segments go to new ones", () => {
  const pair = connected();
  const [a, b] = pair.ends;
  for (let round = 0; round < 20; round++) {
    a.call("close");
    pair.pass(10 * MS);
    b.call("close");
    pair.pass(10 * MS);
    expect(a.state).toBe("TIME_WAIT");
    a.call("forget");
    b.call("forget");
    expect(a.call("connect", b.ip, 80), `round ${round}`).toBe(1);
    pair.run(() => pair.ends.every(({ state }) => state === "ESTABLISHED"), undefined, SECOND);
  }
});
