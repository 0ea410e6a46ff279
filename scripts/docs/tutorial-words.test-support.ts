// Compares what a page shows with what was printed. What is different at each run is left out of it by the
// few rules below, and everything else has to be the same.

import { userInfo } from "node:os";

/** Columns of tables that are measured, or tell when. */
const MEASURED = new Set("CPU QUEUE FRAMES/S RX TX FR/KICK P50 P99 UPTIME TIME SOURCE".split(" "));

/** Who reads the page, and where. */
const READER = "you";
const HOME = "~";

/**
 * What was printed as the page shows it: of the reader's own name and folder. Columns stay where they are.
 */
export function asReader(text: string, home: string): string {
  const user = new RegExp(`\\b${userName()}\\b *`, "g");
  return text.replaceAll(home, HOME).replace(user, (found) => READER.padEnd(found.length));
}

/** As the program tells it, also where the system knows no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.()}`;
  }
}

/**
 * Without what was measured: time since the start, durations (a blank before the unit), times of day; and
 * counts of pings.
 */
function withoutTimes(line: string): string {
  return line
    .replace(/^ +\d+\.\d{3}s /, "TIME ")
    .replace(/\b\d+(\.\d+)? (ns|us|ms|s)\b/g, "TIME")
    .replace(/\bicmp_seq=\d+/, "icmp_seq=*")
    .replace(/\b\d\d:\d\d:\d\d\b/g, "TIME")
    .trimEnd();
}

interface Column {
  readonly start: number;
  readonly name: string;
}

function columnsOf(line: string): readonly Column[] {
  if (!/^[A-Z]+ {2,}[A-Z]/.test(line)) return [];
  return [...line.matchAll(/[A-Z\d/]+/g)].map(({ index, 0: name }) => ({ start: index, name }));
}

/** Lines as they are compared. Cells of tables stand alone, so that the width of a column doesn't count. */
export function comparable(lines: readonly string[]): readonly string[] {
  let columns: readonly Column[] = [];
  return lines.map((line) => {
    const head = columnsOf(line);
    if (head.length > 0) columns = head;
    else if (
      !columns.every(({ start }) => start === 0 || line.padEnd(start).slice(start - 2, start) === "  ")
    )
      columns = [];
    if (columns.length < 2) return withoutTimes(line);
    const cells = columns.map(({ start, name }, number) => {
      const cell = line.slice(start, columns[number + 1]?.start).trim();
      return head.length === 0 && MEASURED.has(name) ? "*" : withoutTimes(cell);
    });
    return cells.join(" | ");
  });
}

/** Any lines, or none. */
const GAP = "...";

/**
 * The first line of what is shown that was not printed, or where more was printed; undefined where all is
 * there.
 */
export function differenceAt(shown: readonly string[], printed: readonly string[]): number | undefined {
  const [page, here] = [comparable(shown), comparable(printed)];
  let [at, gap] = [0, false];
  for (const [number, line] of page.entries()) {
    if (line === GAP) {
      gap = true;
      continue;
    }
    const found = gap ? here.indexOf(line, at) : here[at] === line ? at : -1;
    if (found < 0) return number;
    [at, gap] = [found + 1, false];
  }
  return gap || at === here.length ? undefined : shown.length;
}
