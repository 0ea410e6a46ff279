// Quantiles of a port's histograms: read from the fabric without stopping anybody.

import type { DeviceHistograms, HistogramFacts } from "../hypervisor.ts";
import type { Fabric } from "../memory/fabric.ts";
import { valueOf, type HistogramPlace } from "../memory/histogram.ts";
import { HISTOGRAM, meterAt } from "../memory/layout.ts";

/** Everything that is measured at a port's rings. */
export function histogramsOf(fabric: Fabric, port: number): DeviceHistograms {
  const of = (place: HistogramPlace): HistogramFacts => summarize(cellsOf(fabric, port, place));
  return {
    framesPerKick: of(HISTOGRAM.framesPerKick),
    kickNs: of(HISTOGRAM.kickNs),
    latencyNs: of(HISTOGRAM.latencyNs),
    wakeNs: of(HISTOGRAM.wakeNs),
    occupancy: of(HISTOGRAM.occupancy),
  };
}

/** A copy, so that what is summed up is what is looked at, while writers go on. */
function cellsOf(fabric: Fabric, port: number, { at, cells }: HistogramPlace): Float64Array {
  const from = (meterAt(port) + at) >> 3;
  return fabric.f64.slice(from, from + cells);
}

/** How many values there are, and the least of them that so many are not above. All 0 where there is none. */
export function summarize(cells: Float64Array): HistogramFacts {
  const count = cells.reduce((sum, values) => sum + values, 0);
  const quantile = (share: number): number => {
    const rank = Math.max(1, Math.ceil(count * share));
    let below = 0;
    const cell = cells.findIndex((values) => (below += values) >= rank);
    return cell < 0 ? 0 : valueOf(cell);
  };
  return { count, p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), max: quantile(1) };
}
