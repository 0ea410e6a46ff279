// A guest with disks for tests: its queue is written from outside while it waits, and it makes the calls that
// the test says (test-guests/fuzzed.wat.txt).

import {
  LAST_HANDLE,
  LAST_NUMBER,
  MEMORY,
  OWN_PLACE,
  PLACES,
  wordsOf,
  type FuzzedCall,
} from "./fuzz-calls.test-support.ts";
import type { DeviceSpec, GuestFacts, Image, VblkSpec } from "./hypervisor.ts";
import { macOf, must, shapeOf, until, type TestLab } from "./machine-room.test-support.ts";
import { REQUEST, REQUEST_OP } from "./ring/abi.ts";
import { guestImage, testGuest } from "./wat.test-support.ts";

const CALLS = 131_072 >> 2;
const ANSWERS = 262_144 >> 2;
const TO_DO = 278_528 >> 2;
const DONE = 278_532 >> 2;
const ENDS = ["completed", "failed", "stopped", "quarantined"];
/** Of queue q: its descriptors, its signal and its requests. */
const RING = (queue: number): number => 4096 + queue * 2048;
const SLOTS = 16;
const SIGNAL = SLOTS * 16;
const REQUESTS = 512;
/** Where data lies that a test doesn't place. */
export const DATA = PLACES.buffers;
export { MEMORY, REQUEST_OP };

export function disk(name: string, volume: string, change: Partial<VblkSpec> = {}): DeviceSpec {
  return { class: "vblk", name, vblk: { volume, readonly: false, queues: 1, ...change } };
}

let image: Promise<Image> | undefined;

/** What a request says. */
export interface Wish {
  readonly op: number;
  readonly offset?: number;
  readonly length?: number;
  readonly address?: number;
}

export class DiskGuest {
  readonly lab: TestLab;
  readonly id: string;
  readonly #sequences = new Map<number, number>();
  /** Signal numbers of its queues. */
  readonly #numbers = new Map<number, number>();

  constructor(lab: TestLab, id: string) {
    this.lab = lab;
    this.id = id;
  }

  /** Boots a guest on a bus. */
  static async boot(lab: TestLab, id: string, bus: string, memory = MEMORY): Promise<DiskGuest> {
    const shape = shapeOf(9, macOf(9), { rx: 16, tx: 16 });
    image ??= guestImage(testGuest("fuzzed"), shape, {
      LAST_HANDLE,
      LAST_NUMBER,
      OWN_PLACE,
      // Whatever it posts is posted.
      FIRST_DISK: 0x7fff_ffff,
      REQUEST_BYTES: REQUEST.size,
    });
    must(await lab.hv.bootGuest(id, { bus, image: await image, args: [], env: {}, memory }));
    return new DiskGuest(lab, id);
  }

  get i32(): Int32Array {
    return this.#memory().i32;
  }
  get u8(): Uint8Array {
    return this.#memory().u8;
  }
  get facts(): GuestFacts {
    return this.lab.guest(this.id);
  }

  /** Makes calls; their answers, fewer where one of them ended the guest. */
  async do(...calls: readonly FuzzedCall[]): Promise<number[]> {
    this.begin(...calls);
    await until("the calls are made", () => this.done, 60_000);
    return [...this.i32.subarray(ANSWERS, ANSWERS + Atomics.load(this.i32, DONE))];
  }

  /** The same without waiting. */
  begin(...calls: readonly FuzzedCall[]): void {
    const { i32 } = this;
    for (const [index, made] of calls.entries()) i32.set(wordsOf(made), CALLS + index * 8);
    Atomics.store(i32, DONE, 0);
    Atomics.store(i32, TO_DO, calls.length);
    Atomics.notify(i32, TO_DO);
  }

  get done(): boolean {
    return Atomics.load(this.i32, TO_DO) === 0 || ENDS.includes(this.facts.state);
  }

  /** Opens a device of its bus with a queue; an errno value, or the queue's signal number. */
  async open(device: number, queue = 0): Promise<number> {
    this.#sequences.set(queue, 0);
    this.u8.fill(0, RING(queue), RING(queue) + 2048);
    const [, opened = 0, made = 0] = await this.do(
      { verb: "call", args: [0, 3, PLACES.events, 64, 0] },
      { verb: "open", args: [device, 1] },
      { verb: "shm", args: [LAST_HANDLE, queue, queue, RING(queue), SLOTS * 16, SIGNAL, 0] },
    );
    this.#numbers.set(queue, made);
    return opened < 0 ? opened : made;
  }

  /** Posts a request, and answers where it stands. */
  post({ op, offset = 0, length = 0, address = DATA }: Wish, queue = 0): number {
    const sequence = this.#sequences.get(queue) ?? 0;
    this.#sequences.set(queue, sequence + 1);
    const slot = sequence % SLOTS;
    const at = RING(queue) + REQUESTS + slot * 32;
    const view = new DataView(this.u8.buffer);
    view.setInt32(at + REQUEST.op, op, true);
    view.setInt32(at + REQUEST.status, 1, true);
    view.setBigUint64(at + REQUEST.offset, BigInt(offset), true);
    view.setUint32(at + REQUEST.length, length, true);
    view.setUint32(at + REQUEST.address, address, true);
    const descriptor = RING(queue) + slot * 16;
    view.setUint32(descriptor, at, true);
    view.setUint32(descriptor + 4, REQUEST.size, true);
    Atomics.store(this.i32, (descriptor + 8) >> 2, sequence * 2 + 1);
    return at;
  }

  /** The place of the descriptor that comes next. */
  descriptor(queue = 0): number {
    return RING(queue) + ((this.#sequences.get(queue) ?? 0) % SLOTS) * 16;
  }

  /** Posts one request and has it done: its status. A rate's wait is an error here. */
  async request(wish: Wish, queue = 0): Promise<number> {
    const at = this.post(wish, queue);
    const [answer = 0] = await this.signal(queue);
    if (answer < 0) return answer;
    return this.status(at);
  }

  /** Signals a queue until nothing is left; answers of `signal`. */
  async signal(queue = 0): Promise<number[]> {
    const answers: number[] = [];
    // Bound: what the queue holds.
    for (let turn = 0; turn <= SLOTS; turn++) {
      const [answer] = await this.do({ verb: "signal", args: [this.#numbers.get(queue) ?? 0] });
      if (answer !== undefined) answers.push(answer);
      if (answer !== 1) break;
    }
    return answers;
  }

  status(at: number): number {
    return this.i32[(at + REQUEST.status) >> 2] as number;
  }

  #memory(): { readonly i32: Int32Array; readonly u8: Uint8Array } {
    const memory = this.lab.room.guests.memoryOf(this.id);
    if (!memory) throw new Error(`no guest ${this.id}`);
    return memory;
  }
}
