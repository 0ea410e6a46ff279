// Histograms as cells of the fabric: log-linear, as HdrHistogram has them. Below `HISTOGRAM_STEPS` each whole
// number has a cell of its own; from there on each power of two has so many of the same width. A cell only
// ever counts up, by one addition, so whoever reads meanwhile, or after a kill, reads a histogram.

import { HISTOGRAM_STEPS } from "../limits.ts";

const STEP_BITS = Math.log2(HISTOGRAM_STEPS);
/** Above this values are scaled down before bits are looked at; it leaves more bits than a cell tells. */
const WHOLE_MAX = 2 ** 30;
const SCALE_BITS = 20;

/** The cell of a value among `cells`: the first for what is no positive number, the last for too much. */
export function cellOf(value: number, cells: number): number {
  if (!(value > 0)) return 0;
  const isLarge = value >= WHOLE_MAX;
  // Beyond 2^50 the scaled value is too large for 31 bits; the last cell it is anyway.
  const whole = (isLarge ? Math.min(value / 2 ** SCALE_BITS, WHOLE_MAX) : value) | 0;
  if (whole < HISTOGRAM_STEPS) return Math.min(whole, cells - 1);
  const power = 31 - Math.clz32(whole);
  const step = (whole >>> (power - STEP_BITS)) & (HISTOGRAM_STEPS - 1);
  const cell = ((power - STEP_BITS + 1) << STEP_BITS) | step;
  return Math.min(isLarge ? cell + (SCALE_BITS << STEP_BITS) : cell, cells - 1);
}

/** How many cells hold every value up to `most`. */
export function cellsFor(most: number): number {
  return cellOf(most, Infinity) + 1;
}

/** The middle of a cell's values: of each it is off by at most 1 / (2 × HISTOGRAM_STEPS). */
export function valueOf(cell: number): number {
  if (cell < HISTOGRAM_STEPS) return cell;
  const width = 2 ** ((cell >> STEP_BITS) - 1);
  const least = (HISTOGRAM_STEPS + (cell & (HISTOGRAM_STEPS - 1))) * width;
  return least + (width - 1) / 2;
}

/** A histogram's place in a row: byte offset, and number of cells of 8 bytes. */
export interface HistogramPlace {
  readonly at: number;
  readonly cells: number;
}

/** The float64 index of the cell that counts a value. `row` is the byte offset of the row. */
export function placeOf(row: number, { at, cells }: HistogramPlace, value: number): number {
  return ((row + at) >> 3) + cellOf(value, cells);
}

/** Counts a value. One thread at a time. */
export function record(f64: Float64Array, row: number, place: HistogramPlace, value: number): void {
  const cell = placeOf(row, place, value);
  f64[cell] = (f64[cell] as number) + 1;
}
