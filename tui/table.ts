// Aligned columns. A column has a fixed width or takes what is left; what doesn't fit the screen is cut at
// the right.

import { clipLine, paint, span } from "./line.ts";
import type { Line, Span } from "./line.ts";
import type { Symbols } from "./symbols.ts";
import { fit, widthOf } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  /** Cells; `grow` takes what the others leave. */
  readonly width: number | "grow";
  readonly align?: "right";
  /** The piece to draw; it is cut and padded to the column. */
  readonly cell: (row: Row, width: number) => Span;
}

export interface TableOptions<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The place of the selected row; -1: none. */
  readonly selected: number;
  readonly width: number;
  readonly symbols: Symbols;
}

/** The header line, then a line for each row. A mark at the left says which row is selected. */
export function tableLines<Row>(options: TableOptions<Row>): readonly Line[] {
  const { columns, rows, selected, width, symbols } = options;
  const widths = shareWidth(columns, width - 1);
  const head = columns.map(({ title, align }, place) =>
    cell(
      span(widthOf(title) > (widths[place] ?? 0) ? "" : title, "head"),
      widths[place] ?? 0,
      align,
      symbols,
    ),
  );
  const lines = rows.map((row, index) => {
    const cells = columns.map((column, place) => {
      const room = widths[place] ?? 0;
      return cell(column.cell(row, room), room, column.align, symbols);
    });
    const line = join([span(index === selected ? symbols.marker : " ", "accent")], cells);
    const clipped = clipLine(line, width, symbols.ellipsis);
    return index === selected ? paint(clipped, "selected", width) : clipped;
  });
  return [clipLine(join([span(" ")], head), width, symbols.ellipsis), ...lines];
}

/** Cells of the longest text, within bounds: for columns of names. */
export function widest(texts: readonly string[], least: number, most: number): number {
  return Math.max(least, Math.min(most, Math.max(0, ...texts.map(widthOf))));
}

function shareWidth(
  columns: readonly { readonly width: number | "grow" }[],
  width: number,
): readonly number[] {
  const fixed = columns.reduce((sum, column) => sum + (column.width === "grow" ? 0 : column.width + 1), 0);
  return columns.map((column) => (column.width === "grow" ? Math.max(0, width - fixed) : column.width));
}

function cell(piece: Span, width: number, align: "right" | undefined, symbols: Symbols): Span {
  return { ...piece, text: fit(piece.text, width, align ?? "left", symbols.ellipsis) };
}

/** Cells with one space between them, after a mark of one cell; empty ones are left out. */
function join(mark: Line, cells: Line): Line {
  const seen = cells.filter(({ text }) => text !== "");
  return [...mark, ...seen.flatMap((piece, place) => (place === 0 ? [piece] : [span(" "), piece]))];
}
