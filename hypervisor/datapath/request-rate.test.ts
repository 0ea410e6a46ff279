// Limits of a disk under a clock of the test's own.

import { expect, test } from "vitest";
import { RATE_BURST_BYTES, RATE_BURST_NS, RATE_WAIT_US_MAX } from "../limits.ts";
import { createFabric, type Fabric } from "../memory/fabric.ts";
import { PORT, portAt } from "../memory/layout.ts";
import { isLimited, takeRequest } from "./request-rate.ts";

const BYTES = 4096;
const SECOND = 1e9;

function limited(settings: { readonly rate?: number; readonly iops?: number }): Fabric {
  const fabric = createFabric();
  fabric.f64[(portAt(0) + PORT.rate) >> 3] = settings.rate ?? 0;
  fabric.f64[(portAt(0) + PORT.iops) >> 3] = settings.iops ?? 0;
  return fabric;
}

/** Requests that pass in so many seconds, asked for as often as they are let. */
function passed(fabric: Fabric, seconds: number): number {
  let [now, count] = [10 * SECOND, 0];
  const end = now + seconds * SECOND;
  while (now < end) {
    const wait = takeRequest(fabric, 0, BYTES, now);
    expect(wait).toBeLessThanOrEqual(RATE_WAIT_US_MAX);
    if (wait === 0) count++;
    else now += wait * 1000;
  }
  return count;
}

test("as many requests a second pass as are let, and a burst before", () => {
  const [iops, seconds] = [5000, 2];
  const most = (seconds + RATE_BURST_NS / SECOND) * iops;
  const count = passed(limited({ iops }), seconds);
  expect(count).toBeGreaterThan(most * 0.98);
  expect(count).toBeLessThanOrEqual(most + 2);
});

test("as many bits a second pass as are let, and a burst before", () => {
  const [rate, seconds] = [100e6, 2];
  const most = (seconds * rate) / 8 / BYTES + RATE_BURST_BYTES / BYTES;
  const count = passed(limited({ rate }), seconds);
  expect(count).toBeGreaterThan(most * 0.98);
  expect(count).toBeLessThanOrEqual(most + 2);
});

test("where both are set the narrower one holds", () => {
  const count = passed(limited({ rate: 1e9, iops: 100 }), 2);
  expect(count).toBeGreaterThan(198);
  expect(count).toBeLessThan(204);
});

test("a debt from a lower limit is forgotten when it is raised", () => {
  const fabric = limited({ iops: 1 });
  expect(takeRequest(fabric, 0, BYTES, 10 * SECOND)).toBe(0);
  expect(takeRequest(fabric, 0, BYTES, 10 * SECOND)).toBe(RATE_WAIT_US_MAX);
  fabric.f64[(portAt(0) + PORT.iops) >> 3] = 1000;
  expect(takeRequest(fabric, 0, BYTES, 10 * SECOND + 1_000_000)).toBeLessThanOrEqual(1000);
  expect(isLimited(fabric, 0)).toBe(true);
  expect(isLimited(limited({}), 0)).toBe(false);
});
