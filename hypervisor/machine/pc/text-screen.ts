// A PC's screen in text mode as lines for its log: each row that has changed, at most a few times a second.
// A screen that has moved up says only what is new.

import { PC_SCREEN_COLUMNS_MAX, PC_SCREEN_EVERY_MS, PC_SCREEN_ROWS_MAX } from "../../limits.ts";

const US_PER_MS = 1000;
const SPACE = 32;
const FIRST_HIGH = 128;
/** Code page 437 from 128 on. */
const HIGH =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";

export class TextScreen {
  #columns = 80;
  #rows = 25;
  readonly #cells = new Uint8Array(PC_SCREEN_COLUMNS_MAX * PC_SCREEN_ROWS_MAX).fill(SPACE);
  #changed = false;
  #shown: readonly string[] = [];
  #saidMs = -Infinity;

  /** Characters; the guest says what it likes. None: it draws pictures now. */
  resize(columns: number, rows: number): void {
    this.#columns = Math.min(columns, PC_SCREEN_COLUMNS_MAX);
    this.#rows = Math.min(rows, PC_SCREEN_ROWS_MAX);
    this.#cells.fill(SPACE);
  }

  put(row: number, column: number, character: number): void {
    if (row >= this.#rows || column >= this.#columns) return;
    const at = row * PC_SCREEN_COLUMNS_MAX + column;
    if (this.#cells[at] === character) return;
    this.#cells[at] = character;
    this.#changed = true;
  }

  /** All rows, without what is blank at their ends. */
  rows(): readonly string[] {
    return Array.from({ length: this.#rows }, (_, row) => {
      const at = row * PC_SCREEN_COLUMNS_MAX;
      let text = "";
      for (const cell of this.#cells.subarray(at, at + this.#columns)) text += characterOf(cell);
      return text.trimEnd();
    });
  }

  /** Microseconds after which there is something to say; 0: nothing. */
  waitUs(nowMs: number): number {
    if (!this.#changed) return 0;
    return Math.max(this.#saidMs + PC_SCREEN_EVERY_MS - nowMs, 0.001) * US_PER_MS;
  }

  /** The lines that are new, each ended; empty where it is too early, too. */
  news(nowMs: number): string {
    if (!this.#changed || nowMs < this.#saidMs + PC_SCREEN_EVERY_MS) return "";
    this.#changed = false;
    this.#saidMs = nowMs;
    const rows = this.rows();
    const before = this.#shown;
    this.#shown = rows;
    const up = movedUp(before, rows);
    return rows
      .filter((text, row) => text !== "" && text !== before[row + up])
      .map((text) => `${text}\n`)
      .join("");
  }
}

/** By how many rows the screen has moved up, if that explains most of it. */
function movedUp(before: readonly string[], rows: readonly string[]): number {
  let best = 0;
  let most = -1;
  // Bound: PC_SCREEN_ROWS_MAX, twice.
  for (let up = 0; up < before.length; up++) {
    const same = rows.filter((text, row) => text !== "" && text === before[row + up]).length;
    if (same > most) [best, most] = [up, same];
  }
  return best;
}

function characterOf(cell: number): string {
  if (cell >= FIRST_HIGH) return HIGH[cell - FIRST_HIGH] ?? " ";
  return cell > SPACE && cell < FIRST_HIGH - 1 ? String.fromCharCode(cell) : " ";
}
