// The bridge of a PC with a driver's hand in its RAM, and a station behind it that hears itself: what the
// guest sends comes back to it.

import { PC_CARD_BYTES } from "../../limits.ts";
import { viewGuestMemory } from "../../memory/fabric.ts";
import {
  ABI_VERSION,
  BRIDGE,
  BUS,
  CHANGE,
  CLASS_NUMBER,
  DESCRIPTOR,
  EVENT,
  LARGE,
  SIGNAL,
  VENET,
  VENET_FACT,
} from "../../ring/abi.ts";
import type { BusVerbs } from "../streams.ts";
import { Bridge } from "./bridge.ts";
import { DiskStation } from "./disk-station.ts";
import { PLACE, Volume } from "./disk.test-support.ts";
import type { PortDevice } from "./port-device.ts";
import { Station } from "./station.ts";

/** The guest has written what can't be. */
export class Broken extends Error {}

const PAGE = 65_536;
const RING_SLOTS = 16;
export const RAM_BYTES = 1 << 18;
/** Where the driver has its things. */
export const AT = {
  block: 0x1000,
  events: 0x1100,
  record: 0x1200,
  tx: 0x2000,
  rx: 0x3000,
  buffers: 0x4000,
  disk: 0x1_8000,
  large: 0x2_0000,
};
export const COUNT = 16;
export const BUFFER_BYTES = 2048;
const SIGNAL_OFFSET = COUNT * DESCRIPTOR.size;
export const REGISTER = { magic: 0, version: 1, call: 2, status: 3, kick: 4 } as const;

/** The other side of a station: a switch with one port, which gives every frame back. */
class Loop {
  readonly memory = viewGuestMemory(
    new WebAssembly.Memory({
      initial: (2 * PC_CARD_BYTES) / PAGE,
      maximum: (2 * PC_CARD_BYTES) / PAGE,
      shared: true,
    }),
  );
  /** Microseconds that `signal` answers; nothing is worked off then. */
  waitUs = 0;
  /** Lengths of the frames that were sent, newest last. */
  readonly sent: number[] = [];
  /** The frames themselves. */
  readonly frames: Uint8Array[] = [];
  closed = 0;
  readonly #rings = new Map<number, { offset: number; count: number; position: number }>();
  readonly verbs = {
    open: () => 1,
    close: () => void this.closed++,
    shm: (_: number, id: number, _prio: number, offset: number, bytes: number) => {
      this.#rings.set(id, { offset, count: bytes / DESCRIPTOR.size, position: 0 });
      return id;
    },
    signal: () => this.#workOff(),
  } as unknown as BusVerbs;

  /** A frame comes for the station; false: its ring is full. */
  deliver(frame: Uint8Array): boolean {
    const ring = this.#rings.get(VENET.rx);
    if (!ring) return false;
    const { i32, u8 } = this.memory;
    const at = (ring.offset + (ring.position & (ring.count - 1)) * DESCRIPTOR.size) >>> 2;
    if (((i32[at + 2] as number) & 1) === 0) return false;
    u8.set(frame, i32[at]);
    i32[at + 1] = frame.length;
    i32[at + 2] = ring.position++ << 1;
    return true;
  }

  #workOff(): number {
    if (this.waitUs > 0) return this.waitUs;
    const ring = this.#rings.get(VENET.tx) as { offset: number; count: number; position: number };
    const { i32, u8 } = this.memory;
    // Bound: what was posted.
    for (;;) {
      const at = (ring.offset + (ring.position & (ring.count - 1)) * DESCRIPTOR.size) >>> 2;
      if (i32[at + 2] !== ((ring.position << 1) | 1)) return 0;
      const [address, length] = [i32[at] as number, i32[at + 1] as number];
      this.sent.push(length);
      if (this.sent.length > 4 * RING_SLOTS) this.sent.shift();
      this.frames.push(u8.slice(address, address + (length & LARGE.lengthMask)));
      if (this.frames.length > 4 * RING_SLOTS) this.frames.shift();
      this.deliver(u8.slice(address, address + Math.min(length, 1518)));
      i32[at + 2] = ring.position++ << 1;
    }
  }
}

/** The record that the bus has of a venet on the bridge. */
export function venetRecord(id: number, name = "eth0", offload = true): Uint8Array {
  const record = new Uint8Array(CHANGE.size);
  const view = new DataView(record.buffer);
  view.setUint32(0, CHANGE.added, true);
  view.setUint32(4, id, true);
  view.setUint32(8, CLASS_NUMBER.venet, true);
  record.set(Buffer.from(name), 16);
  record.set([2, 0, 0, 0, 0, id], CHANGE.facts);
  view.setUint16(CHANGE.facts + 6, 1500, true);
  view.setUint32(CHANGE.facts + 8, 1, true);
  view.setUint32(CHANGE.facts + VENET.factsBytesMin, offload ? VENET_FACT.offload : 0, true);
  return record;
}

export class Machine {
  readonly ram = new Uint8Array(RAM_BYTES);
  readonly words = new Int32Array(this.ram.buffer);
  readonly loop = new Loop();
  readonly volume = new Volume();
  readonly bridge: Bridge;
  /** The line of its interrupt. */
  line = false;
  device: PortDevice | undefined;
  readonly counted = { kicks: 0, interrupts: 0 };
  #posted = 0;
  #taken = 0;

  constructor() {
    this.bridge = new Bridge({
      emulator: {
        ram: this.ram,
        words: this.words,
        ramBytes: RAM_BYTES,
        wrote: () => undefined,
        addPorts: (device) => {
          this.device = device;
          return { raise: () => void (this.line = true), lower: () => void (this.line = false) };
        },
      },
      broken: () => {
        throw new Broken();
      },
      count: (_, what) => void this.counted[what]++,
    });
  }

  add(id: number, place = 0): void {
    const { verbs, memory } = this.loop;
    const facts = { id, mtu: 1500, ring: RING_SLOTS };
    const station = Station.open(verbs, memory, place * PC_CARD_BYTES, facts) as Station;
    this.bridge.addCard(id, station, venetRecord(id));
  }

  addDisk(id: number): void {
    const { verbs, memory } = this.volume;
    const station = DiskStation.open(verbs, memory, PLACE, id) as DiskStation;
    const record = venetRecord(id, "disk");
    new DataView(record.buffer).setUint32(8, CLASS_NUMBER.vblk, true);
    this.bridge.addDisk(id, station, record);
  }

  /** Opens a disk and gives it a ring, of whose slots the first has any request; the handle. */
  openDisk(id: number): number {
    const handle = this.verb(BRIDGE.open, id, 1);
    this.verb(BRIDGE.shm, handle, 0, 0, AT.disk, COUNT * DESCRIPTOR.size, SIGNAL_OFFSET, 0);
    return handle;
  }

  /** Its driver goes on with another bridge, in another RAM with the same content. */
  goOnIn(other: Machine): void {
    other.ram.set(this.ram);
    other.#posted = this.#posted;
    other.#taken = this.#taken;
  }

  /** What the next frames say that they come from, six bytes. */
  from(mac: readonly number[]): void {
    for (let slot = 0; slot < COUNT; slot++)
      this.ram.set(mac, AT.buffers + (COUNT + slot) * BUFFER_BYTES + mac.length);
  }

  write(register: number, value: number): void {
    this.device?.registers[register]?.write?.(value | 0);
  }

  read(register: number): number {
    return this.device?.registers[register]?.read?.() ?? -1;
  }

  /** A hypercall; its answer. */
  verb(...words: readonly number[]): number {
    const [verb = 0, ...args] = words;
    this.words.fill(0, AT.block >>> 2, (AT.block + BRIDGE.blockBytes) >>> 2);
    this.words[AT.block >>> 2] = verb;
    this.words.set(args, (AT.block >>> 2) + 2);
    this.write(REGISTER.call, AT.block);
    return this.words[(AT.block + BRIDGE.answer) >>> 2] as number;
  }

  /** Says where the event area is, and answers the records that there are: type, id, class. */
  begin(): number[][] {
    this.words.fill(0, AT.events >>> 2, (AT.events + EVENT.size) >>> 2);
    this.verb(BRIDGE.call, 0, BUS.events, AT.events, EVENT.size, 0);
    return this.changes();
  }

  changes(): number[][] {
    const records: number[][] = [];
    // Bound: the devices.
    while (this.verb(BRIDGE.call, 0, BUS.nextChange, AT.record, CHANGE.size, 0) === 1)
      records.push([...this.words.subarray(AT.record >>> 2, (AT.record + 12) >>> 2)]);
    return records;
  }

  /** Opens a device and gives it both rings, all buffers posted; the handle. */
  open(id: number): number {
    const handle = this.verb(BRIDGE.open, id, 1);
    this.words.fill(0, AT.tx >>> 2, AT.buffers >>> 2);
    this.#posted = 0;
    this.#taken = 0;
    for (let slot = 0; slot < COUNT; slot++) this.#postBuffer(slot, 1);
    this.#set(AT.rx + SIGNAL_OFFSET + SIGNAL.enabled, 1);
    for (const [ring, at] of [
      [VENET.rx, AT.rx],
      [VENET.tx, AT.tx],
    ] as const)
      this.verb(BRIDGE.shm, handle, ring, 0, at, COUNT * DESCRIPTOR.size, SIGNAL_OFFSET, 0);
    return handle;
  }

  /** Posts a frame of so many bytes that begin with `mark`; kicks where the host wants that. */
  send(mark: number, length = 64): void {
    const slot = this.#posted & (COUNT - 1);
    const buffer = AT.buffers + (COUNT + slot) * BUFFER_BYTES;
    this.ram[buffer] = mark;
    const at = AT.tx + slot * DESCRIPTOR.size;
    this.#set(at, buffer);
    this.#set(at + 4, length);
    this.#set(at + DESCRIPTOR.turn, ((this.#posted++ << 1) | 1) >>> 0);
    const enabled = this.txSignal(SIGNAL.enabled);
    const reached = enabled === 2 && this.txSignal(SIGNAL.at) === this.#posted - 1;
    if (enabled === 1 || reached) this.write(REGISTER.kick, VENET.tx);
  }

  /** Takes features, by bits: those that it has then. Before `open`. */
  negotiate(features: number): number {
    const at = AT.record >>> 2;
    this.words.set([ABI_VERSION, 0, features, 0], at);
    this.verb(BRIDGE.call, 0, BUS.negotiate, AT.record, 16, 0);
    return this.words[at + 2] as number;
  }

  /** Posts a frame with a length word of its own, and kicks. */
  sendFrame(bytes: Uint8Array, word: number): void {
    const at = AT.tx + (this.#posted & (COUNT - 1)) * DESCRIPTOR.size;
    this.ram.set(bytes, AT.large);
    this.#set(at, AT.large);
    this.#set(at + 4, word);
    this.#set(at + DESCRIPTOR.turn, ((this.#posted++ << 1) | 1) >>> 0);
    this.write(REGISTER.kick, VENET.tx);
  }

  /** What has come, each with its length word, whose buffers are posted again. */
  takeFrames(): { readonly word: number; readonly bytes: readonly number[] }[] {
    const frames: { word: number; bytes: number[] }[] = [];
    // Bound: frames that came.
    for (;;) {
      const slot = this.#taken & (COUNT - 1);
      const at = (AT.rx + slot * DESCRIPTOR.size) >>> 2;
      if (this.words[at + 2] !== this.#taken << 1) return frames;
      const [address, word] = [this.words[at] as number, this.words[at + 1] as number];
      const length = word & LARGE.lengthMask;
      frames.push({ word, bytes: [...this.ram.subarray(address, address + length)] });
      this.#postBuffer(slot, ((this.#taken++ << 1) | 1) >>> 0);
    }
  }

  /** Slots of the sending ring that the guest may fill. */
  get free(): number {
    let free = 0;
    for (let slot = 0; slot < COUNT; slot++)
      if (((this.words[(AT.tx + slot * DESCRIPTOR.size + DESCRIPTOR.turn) >>> 2] as number) & 1) === 0)
        free++;
    return free;
  }

  txSignal(offset: number): number {
    return this.words[(AT.tx + SIGNAL_OFFSET + offset) >>> 2] as number;
  }

  setTxSignal(offset: number, value: number): void {
    this.#set(AT.tx + SIGNAL_OFFSET + offset, value);
  }

  setEnabled(value: number): void {
    this.#set(AT.rx + SIGNAL_OFFSET + SIGNAL.enabled, value);
  }

  /** The first byte of each frame that has come, whose buffers are posted again; -1: it carried nothing. */
  take(): number[] {
    const marks: number[] = [];
    // Bound: frames that came.
    for (;;) {
      const slot = this.#taken & (COUNT - 1);
      const at = (AT.rx + slot * DESCRIPTOR.size) >>> 2;
      if (this.words[at + 2] !== this.#taken << 1) return marks;
      marks.push(this.words[at + 1] === 0 ? -1 : (this.ram[this.words[at] as number] as number));
      this.#postBuffer(slot, ((this.#taken++ << 1) | 1) >>> 0);
    }
  }

  /** Pending bits, which it clears. */
  pending(): number {
    const at = (AT.events + EVENT.pending) >>> 2;
    const bits = this.words[at] as number;
    this.words[at] = 0;
    return bits;
  }

  #postBuffer(slot: number, turn: number): void {
    const at = AT.rx + slot * DESCRIPTOR.size;
    this.#set(at, AT.buffers + slot * BUFFER_BYTES);
    this.#set(at + 4, BUFFER_BYTES);
    this.#set(at + DESCRIPTOR.turn, turn);
  }

  #set(at: number, value: number): void {
    this.words[at >>> 2] = value;
  }
}
