// The last lines that guests printed, in rings of fixed size outside React: one of all, and one of each
// guest, so that a guest that says much doesn't push out what a quiet one said. Lines are numbered from 1 for
// as long as the dashboard lives, so that a view can stay where it is while new ones come.

import type { LogLine } from "../interpreter/index.ts";
import { clean } from "./text.ts";

/** A line in the buffer. */
export interface NumberedLine extends LogLine {
  readonly sequence: number;
}

export interface LogQuery {
  /** How many at most. */
  readonly count: number;
  /** Only this guest's lines; absent: all. */
  readonly guest?: string | undefined;
  readonly wanted?: (line: LogLine) => boolean;
}
/** What views and the reducer may ask. */
export type LogReader = Pick<LogBuffer, "last" | "lastUntil" | "before" | "after">;

const LINES_MAX = 10_000;
const GUEST_LINES_MAX = 1000;
/** Guests with lines of their own; the one that came first is forgotten. */
const GUESTS_MAX = 1000;
/** Longer lines are cut: nobody reads on. */
const LINE_CHARACTERS_MAX = 4000;

export class LogBuffer {
  readonly #all: Ring;
  readonly #guests = new Map<string, Ring>();
  #last = 0;

  constructor(size = LINES_MAX) {
    this.#all = new Ring(size);
  }

  /** Number of the newest line; 0 while there is none. */
  get last(): number {
    return this.#last;
  }

  /** Adds lines; the oldest fall off. */
  append(lines: readonly LogLine[]): void {
    for (const { guest, time, text } of lines) {
      const kept = clean(text.slice(0, LINE_CHARACTERS_MAX));
      const line = { guest, time, text: kept, sequence: ++this.#last };
      this.#all.push(line);
      this.#ringOf(guest).push(line);
    }
  }

  /** Number of the newest line that was there at this time, as the lab writes it; 0 where none is known. */
  lastUntil(time: string): number {
    return this.#all.lastUntil(time);
  }

  /** Lines that are wanted, at or before `sequence`, oldest first. */
  before(sequence: number, query: LogQuery): readonly NumberedLine[] {
    return this.#ring(query)?.before(sequence, query) ?? [];
  }

  /** Lines that are wanted, after `sequence`, oldest first. */
  after(sequence: number, query: LogQuery): readonly NumberedLine[] {
    return this.#ring(query)?.after(sequence, query) ?? [];
  }

  /** Every line that is kept, once: of all, and what only its guest's ring has still. */
  get held(): readonly NumberedLine[] {
    const every = { count: Number.POSITIVE_INFINITY };
    const all = this.before(this.#last, every);
    const [{ sequence: first } = { sequence: this.#last + 1 }] = all;
    const older = [...this.#guests.values()].flatMap((ring) => ring.before(first - 1, every));
    return [...older, ...all];
  }

  #ring({ guest }: LogQuery): Ring | undefined {
    return guest === undefined ? this.#all : this.#guests.get(guest);
  }

  #ringOf(guest: string): Ring {
    const known = this.#guests.get(guest);
    if (known !== undefined) return known;
    const [oldest] = this.#guests.keys();
    if (this.#guests.size >= GUESTS_MAX && oldest !== undefined) this.#guests.delete(oldest);
    const ring = new Ring(GUEST_LINES_MAX);
    this.#guests.set(guest, ring);
    return ring;
  }
}

/** Grows up to its size, then the oldest line makes room. Numbers in it only go up. */
class Ring {
  readonly #lines: NumberedLine[] = [];
  readonly #size: number;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
  }

  push(line: NumberedLine): void {
    this.#lines[this.#count % this.#size] = line;
    this.#count++;
  }

  before(sequence: number, { count, wanted }: LogQuery): readonly NumberedLine[] {
    const found: NumberedLine[] = [];
    for (let at = this.#firstAfter(sequence) - 1; at >= this.#oldest && found.length < count; at--) {
      const line = this.#at(at);
      if (line !== undefined && (wanted?.(line) ?? true)) found.push(line);
    }
    return found.toReversed();
  }

  after(sequence: number, { count, wanted }: LogQuery): readonly NumberedLine[] {
    const found: NumberedLine[] = [];
    for (let at = this.#firstAfter(sequence); at < this.#count && found.length < count; at++) {
      const line = this.#at(at);
      if (line !== undefined && (wanted?.(line) ?? true)) found.push(line);
    }
    return found;
  }

  lastUntil(time: string): number {
    let low = this.#oldest;
    let high = this.#count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#at(middle)?.time ?? "") <= time) low = middle + 1;
      else high = middle;
    }
    return low === this.#oldest ? 0 : (this.#at(low - 1)?.sequence ?? 0);
  }

  get #oldest(): number {
    return Math.max(0, this.#count - this.#size);
  }

  #at(place: number): NumberedLine | undefined {
    return this.#lines[place % this.#size];
  }

  /** The place of the first line with a greater number. */
  #firstAfter(sequence: number): number {
    let low = this.#oldest;
    let high = this.#count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#at(middle)?.sequence ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
