import { afterEach, expect, test, vi } from "vitest";
import { systemClock, wallMs } from "./clock.ts";

afterEach(() => void vi.useRealTimers());

test("wall time is the machine's, finer than its milliseconds", () => {
  const seen = new Set<number>();
  for (let turn = 0; turn < 10_000; turn++) {
    const before = Date.now();
    const wall = wallMs();
    expect(wall).toBeGreaterThanOrEqual(before);
    expect(wall).toBeLessThan(Date.now() + 1);
    seen.add(wall % 1);
  }
  expect(seen.size).toBeGreaterThan(100);
});

test.each([3_600_000, -3_600_000])("a machine that slept or was set by %i ms: wall time goes along", (ms) => {
  const before = wallMs();
  vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(before) + ms });
  expect(Math.abs(wallMs() - before - ms)).toBeLessThan(1);
  expect(Math.abs(Number(systemClock.wallNs() / 1000n) / 1000 - before - ms)).toBeLessThan(1);
});
