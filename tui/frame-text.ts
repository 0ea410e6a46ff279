// From frame to frame as text for a terminal: only the cells that are not as they were, each where it stands.
// Nothing is erased but before the first frame. Pure.

import { isNarrow } from "./text.ts";
import type { Line, Look, Span } from "./line.ts";
import { sgrOf } from "./sgr.ts";
import type { Depth } from "./sgr.ts";
import type { Theme } from "./theme.ts";

/** What is to be seen now. */
export interface Frame {
  readonly lines: readonly Line[];
  readonly theme: Theme;
}

const ESC = "\u001b[";
const ERASE = `${ESC}H${ESC}J`;
/** Terminals that know it show what stands between as a whole. */
const [BEGIN_FRAME, END_FRAME] = [`${ESC}?2026h`, `${ESC}?2026l`];
/** Cells that are as they were and are written again, rather than passed over: a move costs as much. */
const GAP_CELLS = 5;

/** How a cell looks; the same object where it is the same. */
interface Style {
  readonly sgr: string;
  /** It is seen on a space too. */
  readonly isSolid: boolean;
}
const BARE: Style = { sgr: "", isSolid: false };

interface Row {
  readonly line: Line;
  readonly cells: readonly Cell[] | undefined;
}
interface Cell {
  readonly text: string;
  readonly style: Style;
}
const EMPTY: Cell = { text: " ", style: BARE };

/** Of guests' terminals; what comes after them is made anew. */
const LOOKS_MAX = 4096;

export class FrameText {
  readonly #depth: Depth;
  readonly #styles = new Map<Look, Style>();
  readonly #bySgr = new Map<string, Style>();
  #rows: readonly Row[] = [];
  #theme: Theme | undefined;
  #isFresh = true;

  constructor(depth: Depth) {
    this.#depth = depth;
  }

  /** The screen is not as it was left, or it has another size: the next frame is drawn as the first one. */
  forget(): void {
    this.#isFresh = true;
  }

  /** What the terminal is to be sent; nothing where all is as it was. */
  next({ lines, theme }: Frame): string {
    if (this.#theme !== theme) this.#wear(theme);
    const fresh = this.#isFresh;
    const before = fresh ? [] : this.#rows;
    const rows = lines.map((line, at) => {
      const old = before[at];
      return old !== undefined && sameLine(old.line, line) ? old : { line, cells: this.#cellsOf(line) };
    });
    this.#rows = rows;
    this.#isFresh = false;
    let text = fresh ? ERASE : "";
    // Bound: rows of a terminal.
    for (let at = 0; at < Math.max(rows.length, before.length); at++)
      text += this.#change(at, before[at], rows[at]);
    return text === "" ? "" : `${BEGIN_FRAME}${text}${END_FRAME}`;
  }

  /** What turns one row of the screen into another. */
  #change(at: number, before: Row | undefined, after: Row = { line: [], cells: [] }): string {
    if (before === after) return "";
    const [old, cells] = [before === undefined ? [] : before.cells, after.cells];
    if (cells === undefined || old === undefined) {
      const line = after.line.map((piece) => styled(piece.text, this.#styleOf(piece))).join("");
      return `${ESC}${at + 1};1H${line}${ESC}K`;
    }
    const width = Math.max(old.length, cells.length);
    let text = "";
    let from = -1;
    let last = -1;
    for (let column = 0; column < width; column++) {
      const [a, b] = [old[column] ?? EMPTY, cells[column] ?? EMPTY];
      if (a.text === b.text && a.style === b.style) continue;
      if (from >= 0 && column - last > GAP_CELLS) {
        text += run(at, from, last, cells);
        from = -1;
      }
      if (from < 0) from = column;
      last = column;
    }
    return from < 0 ? text : text + run(at, from, last, cells);
  }

  /** One for each column; undefined where a character takes none or two. */
  #cellsOf(line: Line): readonly Cell[] | undefined {
    const cells: Cell[] = [];
    for (const piece of line) {
      if (!isNarrow(piece.text)) return undefined;
      const style = this.#styleOf(piece);
      for (const text of piece.text) cells.push(text === " " && !style.isSolid ? EMPTY : { text, style });
    }
    return cells;
  }

  #styleOf({ tone, look }: Span): Style {
    const theme = this.#theme as Theme;
    const wanted = look ?? theme[tone];
    const known = this.#styles.get(wanted);
    if (known !== undefined) return known;
    const shown = look === undefined ? wanted : shownLook(look, theme);
    const sgr = sgrOf(shown, this.#depth);
    const style = this.#bySgr.get(sgr) ?? { sgr, isSolid: sgr !== "" && isSolid(shown) };
    if (this.#styles.size >= LOOKS_MAX) this.#styles.clear();
    this.#styles.set(wanted, style);
    this.#bySgr.set(sgr, style);
    return style;
  }

  /** Every cell has another look, or may have. */
  #wear(theme: Theme): void {
    this.#theme = theme;
    this.#styles.clear();
    this.#bySgr.clear();
    this.#bySgr.set("", BARE);
    this.#isFresh = true;
  }
}

const isSolid = ({ backgroundColor, inverse, underline }: Look): boolean =>
  backgroundColor !== undefined || inverse === true || underline === true;

/** Cells from one column to another, both included, where they stand. */
function run(row: number, from: number, to: number, cells: readonly Cell[]): string {
  let text = `${ESC}${row + 1};${from + 1}H`;
  let style = BARE;
  for (let column = from; column <= to; column++) {
    const cell = cells[column] ?? EMPTY;
    // A space looks the same in every colour.
    const isKept = cell === EMPTY && !style.isSolid;
    if (cell.style !== style && !isKept) {
      text += cell.style.sgr === "" ? `${ESC}m` : `${ESC}${style === BARE ? "" : "0;"}${cell.style.sgr}m`;
      style = cell.style;
    }
    text += cell.text;
  }
  return style === BARE ? text : `${text}${ESC}m`;
}

const styled = (text: string, { sgr }: Style): string => (sgr === "" ? text : `${ESC}${sgr}m${text}${ESC}m`);

/** Where the theme has no colours a guest has none either. */
function shownLook(look: Look, { accent }: Theme): Look {
  if (accent.color !== undefined) return look;
  const { color: _, backgroundColor, ...rest } = look;
  return backgroundColor === undefined ? rest : { ...rest, inverse: rest.inverse !== true };
}

function sameLine(a: Line, b: Line): boolean {
  return (
    a.length === b.length &&
    a.every(
      (piece, at) => piece.text === b[at]?.text && piece.tone === b[at]?.tone && piece.look === b[at]?.look,
    )
  );
}
