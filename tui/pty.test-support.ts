// A program in a pty before a headless terminal emulator: keys are typed, cells are read, and a condition on
// the screen is waited for with a deadline. Everything that the program wrote is kept, to look for what it
// must not write.

import { spawn } from "@lydell/node-pty";
import type { IPty } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { BASIC_NAMES, paletteColour } from "./contrast.test-support.ts";

interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

const PATIENCE_S = 60;

/** Gives up in the end: after seconds in which this process ran, as a machine may stand still meanwhile. */
export function patience(giveUp: () => void): NodeJS.Timeout {
  let left = PATIENCE_S;
  return setInterval(() => {
    if (--left === 0) giveUp();
  }, 1000);
}

/** Names of keys that are more than their character. */
const KEYS: Readonly<Record<string, string>> = {
  enter: "\r",
  esc: "\u001b",
  up: "\u001b[A",
  down: "\u001b[B",
  pageup: "\u001b[5~",
  pagedown: "\u001b[6~",
  home: "\u001b[H",
  end: "\u001b[F",
  tab: "\t",
  space: " ",
  backspace: "\u007f",
  left: "\u001b[D",
  right: "\u001b[C",
  "ctrl-]": "\u001d",
};

/** What a terminal sends for a key, or text as it is. */
function bytesOf(key: string): string {
  const [, letter] = /^ctrl-([a-z])$/u.exec(key) ?? [];
  return letter === undefined ? (KEYS[key] ?? key) : String.fromCharCode(letter.charCodeAt(0) & 31);
}

export interface Cell {
  readonly text: string;
  readonly isColoured: boolean;
  /** With a colour beyond the first sixteen. */
  readonly isRich: boolean;
  readonly isDim: boolean;
  /** `#rrggbb`, or the name of one of the sixteen; absent where it is the terminal's own. */
  readonly foreground?: string | undefined;
  readonly background?: string | undefined;
}

function colourOf(isRgb: boolean, isPalette: boolean, colour: number): string | undefined {
  if (isRgb) return `#${colour.toString(16).padStart(6, "0")}`;
  return isPalette ? (paletteColour(colour) ?? BASIC_NAMES[colour]) : undefined;
}

export class TestTerminal {
  readonly #emulator: xterm.Terminal;
  readonly #pty: IPty;
  readonly #watchers = new Set<() => void>();
  readonly exited: Promise<{ readonly code: number; readonly signal: number }>;
  /** Every byte so far. */
  written = "";
  /** How much of it the emulator has drawn. */
  #parsed = 0;

  constructor({ columns, rows, command, environment }: TerminalOptions) {
    const [file, ...args] = command;
    this.#emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
    const name = environment?.["TERM"] ?? "xterm-256color";
    const env = {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ...environment,
    };
    this.#pty = spawn(file, args, { cols: columns, rows, name, env });
    this.#pty.onData((data) => {
      this.written += data;
      this.#emulator.write(data, () => {
        this.#parsed += data.length;
        this.#changed();
      });
    });
    this.#emulator.onData((answer) => this.#pty.write(answer));
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => resolve({ code: exitCode, signal: signal ?? 0 }));
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Lines of the screen without the space at their ends. */
  get lines(): readonly string[] {
    const { active } = this.#emulator.buffer;
    return Array.from({ length: this.#emulator.rows }, (_, row) =>
      (
        active.getLine(active.viewportY + row)?.translateToString(true, 0, this.#emulator.cols) ?? ""
      ).trimEnd(),
    );
  }

  get screen(): string {
    return this.lines.join("\n");
  }

  /** Lines that went on in the next row: something was wider than the screen. */
  get wrapped(): number {
    const { active } = this.#emulator.buffer;
    const rows = Array.from({ length: this.#emulator.rows }, (_, row) => row);
    return rows.filter((row) => active.getLine(active.viewportY + row)?.isWrapped).length;
  }

  /** The text of a row that stands out: on a background of its own, or inverse. */
  standsOut(row: number): string {
    const { active } = this.#emulator.buffer;
    const line = active.getLine(active.viewportY + row);
    let text = "";
    for (let column = 0; column < this.#emulator.cols; column++) {
      const cell = line?.getCell(column);
      if (cell !== undefined && (!cell.isBgDefault() || cell.isInverse() !== 0))
        text += cell.getChars() || " ";
    }
    return text;
  }

  /** The alternate screen is shown. */
  get isAlternate(): boolean {
    return this.#emulator.buffer.active.type === "alternate";
  }

  /** A part of a frame is drawn, and the rest isn't yet. Of a program that was killed there is no rest. */
  get #isDrawing(): boolean {
    if (!this.isAlternate) return false;
    const [begin, end] = ["\u001b[?2026h", "\u001b[?2026l"];
    const last = (sequence: string): number =>
      this.written.lastIndexOf(sequence, this.#parsed - sequence.length);
    return last(begin) > last(end);
  }

  /** What the program has switched on, and not off again. */
  get modes(): readonly string[] {
    const { mouseTrackingMode, bracketedPasteMode } = this.#emulator.modes;
    const isHidden = this.written.lastIndexOf("\u001b[?25l") > this.written.lastIndexOf("\u001b[?25h");
    return [
      ...(mouseTrackingMode === "none" ? [] : ["mouse"]),
      ...(bracketedPasteMode ? ["brackets"] : []),
      ...(isHidden ? ["hidden cursor"] : []),
    ];
  }

  /** Closes the terminal itself, as a window is closed: who leads the session gets SIGHUP. */
  hangUp(): void {
    (this.#pty as IPty & { destroy(): void }).destroy();
  }

  /** How a cell is drawn; columns and rows count from 0. */
  cell(row: number, column: number): Cell {
    const { active } = this.#emulator.buffer;
    const cell = active.getLine(active.viewportY + row)?.getCell(column);
    if (cell === undefined) return { text: "", isColoured: false, isRich: false, isDim: false };
    const rich = (isRgb: boolean, isPalette: boolean, colour: number): boolean =>
      isRgb || (isPalette && colour > 15);
    return {
      text: cell.getChars(),
      isDim: cell.isDim() !== 0,
      ...(cell.isInverse() === 0 && {
        foreground: colourOf(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor()),
        background: colourOf(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor()),
      }),
      isColoured: !(cell.isFgDefault() && cell.isBgDefault()),
      isRich:
        rich(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor()) ||
        rich(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor()),
    };
  }

  /** All cells that are drawn. */
  *cells(): Generator<ReturnType<TestTerminal["cell"]>> {
    for (let row = 0; row < this.#emulator.rows; row++) {
      for (let column = 0; column < this.#emulator.cols; column++) yield this.cell(row, column);
    }
  }

  /** Types keys by name, or text as it is. */
  type(...keys: readonly string[]): void {
    for (const key of keys) this.#pty.write(bytesOf(key));
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  signal(name: string): void {
    this.#pty.kill(name);
  }

  /**
   * Resolves when the screen is as wanted, and no frame is half drawn; rejects with the screen when it does
   * not become so.
   */
  until(what: string, wanted: (screen: string, terminal: this) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearInterval(timer);
        this.#watchers.delete(look);
      };
      const look = (): void => {
        if (this.#isDrawing || !wanted(this.screen, this)) return;
        finish();
        resolve();
      };
      const timer = patience(() => {
        finish();
        reject(new Error(`the screen never showed ${what}:\n${this.screen}`));
      });
      this.#watchers.add(look);
      look();
    });
  }

  /** Waits for a text. */
  shows(text: string): Promise<void> {
    return this.until(`\`${text}\``, (screen) => screen.includes(text));
  }

  /** Waits for a text to go. */
  hides(text: string): Promise<void> {
    return this.until(`no \`${text}\``, (screen) => !screen.includes(text));
  }

  /** Ends the program, whatever it does, and waits for its end. */
  async end(): Promise<void> {
    try {
      this.#pty.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.exited;
    this.#emulator.dispose();
  }

  #changed(): void {
    // A watcher that is content goes.
    for (const watcher of this.#watchers) watcher();
  }
}
