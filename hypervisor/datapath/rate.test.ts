// Rate limits with a clock of the test's own: what passes in the long run, bursts, and rates at both ends.

import { expect, test } from "vitest";
import { RATE_BURST_BYTES, RATE_WAIT_US_MAX } from "../limits.ts";
import { createFabric } from "../memory/fabric.ts";
import { PORT, portAt } from "../memory/layout.ts";
import { takeToReceive, takeToSend } from "./rate.ts";

const fabric = createFabric();
let port = 0;

function portWith(rate: number): number {
  port++;
  fabric.f64[(portAt(port) + PORT.rate) >> 3] = rate;
  return port;
}

test.each([1e3, 64e3, 1e6, 100e6, 10e9])(
  "at %d bit/s a sender passes just that, waiting as it is told",
  (rate) => {
    const at = portWith(rate);
    let [now, bytes] = [1e15, 0];
    const end = now + Math.max(2e8, (40 * 1500 * 8e9) / rate + (RATE_BURST_BYTES * 8e9) / rate);
    const start = now;
    for (let frames = 0; now < end && frames < 200_000;) {
      const wait = takeToSend(fabric, at, 1500, now);
      if (wait === 0) {
        bytes += 1500;
        frames++;
      } else {
        expect(wait).toBeGreaterThanOrEqual(2);
        expect(wait).toBeLessThanOrEqual(RATE_WAIT_US_MAX);
        now += wait * 1000;
      }
    }
    const allowed = (rate * (now - start)) / 8e9 + Math.max(RATE_BURST_BYTES, (rate * 0.01) / 8);
    expect(bytes / allowed).toBeGreaterThan(0.95);
    expect(bytes / allowed).toBeLessThan(1.05);
  },
);

test.each([1, 1e3, 64e3, 1e6, 100e6, 10e9])("at %d bit/s a receiver gets no more", (rate) => {
  const at = portWith(rate);
  const gap = (1500 * 8e9) / rate / 4; // Four times what is allowed.
  let [now, bytes] = [1e15, 0];
  for (let frame = 0; frame < 4000; frame++, now += Math.min(gap, 1e9)) {
    if (takeToReceive(fabric, at, 1500, now, () => now)) bytes += 1500;
  }
  const allowed = (rate * (now - 1e15)) / 8e9 + Math.max(RATE_BURST_BYTES, (rate * 0.01) / 8);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes / allowed).toBeLessThan(1.05);
});

test("no limit: nothing waits and nothing is dropped", () => {
  const at = portWith(0);
  expect(takeToSend(fabric, at, 65_536, 0)).toBe(0);
  expect(takeToReceive(fabric, at, 65_536, 0, () => 0)).toBe(true);
});

test("a sender that was off its core since it read the clock is not refused for that", () => {
  const at = portWith(1e9);
  const start = 1e15;
  for (let lateMs = 0; lateMs <= 60; lateMs++) {
    const now = start + lateMs * 100e6;
    expect(takeToReceive(fabric, at, 1500, now, () => now)).toBe(true); // Another sender, just before.
    expect(takeToReceive(fabric, at, 1500, now - lateMs * 1e6, () => now)).toBe(true);
  }
});
