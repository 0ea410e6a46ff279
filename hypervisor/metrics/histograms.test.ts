// Histograms against sorted lists: every quantile within the promised error, also of what two threads counted
// together, read while it is written, and after the writer was ended somewhere.

import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HISTOGRAM_NS_MAX, HISTOGRAM_STEPS } from "../limits.ts";
import { createFabric } from "../memory/fabric.ts";
import { cellOf, cellsFor, record, valueOf } from "../memory/histogram.ts";
import { HISTOGRAM, meterAt } from "../memory/layout.ts";
import { histogramsOf, summarize } from "./histograms.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_126);
const ERROR = 1 / (2 * HISTOGRAM_STEPS);
const NS_CELLS = HISTOGRAM.kickNs.cells;

/** Of every size, not mostly large. */
const anyNs = fc
  .tuple(fc.integer({ min: 0, max: 35 }), fc.double({ min: 1, max: 2, noNaN: true }))
  .map(([power, share]) => Math.min(HISTOGRAM_NS_MAX, Math.floor(2 ** power * share)));

function cellsWith(values: readonly number[]): Float64Array {
  const cells = new Float64Array(NS_CELLS);
  for (const value of values) record(cells, 0, { at: 0, cells: NS_CELLS }, value);
  return cells;
}

test("quantiles of random values are those of the sorted list, within the error", () => {
  console.log(`histograms: seed ${SEED}`);
  fc.assert(
    fc.property(fc.array(anyNs, { minLength: 1, maxLength: 300 }), (values) => {
      const sorted = [...values].sort((a, b) => a - b);
      const { count, p50, p99, p999, max } = summarize(cellsWith(values));
      expect(count).toBe(values.length);
      for (const [share, told] of [
        [0.5, p50],
        [0.99, p99],
        [0.999, p999],
        [1, max],
      ] as const) {
        const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1] as number;
        expect(Math.abs(told - exact), `${told} for ${exact}`).toBeLessThanOrEqual(exact * ERROR);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("two histograms added cell by cell are the one that counts all", () => {
  fc.assert(
    fc.property(fc.array(anyNs), fc.array(anyNs), (some, others) => {
      const added = cellsWith(some).map((values, cell) => values + (cellsWith(others)[cell] as number));
      expect(added).toEqual(cellsWith([...some, ...others]));
    }),
    { seed: SEED, numRuns: 30 },
  );
});

test("cells follow each other without a gap, and each has its values", () => {
  const cells = cellsFor(HISTOGRAM_NS_MAX);
  expect(cells).toBe(NS_CELLS);
  for (let cell = 0; cell < cells; cell++) expect(cellOf(valueOf(cell), cells)).toBe(cell);
  for (let power = 0; power < 36; power++) {
    for (const value of [2 ** power - 1, 2 ** power, 2 ** power + 1]) {
      const step = cellOf(value + 1, cells) - cellOf(value, cells);
      expect([0, 1], `from ${value} to the next`).toContain(step);
    }
  }
});

test.each([
  [Number.NaN, 0],
  [-1, 0],
  [0, 0],
  [0.7, 0],
  [HISTOGRAM_STEPS - 1, HISTOGRAM_STEPS - 1],
  [HISTOGRAM_STEPS, HISTOGRAM_STEPS],
  [2 ** 36 - 2 ** 31 - 1, NS_CELLS - 2],
  [HISTOGRAM_NS_MAX, NS_CELLS - 1],
  [HISTOGRAM_NS_MAX + 1, NS_CELLS - 1],
  [2 ** 60, NS_CELLS - 1],
  [Infinity, NS_CELLS - 1],
])("%d is counted in cell %d", (value, cell) => {
  expect(cellOf(value, NS_CELLS)).toBe(cell);
});

test("what counts frames holds a budget of them, and a ring of them", () => {
  const { cells } = HISTOGRAM.framesPerKick;
  expect(cellOf(1023, cells)).toBeLessThan(cells - 1);
  expect(cellOf(1024, cells)).toBe(cells - 1);
});

test("a port's histograms lie beside each other", () => {
  const { f64 } = createFabric();
  const places = Object.values(HISTOGRAM);
  for (const port of [0, 1, 4095]) {
    for (const place of places) for (const value of [0, Infinity]) record(f64, meterAt(port), place, value);
  }
  const row = f64.subarray(meterAt(1) >> 3, meterAt(2) >> 3);
  expect(row.filter((cell) => cell !== 0)).toEqual(new Float64Array(places.length * 2).fill(1));
});

test("nothing was measured: zeros", () => {
  const none = { count: 0, p50: 0, p99: 0, p999: 0, max: 0 };
  const { framesPerKick, kickNs, latencyNs, occupancy, wakeNs } = histogramsOf(createFabric(), 3);
  expect([framesPerKick, kickNs, latencyNs, occupancy, wakeNs]).toEqual([none, none, none, none, none]);
});

/** Records random values without end into port 5. */
const WRITER = `
  import { workerData } from "node:worker_threads";
  const { viewFabric } = await import(workerData.root + "fabric.ts");
  const { record } = await import(workerData.root + "histogram.ts");
  const { HISTOGRAM, meterAt } = await import(workerData.root + "layout.ts");
  const { f64 } = viewFabric(workerData.memory);
  for (;;) record(f64, meterAt(5), HISTOGRAM.kickNs, Math.random() * 1e9);
`;

test("a reader meanwhile sees counts that only grow, and after a kill a whole histogram", async () => {
  const fabric = createFabric();
  const root = new URL("../memory/", import.meta.url).href;
  const writer = new Worker(new URL(`data:text/javascript,${encodeURIComponent(WRITER)}`), {
    workerData: { memory: fabric.memory, root },
  });
  const broken = new Promise((_, reject) => void writer.once("error", reject));
  let [before, looks] = [0, 0];
  while (before < 100_000) {
    const { count, p50, p99, p999, max } = histogramsOf(fabric, 5).kickNs;
    expect(count).toBeGreaterThanOrEqual(before);
    expect(p50 <= p99 && p99 <= p999 && p999 <= max).toBe(true);
    before = count;
    if (++looks % 16 === 0) await Promise.race([new Promise((resolve) => setImmediate(resolve)), broken]);
  }
  await writer.terminate();
  const { count, p50 } = histogramsOf(fabric, 5).kickNs;
  expect(Number.isInteger(count)).toBe(true);
  expect(count).toBeGreaterThanOrEqual(before);
  expect(p50).toBeGreaterThan(4e8);
  expect(p50).toBeLessThan(6e8);
  expect(histogramsOf(fabric, 5).kickNs.count).toBe(count);
});
