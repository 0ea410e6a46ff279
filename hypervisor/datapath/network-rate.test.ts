// The rate of a network with a clock of the test's own: what passes together, and who gets how much of it.

import { expect, test } from "vitest";
import { RATE_BURST_BYTES, RATE_WAIT_US_MAX } from "../limits.ts";
import { createFabric } from "../memory/fabric.ts";
import { setNetworkRate, takeFromNetwork } from "./network-rate.ts";

const FRAME = 1500;
const START = 1e15;
const fabric = createFabric();
let network = 0;
let port = 0;

interface Sender {
  /** Nanoseconds between frames; 0: as fast as it is let, asking `asks` times as often as it is told to. */
  readonly everyNs: number;
  readonly asks?: number;
}

interface Passed {
  frames: number;
  /** The longest that a frame waited, milliseconds. */
  worstMs: number;
}

/** Lets senders send for a while, each at its times, and answers what passed of each. */
function play(rate: number, senders: readonly Sender[], forNs: number): Passed[] {
  setNetworkRate(fabric, ++network, rate);
  const states = senders.map((sender) => ({
    ...sender,
    port: ++port,
    at: START,
    due: START,
    frames: 0,
    worstMs: 0,
  }));
  // Bound: `forNs`; each turn takes a sender on.
  for (;;) {
    const next = states.reduce((first, one) => (one.at < first.at ? one : first));
    const now = next.at;
    if (now >= START + forNs) return states;
    const wait = takeFromNetwork(fabric, network, next.port, FRAME, now, () => now);
    expect(wait).toBeLessThanOrEqual(RATE_WAIT_US_MAX);
    if (wait > 0) {
      next.at += (wait * 1000) / (next.asks ?? 1);
      continue;
    }
    next.frames++;
    next.worstMs = Math.max(next.worstMs, (now - next.due) / 1e6);
    next.due = Math.max(now, next.due + next.everyNs);
    next.at = next.everyNs === 0 ? now + 100 : next.due;
  }
}

const total = (passed: readonly Passed[]): number => passed.reduce((sum, { frames }) => sum + frames, 0);

test.each([
  [64e3, 1],
  [1e6, 3],
  [100e6, 1],
  [100e6, 5],
  [10e9, 2],
])("at %d bit/s %d senders together pass just that", (rate, count) => {
  const burst = Math.max(RATE_BURST_BYTES, (rate * 0.01) / 8);
  const forNs = ((burst + 2000 * FRAME) * 8e9) / rate;
  const passed = play(
    rate,
    Array.from({ length: count }, () => ({ everyNs: 0 })),
    forNs,
  );
  const bytes = total(passed) * FRAME;
  const allowed = (rate * forNs) / 8e9;
  expect(bytes).toBeGreaterThan(allowed * 0.97);
  // What was saved before, and what those within their shares are ahead.
  expect(bytes).toBeLessThan(allowed + 2 * burst + count * FRAME);
});

test("each gets an equal share at least, however often others ask; who sends little does not wait", () => {
  const rate = 20e6;
  const senders = [{ everyNs: 0 }, { everyNs: 0, asks: 5 }, { everyNs: 10e6 }];
  const [waits, asks, little] = play(rate, senders, 4e9) as [Passed, Passed, Passed];
  expect(little.frames).toBeGreaterThanOrEqual(399);
  expect(little.worstMs).toBeLessThan(1);
  for (const { frames } of [waits, asks]) expect((frames * FRAME * 8) / 4).toBeGreaterThan((rate / 3) * 0.95);
});

test("what one leaves is the others'", () => {
  const [all] = play(20e6, [{ everyNs: 0 }, { everyNs: 100e6 }], 10e9);
  expect(((all?.frames ?? 0) * FRAME * 8) / 10).toBeGreaterThan(19e6);
});

test("no limit: nothing waits", () => {
  setNetworkRate(fabric, ++network, 0);
  expect(takeFromNetwork(fabric, network, 1, 65_536, 0, () => 0)).toBe(0);
});
