// Whether numbers grow with what is done: the slope after Theil and Sen, the median of the slopes of all
// pairs, and its confidence interval by Kendall's statistic. Outliers and the shape of the noise do not
// matter to it.

interface Sample {
  readonly at: number;
  readonly value: number;
}

/** Per unit of `at`. */
interface Trend {
  readonly slope: number;
  /** Bounds of the 99 % confidence interval. */
  readonly low: number;
  readonly high: number;
}

const Z = 2.576;
/** KiB for a thousand changes, a minute's on a machine without other work, that nobody calls growth. */
const SLOPE_MIN = 256;

/**
 * The lowest of each of so many equal parts. What one thread has not collected yet is there at the next look,
 * too: looks that follow each other are no two witnesses, and what is held at least says what stays.
 */
export function lowest(samples: readonly Sample[], parts: number): readonly Sample[] {
  const size = Math.max(1, Math.floor(samples.length / parts));
  return Array.from({ length: Math.floor(samples.length / size) }, (_, part) =>
    samples
      .slice(part * size, (part + 1) * size)
      .reduce((least, one) => (one.value < least.value ? one : least)),
  );
}

/** Memory grows, by all that its noise allows: the whole interval lies above `SLOPE_MIN`. */
export function isGrowth({ low }: Trend): boolean {
  return low > SLOPE_MIN;
}

/** Of at least three samples. */
export function trendOf(samples: readonly Sample[]): Trend {
  const slopes: number[] = [];
  for (const [index, one] of samples.entries()) {
    for (const other of samples.slice(index + 1))
      slopes.push((other.value - one.value) / (other.at - one.at));
  }
  slopes.sort((a, b) => a - b);
  const n = samples.length;
  const spread = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number): number =>
    slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))] ?? NaN;
  return {
    slope: at((slopes.length - 1) / 2),
    low: at((slopes.length - spread) / 2),
    high: at((slopes.length + spread) / 2),
  };
}
