// Code frames: the lines of a span, what is marked in them, and values drawn under their parts.

import type { ShownValue } from "../diagnostics.ts";
import type { Span } from "../syntax/ast.ts";
import type { Paint } from "./paint.ts";
import { layOut, type LineIndex } from "./position.ts";

export interface Mark {
  readonly span: Span;
  readonly label: string;
  readonly primary: boolean;
  readonly values: readonly ShownValue[];
}

/** Of a span over many lines the first and the last of these are shown. */
const LINES_MAX = 4;

/** The frame of one mark as lines, without its head. `gutter` is the width of the line numbers. */
export function drawFrame(
  mark: Mark,
  index: LineIndex,
  gutter: number,
  width: number,
  paint: Paint,
): string[] {
  const first = index.position(mark.span.start);
  const last = index.position(Math.max(mark.span.start, mark.span.end));
  const bar = `${" ".repeat(gutter)} ${paint.dim("│")}`;
  const lines = [bar];
  const numbers: number[] = [];
  for (let line = first.line; line <= last.line; line++) {
    if (line - first.line < LINES_MAX - 1 || line === last.line) numbers.push(line);
  }
  for (const [i, number] of numbers.entries()) {
    const before = numbers[i - 1];
    if (before !== undefined && number > before + 1) lines.push(`${" ".repeat(gutter)} ${paint.dim("┆")}`);
    const room = Math.max(20, width - gutter - 4);
    const { shown, columns } = layOut(index.line(number));
    const start = number === first.line ? (columns[first.column - 1] ?? shown.length) : indentOf(shown);
    const end =
      number === last.line ? (columns[last.column - 1] ?? shown.length) : (columns.at(-1) ?? shown.length);
    const shift = shiftOf(start, end, columns.at(-1) ?? 0, room);
    lines.push(
      `${paint.dim(String(number).padStart(gutter))} ${paint.dim("│")} ` +
        `${window(shown, shift, room)}`.trimEnd(),
    );
    const under = Math.max(1, end - start);
    const sign = mark.primary
      ? paint.error("^".repeat(Math.min(under, room)))
      : paint.note("-".repeat(Math.min(under, room)));
    const label =
      number === numbers.at(-1) && mark.label !== ""
        ? ` ${mark.primary ? mark.label : paint.note(mark.label)}`
        : "";
    lines.push(`${bar} ${" ".repeat(Math.max(0, start - shift))}${sign}${label}`);
    for (const row of drawValues(mark.values, number, index, shift)) lines.push(`${bar} ${paint.value(row)}`);
  }
  return lines;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** How far a long line is moved so that the mark can be seen. */
function shiftOf(start: number, end: number, length: number, room: number): number {
  if (length <= room || end < room) return 0;
  return Math.max(0, Math.min(start - 8, length - room));
}

function window(shown: string, shift: number, room: number): string {
  const points = [...shown];
  const cut = points.slice(shift, shift + room);
  if (shift > 0 && cut.length > 0) cut[0] = "…";
  if (points.length > shift + room && cut.length > 0) cut[cut.length - 1] = "…";
  return cut.join("");
}

/** One row of bars, then the values from right to left, each on a row where it has room. */
function drawValues(values: readonly ShownValue[], line: number, index: LineIndex, shift: number): string[] {
  const { columns } = layOut(index.line(line));
  const placed = values
    .map((value) => ({ at: index.position(value.span.start), text: value.text }))
    .filter(({ at }) => at.line === line)
    .map(({ at, text }) => ({ column: (columns[at.column - 1] ?? 0) - shift, text }))
    .filter(({ column }) => column >= 0)
    .toSorted((a, b) => a.column - b.column)
    .filter((value, i, all) => all[i - 1]?.column !== value.column);
  if (placed.length === 0) return [];
  const bars = (count: number): string => {
    let row = "";
    for (const { column } of placed.slice(0, count)) row = `${row.padEnd(column)}│`;
    return row;
  };
  const rows = [bars(placed.length)];
  for (let left = placed.length; left > 0;) {
    // The rightmost value always fits; those before it do while they end before the next begins.
    let from = left - 1;
    let row = placed[from]?.text ?? "";
    for (; from > 0; from--) {
      const [before, next] = [placed[from - 1], placed[from]];
      if (!before || !next || before.column + [...before.text].length + 2 > next.column) break;
      row = before.text.padEnd(next.column - before.column) + row;
    }
    rows.push(bars(from).padEnd(placed[from]?.column ?? 0) + row);
    left = from;
  }
  return rows;
}
