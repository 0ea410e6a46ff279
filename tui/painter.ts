// Has the terminal's other screen while it is the dashboard's, and says when it is drawn. It decides nothing
// of what is drawn.

import { FrameText } from "./frame-text.ts";
import type { Frame } from "./frame-text.ts";
import type { Depth } from "./sgr.ts";

const ESC = "\u001b[";
/** The other screen without a cursor, and back. */
const ENTER = `${ESC}?1049h${ESC}?25l`;
const LEAVE = `${ESC}0m${ESC}?25h${ESC}?1049l`;
/** Drawn at most 30 times a second. */
const FRAME_MS = 33;

interface PainterOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly depth: Depth;
  /** Milliseconds that only go up. */
  readonly now: () => number;
  /** Called for each frame: never more lines than the terminal has, none wider than it. */
  readonly draw: () => Frame;
}

export class Painter {
  readonly #options: PainterOptions;
  readonly #text: FrameText;
  #isHere = false;
  #timer: NodeJS.Timeout | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(options: PainterOptions) {
    this.#options = options;
    this.#text = new FrameText(options.depth);
  }

  /** Takes the screen, for the first time or again, and draws all of it. */
  enter(): void {
    if (this.#isHere) return;
    this.#isHere = true;
    this.#options.stdout.write(ENTER);
    this.redraw();
  }

  /** Gives the screen back as it was before. */
  leave(): void {
    if (!this.#isHere) return;
    this.#isHere = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.stdout.write(LEAVE);
  }

  /** Something is to be seen otherwise: soon, once for all that comes until then. */
  changed(): void {
    if (this.#timer !== undefined || !this.#isHere) return;
    const wait = Math.max(0, this.#drawnAt + FRAME_MS - this.#options.now());
    this.#timer = setTimeout(() => this.#paint(), wait);
  }

  /** The screen is not as it was left, or it has another size. */
  redraw(): void {
    this.#text.forget();
    this.changed();
  }

  #paint(): void {
    this.#timer = undefined;
    const { stdout, now, draw } = this.#options;
    this.#drawnAt = now();
    const text = this.#text.next(draw());
    if (text !== "") stdout.write(text);
  }
}
