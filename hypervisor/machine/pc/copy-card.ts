// A virtio console with one port, through which files are copied into a PC and out of it. It is put in with
// the first copy. What the guest sends is bounded here; what it means is looked at by whoever copies.
// Spec: virtio 1.1, 5.3.

import { PC_COPY_BYTES, PC_COPY_GREETING_MAX } from "../../limits.ts";
import type { CopyNews, CopyOrder } from "./copy-words.ts";
import type { Emulator, VirtioRegisters } from "./emulator.ts";
import { WrongSnapshot, type SavedSlot } from "./saved.ts";
import { SplitQueue, type BrokenQueue } from "./split-queue.ts";
import { placeOf, restoreRegisters, saveRegisters } from "./virtio-state.ts";

const FEATURE = { multiport: 1, version1: 32 } as const;
const TYPE = 3;
/** Queues of the one port, then those by which it is talked about; each as the guest sees it. */
const QUEUE = { receive: 0, send: 1, hear: 2, say: 3 } as const;
const SIZES = [64, 64, 16, 16] as const;
const EVENT = { deviceReady: 0, portAdd: 1, portReady: 3, portOpen: 6, portName: 7 } as const;
const CONTROL_BYTES = 8;
/** By this name the guest finds the port. */
const NAME = Buffer.from("vbus-copy");
/** Words for the guest that wait for its buffers; with more of them it is not listened to. */
const WORDS_MAX = 16;

export interface CopyParts {
  readonly emulator: Pick<Emulator, "ram" | "ramBytes" | "wrote" | "addVirtio">;
  readonly broken: BrokenQueue;
  readonly tell: (news: CopyNews) => void;
}

export class CopyCard {
  readonly #parts: CopyParts;
  readonly #registers: VirtioRegisters;
  readonly #queues: readonly SplitQueue[];
  readonly #words: Uint8Array[] = [];
  readonly #heard = new Uint8Array(CONTROL_BYTES);
  /** Of this copy; 0: none goes on. */
  #copy = 0;
  /** The guest has greeted, and then closed its end. */
  #begun = false;
  #closing = false;
  /** Nothing will be added to what waits for the guest. */
  #ended = false;
  readonly #waiting: Uint8Array[] = [];
  /** Bytes of the first that it has already. */
  #given = 0;
  /** Bytes that may still be told before some are taken. */
  #room = 0;
  #ready = false;
  /** What the guest was told of our end. */
  #connected = false;

  constructor(parts: CopyParts) {
    this.#parts = parts;
    const registers: VirtioRegisters = parts.emulator.addVirtio({
      name: "vbus-copy",
      type: TYPE,
      queues: SIZES.map((size, index) => ({ size, kick: () => void this.#kicked(index) })),
      features: Object.values(FEATURE),
      fields: [
        ["columns", 2, () => 0],
        ["rows", 2, () => 0],
        ["ports", 4, () => 1],
        ["emergency", 4, () => 0],
      ],
      driverReset: () => this.#reset(),
    });
    this.#registers = registers;
    const { emulator, broken } = parts;
    this.#queues = SIZES.map((_, index) => new SplitQueue({ emulator, registers, index, broken }));
  }

  /** A copy goes on. */
  get busy(): boolean {
    return this.#copy !== 0;
  }

  /** Between two runs of the processor, while it is not busy. */
  save(): SavedSlot {
    return {
      kind: "copy",
      registers: saveRegisters(this.#registers),
      places: this.#queues.map((queue) => queue.save()),
      ready: this.#ready,
      connected: this.#connected,
      words: this.#words.map((word) => [...word]),
    };
  }

  /** The driver goes on from there. Throws `WrongSnapshot`. */
  restore({ registers, places, ready, connected, words }: SavedSlot & { readonly kind: "copy" }): void {
    if (words.length > 2 * WORDS_MAX) throw new WrongSnapshot("its way for files has too many words");
    restoreRegisters(this.#registers, registers);
    for (const [index, queue] of this.#queues.entries()) queue.restore(placeOf(places, index));
    this.#ready = ready;
    this.#connected = connected;
    this.#words.push(...words.map((word) => Uint8Array.from(word)));
  }

  heed(order: CopyOrder): void {
    if (order.do === "open") this.#open(order.copy);
    else if (order.copy !== this.#copy) return;
    else if (order.do === "data") this.#waiting.push(order.bytes);
    else if (order.do === "end") this.#ended = true;
    else if (order.do === "more") this.#room += order.bytes;
    else this.#forget();
  }

  /** Moves what can be moved. Microseconds after which to call it again; 0: there is nothing. */
  move(): number {
    this.#hear();
    const more = this.#take();
    const given = this.#give();
    this.#connect();
    this.#say();
    return more || given >= PC_COPY_BYTES ? 1 : 0;
  }

  #kicked(index: number): void {
    if (index === QUEUE.say) this.#hear();
    else if (index === QUEUE.send) this.#take();
  }

  #open(copy: number): void {
    this.#forget();
    this.#take(); // What is there is of nobody.
    this.#copy = copy;
    this.#room = PC_COPY_BYTES;
  }

  #forget(): void {
    this.#copy = 0;
    this.#begun = this.#closing = this.#ended = false;
    this.#waiting.length = 0;
    this.#given = 0;
  }

  /** The guest's driver begins anew. */
  #reset(): void {
    for (const queue of this.#queues) queue.reset();
    this.#ready = this.#connected = false;
    this.#words.length = 0;
    // The first thing that a driver does is this: a copy that has not begun waits for it.
    if (this.#begun) this.#over();
  }

  #over(): void {
    if (this.#copy !== 0) this.#parts.tell({ what: "over", copy: this.#copy });
    this.#forget();
  }

  /** Our end is open while there is a copy, until the last of it is in the guest's buffers. */
  #connect(): void {
    const wanted = this.#copy !== 0 && !(this.#ended && this.#waiting.length === 0);
    if (!this.#ready || wanted === this.#connected) return;
    this.#connected = wanted;
    this.#word(EVENT.portOpen, wanted ? 1 : 0);
  }

  #word(event: number, value: number, text: Uint8Array = new Uint8Array()): void {
    const word = new Uint8Array(CONTROL_BYTES + text.length);
    new DataView(word.buffer).setUint16(4, event, true);
    new DataView(word.buffer).setUint16(6, value, true);
    word.set(text, CONTROL_BYTES);
    this.#words.push(word);
  }

  #say(): void {
    const queue = this.#queues[QUEUE.hear] as SplitQueue;
    // Bound: what there is to say.
    while (this.#words.length > 0 && queue.take()) {
      const word = this.#words.shift() as Uint8Array;
      const fits = queue.writableBytes >= word.length;
      if (fits) queue.write(word, 0);
      queue.give(fits ? word.length : 0);
    }
    queue.flush();
  }

  #hear(): void {
    const queue = this.#queues[QUEUE.say] as SplitQueue;
    // Bound: WORDS_MAX and the size of the queue.
    for (let turn = 0; turn < WORDS_MAX && this.#words.length < WORDS_MAX && queue.take(); turn++) {
      this.#heard.fill(0);
      queue.read(this.#heard, 0);
      queue.give(0);
      const view = new DataView(this.#heard.buffer);
      this.#answer(view.getUint16(4, true), view.getUint16(6, true));
    }
    queue.flush();
  }

  #answer(event: number, value: number): void {
    if (event === EVENT.deviceReady && value === 1) this.#word(EVENT.portAdd, 1);
    if (event === EVENT.portReady && value === 1) {
      this.#ready = true;
      this.#word(EVENT.portName, 1, NAME);
    }
    if (event === EVENT.portOpen && value === 0 && this.#begun) this.#closing = true;
  }

  /** What the guest sends. True: there is more. */
  #take(): boolean {
    const queue = this.#queues[QUEUE.send] as SplitQueue;
    let turns = 0;
    // Bound: the size of the queue.
    while (turns < SIZES[QUEUE.send] && (this.#copy === 0 || this.#room > 0) && queue.take()) {
      turns++;
      if (queue.readableBytes > PC_COPY_BYTES) this.#parts.broken();
      if (this.#copy !== 0) this.#hand(queue);
      queue.give(0);
    }
    queue.flush();
    if (turns === SIZES[QUEUE.send]) return true;
    // It closes behind what it has sent.
    if (this.#closing && this.#room > 0) this.#over();
    return false;
  }

  #hand(queue: SplitQueue): void {
    const greets = !this.#begun;
    const length = greets ? Math.min(queue.readableBytes, PC_COPY_GREETING_MAX) : queue.readableBytes;
    const bytes = new Uint8Array(length);
    queue.read(bytes, 0);
    this.#begun = true;
    if (!greets) this.#room -= length;
    this.#parts.tell({ what: greets ? "begun" : "data", copy: this.#copy, bytes });
  }

  /** What the guest is to get, into its buffers. Answers the bytes. */
  #give(): number {
    const queue = this.#queues[QUEUE.receive] as SplitQueue;
    let bytes = 0;
    // Bound: PC_COPY_BYTES, which is what may wait.
    while (this.#begun && this.#waiting.length > 0 && bytes < PC_COPY_BYTES && queue.take()) {
      const first = this.#waiting[0] as Uint8Array;
      const part = first.subarray(this.#given, this.#given + queue.writableBytes);
      const count = queue.write(part, 0);
      queue.give(count);
      bytes += count;
      this.#given += count;
      if (this.#given < first.length) continue;
      this.#waiting.shift();
      this.#given = 0;
    }
    queue.flush();
    if (bytes > 0) this.#parts.tell({ what: "taken", copy: this.#copy, count: bytes });
    return bytes;
  }
}
