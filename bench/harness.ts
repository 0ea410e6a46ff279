// The frame of every benchmark: alternating pairs of ours and a rival's, medians, spread, one table and one
// JSON shape. It knows nothing of what is measured, and it judges nothing: whatever comes out is printed.
import { availableParallelism, cpus } from "node:os";

/**
 * Measures once, from a cold start of its own. Resolves with a figure in the work's unit; rejects if the run
 * is void.
 */
export type Measure = () => Promise<number>;

/** One thing to do, in numbers that can be compared. */
export interface Work {
  /** What is measured, as the table shows it: "64 B". */
  readonly name: string;
  /** "Mframes/s", "us". */
  readonly unit: string;
  /** "more": a rate. "less": a time. */
  readonly better: "more" | "less";
  readonly ours: Measure;
  readonly rivals: readonly Rival[];
}
export interface Rival {
  readonly name: string;
  readonly measure: Measure;
}

/** One line of the result, the shape that `--json` prints. */
export interface Comparison {
  readonly work: string;
  readonly rival: string;
  readonly unit: string;
  /** Medians over the pairs. */
  readonly ours: number;
  readonly theirs: number;
  /** Median of the pairs' ratios; above 1 we are better, whichever way the unit goes. */
  readonly ratio: number;
  readonly pairs: number;
}
/** A comparison with its spread, for the table: first and third quartile of the pairs' ratios. */
export interface MeasuredComparison extends Comparison {
  readonly ratioLow: number;
  readonly ratioHigh: number;
}

/** The value at `share` (0 to 1) of the sorted values, between two neighbours where it falls between them. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new Error("a quantile of nothing");
  return below + (above - below) * (at - Math.floor(at));
}

/** How many times as good as theirs ours is. */
export function ratioOf(better: Work["better"], ours: number, theirs: number): number {
  return better === "more" ? ours / theirs : theirs / ours;
}

/**
 * Runs one work against each of its rivals: a warm-up of both that is thrown away, then `pairs` pairs. The
 * order within a pair turns with each pair, so that a machine that slows down harms both sides alike. `tell`
 * hears of each comparison.
 */
export async function compare(
  work: Work,
  pairs: number,
  tell: (line: string) => void,
): Promise<readonly MeasuredComparison[]> {
  const results: MeasuredComparison[] = [];
  await work.ours();
  for (const rival of work.rivals) {
    tell(`${work.name} beside ${rival.name}: ${pairs} pairs`);
    await rival.measure();
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      const oursFirst = pair % 2 === 0;
      if (oursFirst) ours.push(await work.ours());
      theirs.push(await rival.measure());
      if (!oursFirst) ours.push(await work.ours());
    }
    results.push(summarize(work, rival.name, ours, theirs));
  }
  return results;
}

/** Medians and quartiles of the pairs of one comparison; both lists have the same length. */
export function summarize(
  work: Pick<Work, "name" | "unit" | "better">,
  rival: string,
  ours: readonly number[],
  theirs: readonly number[],
): MeasuredComparison {
  const ratios = ours.map((value, pair) => ratioOf(work.better, value, theirs[pair] ?? Number.NaN));
  return {
    work: work.name,
    rival,
    unit: work.unit,
    ours: quantile(ours, 0.5),
    theirs: quantile(theirs, 0.5),
    ratio: quantile(ratios, 0.5),
    ratioLow: quantile(ratios, 0.25),
    ratioHigh: quantile(ratios, 0.75),
    pairs: ours.length,
  };
}

/** The machine that the figures belong to, in one line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const platform = `${process.platform} ${process.arch}`;
  return `${model}, ${availableParallelism()} cores, ${platform}, Node ${process.version}`;
}

const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3);

/** The comparisons as a table, one line each. */
export function printTable(rows: readonly MeasuredComparison[]): string {
  const head = ["work", "rival", "unit", "ours", "theirs", "ratio", "ratio IQR", "pairs"];
  const cells = rows.map((row) => [
    row.work,
    row.rival,
    row.unit,
    digits(row.ours),
    digits(row.theirs),
    row.ratio.toFixed(2),
    `${row.ratioLow.toFixed(2)}..${row.ratioHigh.toFixed(2)}`,
    String(row.pairs),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

/** What `--json` prints: the list that every benchmark of the project prints, without the spread. */
export function toJson(rows: readonly MeasuredComparison[]): string {
  const list = rows.map(({ work, rival, unit, ours, theirs, ratio, pairs }): Comparison => ({
    work,
    rival,
    unit,
    ours,
    theirs,
    ratio,
    pairs,
  }));
  return JSON.stringify(list, null, 2);
}
