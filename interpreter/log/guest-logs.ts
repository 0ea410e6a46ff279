// What guests print, as lines with times, in bounded memory for each guest. The oldest lines fall off.

import type { Clock } from "../clock.ts";
import { isoTime } from "../clock.ts";
import type { LogLine } from "../control/protocol.ts";

export interface LogLimits {
  readonly linesMax: number;
  /** Of one guest, in UTF-16 units. */
  readonly textMax: number;
  /** A longer line is cut into several. */
  readonly lineMax: number;
  /** Guests that are gone and still remembered. */
  readonly goneMax: number;
}

const LOG_LIMITS: LogLimits = { linesMax: 2000, textMax: 1 << 18, lineMax: 4096, goneMax: 100 };

interface Entry {
  readonly order: number;
  readonly line: LogLine;
}
interface GuestLog {
  lines: Entry[];
  /** Units in `lines`. */
  size: number;
  /** Begun and not yet ended by a newline. */
  open: string;
}

export class GuestLogs {
  readonly #clock: Clock;
  readonly #limits: LogLimits;
  readonly #logs = new Map<string, GuestLog>();
  readonly #listeners = new Set<(lines: readonly LogLine[]) => void>();
  readonly #textListeners = new Set<(guest: string, text: string) => void>();
  /** Guests that are gone, in the order of going. */
  readonly #gone = new Set<string>();
  #order = 0;

  constructor(clock: Clock, limits: LogLimits = LOG_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Takes a chunk; whole lines are told at once. */
  write(guest: string, text: string): void {
    const log = this.#logOf(guest);
    this.#gone.delete(guest);
    for (const listener of this.#textListeners) listener(guest, text);
    const pieces = (log.open + text).split("\n");
    log.open = pieces.pop() ?? "";
    if (log.open.length > this.#limits.lineMax) {
      pieces.push(log.open);
      log.open = "";
    }
    this.#append(guest, log, pieces);
  }

  /** The guest has ended: what it began to say is a line too. */
  flush(guest: string): void {
    const log = this.#logs.get(guest);
    if (log === undefined || log.open === "") return;
    const rest = log.open;
    log.open = "";
    this.#append(guest, log, [rest]);
  }

  /** The guest is gone; its lines are kept until many others are gone too, or until it comes back. */
  retire(guest: string): void {
    this.#gone.add(guest);
    // Bound: one is forgotten for each that is added.
    while (this.#gone.size > this.#limits.goneMax) {
      const [oldest = ""] = this.#gone;
      this.#gone.delete(oldest);
      this.#logs.delete(oldest);
    }
  }

  /** How many lines were told; what comes from now on is behind it. */
  get told(): number {
    return this.#order;
  }

  /** A guest's lines behind the first `told` ones, of those that are kept. */
  behind(guest: string, told: number): readonly string[] {
    const lines = this.#logs.get(guest)?.lines ?? [];
    return lines.filter(({ order }) => order >= told).map(({ line }) => line.text);
  }

  /** The last lines of some guests (of all where left out), in the order in which they came. */
  last(guests?: readonly string[], count: number = Number.POSITIVE_INFINITY): readonly LogLine[] {
    const wanted = guests ?? [...this.#logs.keys()];
    const entries = wanted.flatMap((guest) => this.#logs.get(guest)?.lines ?? []);
    entries.sort((a, b) => a.order - b.order);
    return entries.slice(Math.max(0, entries.length - count)).map((entry) => entry.line);
  }

  /**
   * At most `count` lines of all guests, in the order in which they came: the newest, but of each guest as
   * many of its own as are its share, however much the others have said since.
   */
  shared(count: number): readonly LogLine[] {
    const logs = [...this.#logs.values()];
    const share = Math.floor(count / Math.max(1, logs.length));
    const kept = logs.flatMap(({ lines }) => lines.slice(Math.max(0, lines.length - share)));
    const rest = logs.flatMap(({ lines }) => lines.slice(0, Math.max(0, lines.length - share)));
    rest.sort((a, b) => a.order - b.order);
    const entries = [...rest.slice(Math.max(0, rest.length - (count - kept.length))), ...kept];
    return entries.sort((a, b) => a.order - b.order).map((entry) => entry.line);
  }

  /** What a terminal would have been told: the lines that are kept, and what was begun. */
  textOf(guest: string): string {
    const log = this.#logs.get(guest);
    if (log === undefined) return "";
    return log.lines.map(({ line }) => `${line.text}\n`).join("") + log.open;
  }

  /** Calls back with each chunk as it came, also of lines that are not ended. */
  onText(listener: (guest: string, text: string) => void): () => void {
    this.#textListeners.add(listener);
    return () => void this.#textListeners.delete(listener);
  }

  on(listener: (lines: readonly LogLine[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #logOf(guest: string): GuestLog {
    const found = this.#logs.get(guest);
    if (found !== undefined) return found;
    const made: GuestLog = { lines: [], size: 0, open: "" };
    this.#logs.set(guest, made);
    return made;
  }

  #append(guest: string, log: GuestLog, pieces: readonly string[]): void {
    if (pieces.length === 0) return;
    const time = isoTime(this.#clock);
    const texts = pieces.flatMap((piece) =>
      cut(piece.endsWith("\r") ? piece.slice(0, -1) : piece, this.#limits.lineMax),
    );
    const lines = texts.map((text): LogLine => ({ guest, time, text }));
    for (const line of lines) {
      log.lines.push({ order: this.#order++, line });
      log.size += line.text.length;
    }
    this.#trim(log);
    for (const listener of this.#listeners) listener(lines);
  }

  #trim(log: GuestLog): void {
    let drop = Math.max(0, log.lines.length - this.#limits.linesMax);
    for (let index = 0; index < drop; index++) log.size -= log.lines[index]?.line.text.length ?? 0;
    // Bound: ends with the last line.
    while (log.size > this.#limits.textMax && drop < log.lines.length - 1) {
      log.size -= log.lines[drop++]?.line.text.length ?? 0;
    }
    if (drop > 0) log.lines = log.lines.slice(drop);
  }
}

function cut(text: string, max: number): readonly string[] {
  if (text.length <= max) return [text];
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += max) parts.push(text.slice(at, at + max));
  return parts;
}
