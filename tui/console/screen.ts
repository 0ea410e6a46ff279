// The terminal of one guest, as a terminal emulator has it: what the guest prints goes in, cells come out. A
// guest can say to it what it likes: nothing but its cells reaches the real terminal.

import type { IBufferCell, Terminal } from "@xterm/headless";
import { span } from "../line.ts";
import type { Line, Look, Span } from "../line.ts";

/** Lines above the screen that are kept. */
const SCROLLBACK_LINES = 2000;

/** What views may ask. */
export type ScreenReader = Pick<
  GuestScreen,
  "guest" | "columns" | "rows" | "history" | "isFullScreen" | "lines"
>;

interface ScreenOptions {
  /** Something else is to be drawn. */
  readonly changed: () => void;
  /** What the emulator answers to questions of the guest, as if it was typed. */
  readonly answer: (guest: string, text: string) => void;
}

export class GuestScreen {
  readonly #options: ScreenOptions;
  #guest: string | undefined;
  #terminal: Terminal | undefined;
  #size = { columns: 80, rows: 24 };
  /** Counts openings: what an earlier one still loads is not used. */
  #opened = 0;
  /** What came before the emulator was there. */
  #early = "";

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  /** Whose it is; absent before the first. */
  get guest(): string | undefined {
    return this.#guest;
  }

  get columns(): number {
    return this.#size.columns;
  }

  get rows(): number {
    return this.#size.rows;
  }

  /** Lines above the screen. */
  get history(): number {
    return this.#terminal?.buffer.active.baseY ?? 0;
  }

  /** A program of the guest has taken the whole screen: there is nothing above it. */
  get isFullScreen(): boolean {
    return this.#terminal?.buffer.active.type === "alternate";
  }

  /** Begins anew, empty. The emulator is loaded when it is used for the first time. */
  async open(guest: string, size: { readonly columns: number; readonly rows: number }): Promise<void> {
    this.#guest = guest;
    this.#size = size;
    this.#terminal?.dispose();
    this.#terminal = undefined;
    this.#early = "";
    const opened = ++this.#opened;
    const { default: xterm } = await import("@xterm/headless");
    if (opened !== this.#opened) return;
    const terminal = new xterm.Terminal({
      cols: size.columns,
      rows: size.rows,
      scrollback: SCROLLBACK_LINES,
      // As a terminal's own line discipline does it.
      convertEol: true,
      allowProposedApi: true,
    });
    terminal.onData((text) => this.#options.answer(guest, text));
    this.#terminal = terminal;
    if (this.#early !== "") this.write(this.#early);
    this.#early = "";
  }

  write(text: string): void {
    const terminal = this.#terminal;
    if (terminal === undefined) this.#early += text;
    else terminal.write(text, () => terminal === this.#terminal && this.#options.changed());
  }

  close(): void {
    this.#opened++;
    this.#terminal?.dispose();
    this.#terminal = undefined;
    this.#guest = undefined;
    this.#early = "";
  }

  /**
   * As many as `rows` lines, the last one `above` lines above the end of the screen. Where the whole screen
   * doesn't fit, the part with the cursor is seen.
   */
  lines(rows: number, columns: number, above: number, showsCursor: boolean): readonly Line[] {
    const buffer = this.#terminal?.buffer.active;
    if (buffer === undefined) return [];
    const end = buffer.baseY + this.rows;
    const cursor = buffer.baseY + buffer.cursorY;
    // An empty end of the screen is not worth lines that a small window has for others.
    const last = Math.max(Math.min(end, Math.max(cursor + 1, rows)), buffer.baseY + 1) - above;
    const from = Math.max(0, last - rows);
    return Array.from({ length: Math.min(rows, last - from) }, (_, at) => {
      const row = from + at;
      const mark = showsCursor && row === cursor ? buffer.cursorX : -1;
      return this.#line(row, columns, mark);
    });
  }

  #line(row: number, columns: number, cursor: number): Line {
    const line = this.#terminal?.buffer.active.getLine(row);
    const spans: { text: string; look: Look }[] = [];
    const most = Math.min(columns, this.columns);
    let cell: IBufferCell | undefined;
    for (let column = 0; column < most; column++) {
      cell = line?.getCell(column, cell);
      // The second half of a wide character.
      if (cell?.getWidth() === 0) continue;
      const look = column === cursor ? CURSOR : cell === undefined ? PLAIN : lookOf(cell);
      const text = cell?.getChars() || " ";
      const last = spans.at(-1);
      if (last?.look === look) last.text += text;
      else spans.push({ text, look });
    }
    return spans.map(({ text, look }): Span => ({ ...span(text), look }));
  }
}

const PLAIN: Look = {};
const CURSOR: Look = { inverse: true };
const LOOKS_MAX = 4096;
const looks = new Map<string, Look>();

/** Cells that look the same have the same object. */
function lookOf(cell: IBufferCell): Look {
  if (cell.isAttributeDefault()) return PLAIN;
  const [fg, bg] = [
    colourOf(cell.isFgPalette(), cell.isFgRGB(), cell.getFgColor()),
    colourOf(cell.isBgPalette(), cell.isBgRGB(), cell.getBgColor()),
  ];
  const flags = `${cell.isBold() ? "b" : ""}${cell.isInverse() ? "i" : ""}${cell.isUnderline() ? "u" : ""}`;
  const key = `${fg} ${bg} ${flags}`;
  const known = looks.get(key);
  if (known !== undefined) return known;
  const look: Look = {
    ...(fg !== undefined && { color: fg }),
    ...(bg !== undefined && { backgroundColor: bg }),
    ...(flags.includes("b") && { bold: true }),
    ...(flags.includes("i") && { inverse: true }),
    ...(flags.includes("u") && { underline: true }),
  };
  if (looks.size >= LOOKS_MAX) looks.clear();
  looks.set(key, look);
  return look;
}

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

function colourOf(isPalette: boolean, isRgb: boolean, colour: number): string | undefined {
  if (isRgb) return `#${colour.toString(16).padStart(6, "0")}`;
  if (!isPalette) return undefined;
  const name = NAMES[colour % 8] ?? "white";
  if (colour < 8) return name;
  return colour < 16 ? (name === "black" ? "blackBright" : `${name}Bright`) : `ansi256(${colour})`;
}
