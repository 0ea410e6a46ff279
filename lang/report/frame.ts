// Code frames: the lines of a span, what is marked in them, and values drawn under their parts.

import type { ShownValue } from "../diagnostics.ts";
import type { Span } from "../syntax/ast.ts";
import type { Paint } from "./paint.ts";
import { layOut, widthOf, type LineIndex } from "./position.ts";

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
    const from = Math.max(0, start - shift);
    // No further than the line is shown; a place behind its end has one sign of its own.
    const under = Math.max(1, Math.min(end - shift, room) - from);
    const sign = mark.primary ? paint.error("^".repeat(under)) : paint.note("-".repeat(under));
    const label =
      number === numbers.at(-1) && mark.label !== ""
        ? ` ${mark.primary ? mark.label : paint.note(mark.label)}`
        : "";
    lines.push(`${bar} ${" ".repeat(from)}${sign}${label}`);
    for (const row of drawValues(mark.values, number, index, { shift, room }))
      lines.push(`${bar} ${paint.value(row)}`);
  }
  return lines;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** How far a long line is moved so that the mark can be seen. */
function shiftOf(start: number, end: number, length: number, room: number): number {
  if (length <= room || end < room) return 0;
  return Math.max(0, Math.min(start - 8, length - room));
}

/** The columns from `shift` on, as many as there is room for; `…` where something is cut off. */
function window(shown: string, shift: number, room: number): string {
  let text = "";
  let column = 0;
  let cut = false;
  for (const point of shown) {
    const width = widthOf(point);
    const inside = column >= shift && column + width <= shift + room;
    if (inside) text += point;
    // Half of a wide character at the border.
    else if (column < shift && column + width > shift) text += " ";
    else if (column >= shift) cut = true;
    column += width;
  }
  const points = [...text];
  if (shift > 0) points.splice(0, 1, "…".padEnd(widthOf(points[0] ?? "")));
  if (cut) points.splice(-1, 1, "…".padEnd(widthOf(points.at(-1) ?? "")));
  return points.join("");
}

/** One row of bars, then the values from right to left, each on a row where it has room. */
function drawValues(
  values: readonly ShownValue[],
  line: number,
  index: LineIndex,
  { shift, room }: { readonly shift: number; readonly room: number },
): string[] {
  const { columns } = layOut(index.line(line));
  const placed = values
    .map((value) => ({ at: index.position(value.span.start), text: value.text }))
    .filter(({ at }) => at.line === line)
    .map(({ at, text }) => ({ column: (columns[at.column - 1] ?? 0) - shift, text }))
    .filter(({ column }) => column >= 0 && column < room)
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
