// The last ten minutes of the lab's pictures, one a second, packed: so that all views can be drawn as they
// were. Bounded in time and in bytes; the oldest fall off.

import type { Snapshot } from "../interpreter/index.ts";

/** Makes a text small, and the same text of it again. */
export interface Packer {
  readonly pack: (text: string) => Uint8Array;
  readonly unpack: (bytes: Uint8Array) => string;
}

/** What views and the reducer may ask. Times are milliseconds since 1970, as the lab's clock has them. */
export type HistoryReader = Pick<History, "oldest" | "newest" | "at" | "heldBytes">;

export const HISTORY_MS = 600_000;
const HISTORY_BYTES_MAX = 32 * 1024 * 1024;
const EVERY_MS = 1000;
/** Pictures come four times a second: a little early is in time. */
const SLACK_MS = 130;

interface Kept {
  readonly timeMs: number;
  readonly bytes: Uint8Array;
}

export class History {
  readonly #packer: Packer;
  readonly #bytesMax: number;
  #kept: Kept[] = [];
  #bytes = 0;
  #open: { readonly timeMs: number; readonly snapshot: Snapshot } | undefined;

  constructor(packer: Packer, bytesMax = HISTORY_BYTES_MAX) {
    this.#packer = packer;
    this.#bytesMax = bytesMax;
  }

  get oldest(): number | undefined {
    return this.#kept[0]?.timeMs;
  }

  get newest(): number | undefined {
    return this.#kept.at(-1)?.timeMs;
  }

  /** Bytes that the packed pictures take. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Keeps a picture where the last one is a second old. */
  add(snapshot: Snapshot): void {
    const timeMs = Date.parse(snapshot.time);
    if (timeMs < (this.newest ?? Number.NEGATIVE_INFINITY) + EVERY_MS - SLACK_MS) return;
    const bytes = this.#packer.pack(JSON.stringify(snapshot));
    this.#kept.push({ timeMs, bytes });
    this.#bytes += bytes.length;
    const over = this.#kept.findIndex(
      (kept) => kept.timeMs >= timeMs - HISTORY_MS && this.#bytes <= this.#bytesMax,
    );
    if (over !== 0) this.#drop(timeMs);
  }

  /** The picture of this time: the newest that is not younger, or the oldest that there is. */
  at(timeMs: number): Snapshot | undefined {
    const kept = this.#kept.findLast((one) => one.timeMs <= timeMs) ?? this.#kept[0];
    if (kept === undefined) return undefined;
    if (this.#open?.timeMs !== kept.timeMs) {
      const snapshot = JSON.parse(this.#packer.unpack(kept.bytes)) as Snapshot;
      this.#open = { timeMs: kept.timeMs, snapshot };
    }
    return this.#open.snapshot;
  }

  #drop(nowMs: number): void {
    let gone = 0;
    // Bound: the newest stays.
    while (gone < this.#kept.length - 1) {
      const { timeMs, bytes } = this.#kept[gone] as Kept;
      if (timeMs >= nowMs - HISTORY_MS && this.#bytes <= this.#bytesMax) break;
      this.#bytes -= bytes.length;
      gone++;
    }
    this.#kept = this.#kept.slice(gone);
  }
}
