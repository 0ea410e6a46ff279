// Rings as the host sees them, for tests of guests: works off what a guest posted, fills what a guest
// offered. Strict about what docs/abi.md says of turns; knows nothing of frames.

const DESCRIPTOR_BYTES = 16;
const DIRTY = 4;
/** Index of a word of the signal. */
const AT = 2;

export class HostRing {
  readonly count: number;
  private readonly memory: WebAssembly.Memory;
  private readonly at: number;
  private readonly signalAt: number;
  /** The turn that the host last wrote to each slot. */
  private readonly written: Int32Array;
  /** Next position to fill, or next sequence to work off. Set ahead, the positions between stay out. */
  position = 0;

  constructor(memory: WebAssembly.Memory, at: number, bytes: number, signalOffset: number) {
    this.memory = memory;
    this.at = at;
    this.signalAt = at + signalOffset;
    this.count = bytes / DESCRIPTOR_BYTES;
    this.written = new Int32Array(this.count);
    for (let slot = 0; slot < this.count; slot++) {
      if (this.turn(slot) !== 0) throw new Error(`slot ${slot} has a turn before shm`);
    }
  }

  get enabled(): boolean {
    return Atomics.load(this.words(this.signalAt), 0) !== 0;
  }

  /** The position that the guest waits for. */
  get waitsFor(): number {
    return Atomics.load(this.words(this.signalAt), AT) & 0x7fff_ffff;
  }

  /** Takes the next posted buffer and gives its slot back; undefined if there is none. */
  workOff(): Uint8Array | undefined {
    const slot = this.position % this.count;
    const turn = this.turn(slot);
    if (turn === this.written[slot]) return undefined;
    if (turn !== ((this.position * 2 + 1) | 0))
      throw new Error(`slot ${slot} has turn ${turn}, position ${this.position}`);
    const words = this.descriptor(slot);
    const bytes = new Uint8Array(this.memory.buffer, words[0]! >>> 0, words[1]).slice();
    this.publish(slot, this.position);
    this.position = next(this.position);
    return bytes;
  }

  /** Whether the guest has posted the slot of this position. */
  posted(position: number): boolean {
    const slot = position % this.count;
    const turn = this.turn(slot);
    if (turn !== this.written[slot] && turn !== (this.written[slot]! | 1))
      throw new Error(`slot ${slot}: turn ${turn}`);
    return (turn & 1) === 1;
  }

  /** Fills the buffer of a position and publishes it. The caller has seen it posted. */
  fill(position: number, bytes: Uint8Array): void {
    const slot = position % this.count;
    if (!this.posted(position)) throw new Error(`slot ${slot} is not posted`);
    const words = this.descriptor(slot);
    if (bytes.length > words[1]!)
      throw new Error(`slot ${slot} offers ${words[1]} bytes, not ${bytes.length}`);
    new Uint8Array(this.memory.buffer).set(bytes, words[0]! >>> 0);
    words[1] = bytes.length;
    this.publish(slot, position);
  }

  /** The next position, claimed by a sender; undefined while the guest has not posted it. */
  claim(): number | undefined {
    if (!this.posted(this.position)) return undefined;
    return this.skip();
  }

  /** Lets a position stay out. */
  skip(): number {
    const position = this.position;
    this.position = next(position);
    return position;
  }

  private publish(slot: number, position: number): void {
    this.written[slot] = (position * 2) | 0;
    Atomics.store(this.descriptor(slot), 2, this.written[slot]!);
    Atomics.add(this.words(this.signalAt + DIRTY), 0, 1);
  }

  private turn(slot: number): number {
    return Atomics.load(this.descriptor(slot), 2);
  }

  private descriptor(slot: number): Int32Array {
    return this.words(this.at + slot * DESCRIPTOR_BYTES);
  }

  private words(at: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, 4);
  }
}

const next = (position: number): number => (position + 1) % 2 ** 31;
