// A real guest that a test leads frame by frame: what it sends, when it takes what has come. See
// puppet.wat.txt.

import { type TestLab, macOf, shapeOf, until } from "./machine-room.test-support.ts";
import { guestImage, memoryOf, testGuest } from "./wat.test-support.ts";

const WORD = { calls: 11, taken: 12, frames: 13, what: 14 } as const;
const WHAT = { send: 1, take: 2, keep: 3, close: 4 } as const;
const LENGTHS_AT = 47_104;
const SLOTS = 256;
const NOTE_BYTES = 32;

/** A frame as a test writes it: addresses, a mark that says which one it is, and how long it is. */
export interface Frame {
  readonly to: readonly number[];
  readonly from: readonly number[];
  readonly mark: number;
  readonly length: number;
  /** The frame bears this tag. */
  readonly vlan?: number;
}

/** The frame that a puppet took: from whom, which one, how long. */
interface TakenFrame {
  readonly from: number;
  readonly mark: number;
  readonly length: number;
  readonly vlan?: number;
}

export class Puppet {
  readonly lab: TestLab;
  readonly n: number;
  readonly #bufferBytes: number;
  #posted = 0;

  constructor(lab: TestLab, n: number, bufferBytes: number) {
    this.lab = lab;
    this.n = n;
    this.#bufferBytes = bufferBytes;
  }

  get id(): string {
    return `puppet${this.n}`;
  }

  /** Sends frames in this order and waits until each has been judged; the answer is the number of calls. */
  async send(...frames: readonly Frame[]): Promise<number> {
    const { u8, view } = this.#memory();
    for (const [index, frame] of frames.entries()) {
      const slot = this.#posted++ & (SLOTS - 1);
      const at = 65_536 + (SLOTS + slot) * this.#bufferBytes;
      u8.set(frame.to, at);
      u8.set(frame.from, at + 6);
      const inner = frame.vlan === undefined ? at : at + 4;
      if (frame.vlan !== undefined) view.setUint32(at + 12, 0x81000000 | frame.vlan);
      view.setUint16(inner + 12, 0xb588, true);
      view.setUint32(inner + 16, frame.mark, true);
      view.setInt32(LENGTHS_AT + index * 4, frame.length, true);
    }
    this.lab.tell(this.id, WORD.frames, frames.length);
    const before = this.lab.report(this.id, WORD.calls);
    await this.#do(WHAT.send);
    return this.lab.report(this.id, WORD.calls) - before;
  }

  /** Takes everything that has come. */
  async take(): Promise<TakenFrame[]> {
    await this.#do(WHAT.take);
    const { view } = this.#memory();
    const notes = 65_536 + 2 * SLOTS * this.#bufferBytes;
    return Array.from({ length: this.lab.report(this.id, WORD.taken) }, (_, index) => {
      const at = notes + index * NOTE_BYTES;
      const tagged = view.getUint16(at + 4 + 12) === 0x8100;
      const mark = view.getUint32(at + 4 + (tagged ? 20 : 16), true);
      const vlan = tagged ? { vlan: view.getUint16(at + 4 + 14) & 0xfff } : {};
      return { from: view.getUint8(at + 4 + 11), mark, length: view.getUint32(at, true), ...vlan };
    });
  }

  /** From now on it posts no buffer again. */
  async keep(): Promise<void> {
    await this.#do(WHAT.keep);
  }

  async close(): Promise<void> {
    await this.#do(WHAT.close);
  }

  #memory(): { u8: Uint8Array; view: DataView; i32: Int32Array } {
    const memory = this.lab.room.guests.memoryOf(this.id);
    if (!memory) throw new Error(`no guest ${this.id}`);
    return memory;
  }

  async #do(what: number): Promise<void> {
    this.lab.tell(this.id, WORD.what, what);
    const { i32 } = this.#memory();
    Atomics.add(i32, 192 >> 2, 1);
    Atomics.notify(i32, 192 >> 2);
    await until(`${this.id} did ${what}`, () => this.lab.report(this.id, WORD.what) === 0);
  }
}

/** Boots a puppet on the n-th port. */
export async function puppet(lab: TestLab, n: number, bufferBytes = 2048): Promise<Puppet> {
  const shape = shapeOf(n, macOf(0), { rx: SLOTS, tx: SLOTS, rxSize: bufferBytes, txSize: bufferBytes });
  const notes = 65_536 + 2 * SLOTS * bufferBytes;
  const image = await guestImage(testGuest("puppet"), shape, { NOTES: notes });
  await lab.boot(`puppet${n}`, n, image, memoryOf(shape) + SLOTS * NOTE_BYTES);
  return new Puppet(lab, n, bufferBytes);
}
