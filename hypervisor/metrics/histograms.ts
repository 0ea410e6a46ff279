// Quantiles of a port's histograms: read from the fabric without stopping anybody.

import type { DeviceHistograms, HistogramCells, HistogramFacts } from "../hypervisor.ts";
import type { Fabric } from "../memory/fabric.ts";
import { valueOf, type HistogramPlace } from "../memory/histogram.ts";
import { HISTOGRAM, meterAt } from "../memory/layout.ts";

/** Everything that is measured at a port's rings. */
export function histogramsOf(fabric: Fabric, port: number): DeviceHistograms {
  return ofEach(fabric, port, summed);
}

/** Of a line: how long after they were due its frames went on. */
export function latenessOf(fabric: Fabric, line: number): HistogramFacts {
  return summed(cellsOf(fabric, line, HISTOGRAM.wakeNs));
}

/** Most of a lab's devices are quiet, and quantiles of nothing need no copy. */
function summed(cells: Float64Array): HistogramFacts {
  return isEmpty(cells) ? NOTHING : summarize(cells.slice());
}

/** The same as it is counted: cells that count something. */
export function cellsOfPort(
  fabric: Fabric,
  port: number,
): Readonly<Record<keyof DeviceHistograms, HistogramCells>> {
  return ofEach(fabric, port, counted);
}

/** Of a line as it is counted. */
export function latenessCells(fabric: Fabric, line: number): HistogramCells {
  return counted(cellsOf(fabric, line, HISTOGRAM.wakeNs));
}

function counted(cells: Float64Array): HistogramCells {
  return Array.from(cells, (times, cell) => [valueOf(cell), times] as const).filter(([, times]) => times > 0);
}

function ofEach<T>(
  fabric: Fabric,
  port: number,
  read: (cells: Float64Array) => T,
): Record<keyof DeviceHistograms, T> {
  const of = (place: HistogramPlace): T => read(cellsOf(fabric, port, place));
  return {
    framesPerKick: of(HISTOGRAM.framesPerKick),
    kickNs: of(HISTOGRAM.kickNs),
    latencyNs: of(HISTOGRAM.latencyNs),
    wakeNs: of(HISTOGRAM.wakeNs),
    occupancy: of(HISTOGRAM.occupancy),
  };
}

/** Of what is not looked into. */
export const NOTHING: HistogramFacts = { count: 0, p50: 0, p99: 0, p999: 0, max: 0 };
/** Of a port that is not looked into. */
export const NO_HISTOGRAMS: DeviceHistograms = {
  framesPerKick: NOTHING,
  kickNs: NOTHING,
  latencyNs: NOTHING,
  wakeNs: NOTHING,
  occupancy: NOTHING,
};

/** Writers go on while they are read: a copy is what is to be summed up. */
function cellsOf(fabric: Fabric, port: number, { at, cells }: HistogramPlace): Float64Array {
  const from = (meterAt(port) + at) >> 3;
  return fabric.f64.subarray(from, from + cells);
}

function isEmpty(cells: Float64Array): boolean {
  for (const values of cells) if (values !== 0) return false;
  return true;
}

/** How many values there are, and the least of them that so many are not above. All 0 where there is none. */
export function summarize(cells: Float64Array): HistogramFacts {
  let count = 0;
  for (const values of cells) count += values;
  if (count === 0) return NOTHING;
  const quantile = (share: number): number => {
    const rank = Math.max(1, Math.ceil(count * share));
    let below = 0;
    let cell = 0;
    for (const values of cells) {
      below += values;
      if (below >= rank) return valueOf(cell);
      cell++;
    }
    return 0;
  };
  return { count, p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), max: quantile(1) };
}
