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

/** One for each column of a row; used again frame after frame, so that drawing leaves little garbage. */
interface Cells {
  /** Characters, of which each is one unit of UTF-16, and how each looks. */
  codes: Uint16Array;
  readonly styles: Style[];
  length: number;
}
interface Row {
  readonly line: Line;
  /** Undefined where a character takes no column, or two. */
  readonly cells: Cells | undefined;
}
const SPACE = 0x20;
const ROW_START = 256;

/** Of guests' terminals; what comes after them is made anew. */
const LOOKS_MAX = 4096;

export class FrameText {
  readonly #depth: Depth;
  readonly #styles = new Map<Look, Style>();
  readonly #bySgr = new Map<string, Style>();
  #rows: readonly Row[] = [];
  /** Of each row of the screen: those that are seen, and those for the next frame. */
  readonly #kept: [Cells, Cells][] = [];
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
      return old !== undefined && sameLine(old.line, line)
        ? old
        : { line, cells: this.#cellsOf(line, at, old?.cells) };
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
  #change(at: number, before: Row | undefined, after: Row = { line: [], cells: makeCells() }): string {
    if (before === after) return "";
    const [old, cells] = [before === undefined ? NO_CELLS : before.cells, after.cells];
    if (cells === undefined || old === undefined) {
      const line = after.line.map((piece) => styled(piece.text, this.#styleOf(piece))).join("");
      return `${ESC}${at + 1};1H${line}${ESC}K`;
    }
    const width = Math.max(old.length, cells.length);
    let text = "";
    let from = -1;
    let last = -1;
    for (let column = 0; column < width; column++) {
      if (codeOf(old, column) === codeOf(cells, column) && styleIn(old, column) === styleIn(cells, column))
        continue;
      if (from >= 0 && column - last > GAP_CELLS) {
        text += run(at, from, last, cells);
        from = -1;
      }
      if (from < 0) from = column;
      last = column;
    }
    return from < 0 ? text : text + run(at, from, last, cells);
  }

  /** The cells of a row, in the place that `seen` does not have; undefined where there are none. */
  #cellsOf(line: Line, at: number, seen: Cells | undefined): Cells | undefined {
    const [first, second] = (this.#kept[at] ??= [makeCells(), makeCells()]);
    const cells = seen === first ? second : first;
    let length = 0;
    for (const piece of line) {
      if (!isNarrow(piece.text)) return undefined;
      const style = this.#styleOf(piece);
      for (let place = 0; place < piece.text.length; place++, length++) {
        const code = piece.text.charCodeAt(place);
        if (length === cells.codes.length) cells.codes = longer(cells.codes);
        cells.codes[length] = code;
        // A space looks the same in every colour.
        cells.styles[length] = code === SPACE && !style.isSolid ? BARE : style;
      }
    }
    cells.length = length;
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

function makeCells(): Cells {
  return { codes: new Uint16Array(ROW_START), styles: [], length: 0 };
}
const NO_CELLS = makeCells();

function longer(codes: Uint16Array): Uint16Array {
  const all = new Uint16Array(codes.length * 2);
  all.set(codes);
  return all;
}

/** Behind the last cell there is nothing. */
const codeOf = ({ codes, length }: Cells, at: number): number =>
  at < length ? (codes[at] as number) : SPACE;
const styleIn = ({ styles, length }: Cells, at: number): Style =>
  at < length ? (styles[at] as Style) : BARE;

/** Cells from one column to another, both included, where they stand. */
function run(row: number, from: number, to: number, cells: Cells): string {
  let text = `${ESC}${row + 1};${from + 1}H`;
  let style = BARE;
  for (let column = from; column <= to; column++) {
    const [code, own] = [codeOf(cells, column), styleIn(cells, column)];
    const isKept = code === SPACE && own === BARE && !style.isSolid;
    if (own !== style && !isKept) {
      text += own.sgr === "" ? `${ESC}m` : `${ESC}${style === BARE ? "" : "0;"}${own.sgr}m`;
      style = own;
    }
    text += String.fromCharCode(code);
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
