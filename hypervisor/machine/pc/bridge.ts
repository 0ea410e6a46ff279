// The vbus bridge of a PC: a device on its PCI bus by which its kernel has the verbs of docs/abi.md, those of
// a guest of WebAssembly, and the venets and disks that are not shown as virtio's. A hypercall is one write
// of a port; rings and the event area lie in the PC's RAM. docs/abi.md, "The bridge of a PC".

import { PC_CARDS_MAX, PC_DISKS_MAX } from "../../limits.ts";
import {
  ABI_VERSION,
  BRIDGE,
  BUS,
  CHANGE,
  EBADF,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOENT,
  ENOSPC,
  EPROTO,
  EVENT,
  FEATURE,
} from "../../ring/abi.ts";
import { BridgeCard } from "./bridge-card.ts";
import { idOf, type BridgeDevice } from "./bridge-device.ts";
import { BridgeDisk } from "./bridge-disk.ts";
import { isInside, type BridgeRam } from "./bridge-rings.ts";
import type { DiskStation } from "./disk-station.ts";
import type { Emulator } from "./emulator.ts";
import type { CountOfPc } from "./network-card.ts";
import type { PortInterrupt } from "./port-device.ts";
import { WrongSnapshot, type SavedSlot, type SavedTold } from "./saved.ts";
import type { Station } from "./station.ts";

/** Signal numbers: one a ring, of the middle priority, in the order of handles. */
const RINGS = 2;
const HANDLES_MAX = PC_CARDS_MAX + PC_DISKS_MAX;
const FEATURES = FEATURE.notifyAt | FEATURE.segment | FEATURE.whole;
const NEGOTIATE_BYTES = 16;
const U32 = 2 ** 32;

interface Told {
  /** What it has now; none: it is gone. */
  device: BridgeDevice | undefined;
  readonly class: number;
  known: boolean;
  dirty: boolean;
  /** It went, and the guest has not been told. */
  stale: boolean;
}

export interface BridgeOptions extends BridgeRam {
  readonly emulator: Pick<Emulator, "ram" | "words" | "ramBytes" | "wrote" | "addPorts">;
  readonly count: CountOfPc;
}

export class Bridge {
  readonly #ram: BridgeRam;
  readonly #interrupt: PortInterrupt;
  readonly #count: CountOfPc;
  /** By the bus's id; by handle - 1. */
  readonly #devices = new Map<number, Told>();
  readonly #handles: (BridgeDevice | undefined)[] = [];
  /** Where the guest has its event area; -1: it has none. */
  #events = -1;
  #changes = 0;
  /** Those that its driver took. */
  #features = 0;
  #raised = false;
  /** Interrupts so far. */
  #interrupts = 0;

  constructor(options: BridgeOptions) {
    const { emulator, broken, count } = options;
    this.#ram = { emulator, broken };
    this.#count = count;
    this.#interrupt = emulator.addPorts({
      vendor: BRIDGE.vendor,
      device: BRIDGE.device,
      revision: BRIDGE.version,
      registers: [
        { read: () => BRIDGE.magic },
        { read: () => BRIDGE.version },
        { write: (address) => this.#call(address >>> 0) },
        { read: () => this.#acknowledge() },
        { write: (number) => this.#kick(number >>> 0) },
        {},
        {},
        {},
      ],
    });
  }

  /** The venets that are on it now. */
  get cards(): readonly BridgeCard[] {
    return [...this.#devices.values()].flatMap(({ device }) => (device instanceof BridgeCard ? device : []));
  }

  /** A volume has a request of one of its disks. */
  get busy(): boolean {
    return [...this.#devices.values()].some(({ device }) => device instanceof BridgeDisk && device.busy);
  }

  /** Between two runs of the processor, while it is not busy. */
  save(): SavedSlot {
    const told = [...this.#devices].map(([id, { class: class_, known, dirty, stale }]): SavedTold => {
      return { id, class: class_, known, dirty, stale };
    });
    return {
      kind: "bridge",
      events: this.#events,
      changes: this.#changes,
      features: this.#features,
      raised: this.#raised,
      handles: Array.from(this.#handles, (device) => (device ? idOf(device) : 0)),
      told,
      devices: [...this.#devices.values()].flatMap(({ device }) => device?.save() ?? []),
    };
  }

  /** Its devices are there; the driver goes on from there. Throws `WrongSnapshot`. */
  restore(saved: SavedSlot & { readonly kind: "bridge" }): void {
    const { events, handles, told, devices } = saved;
    const inside =
      events === -1 || (events >= 0 && isInside(this.#ram.emulator.ramBytes, events, EVENT.size));
    if (!inside || (events > 0 && events % EVENT.size !== 0) || handles.length > HANDLES_MAX)
      throw new WrongSnapshot("its bridge has what can't be");
    for (const { id, class: class_, known, dirty, stale } of told) {
      const now = this.#devices.get(id);
      if (now) Object.assign(now, { known, dirty, stale });
      else this.#devices.set(id, { device: undefined, class: class_, known, dirty, stale });
    }
    this.#features = (saved.features ?? 0) & FEATURES;
    for (const each of devices) this.#present(each.id).restore(each);
    this.#handles.push(...handles.map((id) => (id === 0 ? undefined : this.#present(id))));
    this.#events = events;
    this.#changes = saved.changes >>> 0;
    this.#raised = saved.raised;
  }

  #present(id: number): BridgeDevice {
    const device = this.#devices.get(id)?.device;
    if (!device) throw new WrongSnapshot("its bridge has a device that is not there");
    return device;
  }

  /** A device has come; `record` is the change record that says so, and the bridge's from now on. */
  addCard(id: number, station: Station, record: Uint8Array): void {
    this.#add(id, new BridgeCard({ ...this.#parts, station }, record));
  }

  addDisk(id: number, station: DiskStation, record: Uint8Array): void {
    this.#add(id, new BridgeDisk({ ...this.#parts, station }, record));
  }

  #add(id: number, device: BridgeDevice): void {
    const { known = false, stale = false } = this.#devices.get(id) ?? {};
    this.#devices.set(id, { device, class: device.class, known, dirty: false, stale });
    this.#tellChange();
  }

  get #parts(): Pick<ConstructorParameters<typeof BridgeCard>[0], "ram" | "signal" | "features"> {
    const features = (): number => this.#features;
    return { ram: this.#ram, signal: (number) => this.#signal(number), features };
  }

  change(id: number, record: Uint8Array): void {
    const told = this.#devices.get(id);
    if (!told?.device) return;
    told.device.changed(record);
    told.dirty = true;
    this.#tellChange();
  }

  /** It is gone, with what the guest has of it. */
  remove(id: number): void {
    const told = this.#devices.get(id);
    if (!told?.device) return;
    this.#close(told.device);
    told.device.remove();
    told.device = undefined;
    told.stale = told.known;
    if (!told.known) this.#devices.delete(id);
    this.#tellChange();
  }

  /** Whether it has the device. */
  has(id: number): boolean {
    return this.#devices.get(id)?.device !== undefined;
  }

  /** Moves what there is, both ways. Microseconds after which to call again; 0: all is done. */
  move(): number {
    let waitUs = 0;
    for (const { device } of this.#devices.values()) waitUs = sooner(waitUs, device?.move() ?? 0);
    return waitUs;
  }

  /** After a slice of the processor's time; as `move`, -1: there is more to do before anybody sleeps. */
  collect(): number {
    const interrupts = this.#interrupts;
    let waitUs = 0;
    for (const { device } of this.#devices.values()) {
      const again = device?.collect() ?? 0;
      waitUs = again < 0 || waitUs < 0 ? -1 : sooner(waitUs, again);
    }
    return this.#interrupts === interrupts ? waitUs : -1;
  }

  #kick(number: number): void {
    const device = this.#handles[Math.floor(number / RINGS)];
    // A number of nothing, or of a ring that the host fills, is no harm.
    if (device?.kick(number % RINGS) === true) this.#count(idOf(device), "kicks");
  }

  #acknowledge(): number {
    const was = this.#raised ? 1 : 0;
    this.#raised = false;
    this.#interrupt.lower();
    return was;
  }

  /** A block of the RAM has a verb and its arguments; the answer goes back there. */
  #call(address: number): void {
    const { emulator, broken } = this.#ram;
    if (address % BRIDGE.blockBytes !== 0 || !isInside(emulator.ramBytes, address, BRIDGE.blockBytes))
      broken();
    const at = address >>> 2;
    const args = emulator.words.slice(at, at + BRIDGE.blockBytes / 4);
    const answer = this.#verb(Array.from(args, (word) => word >>> 0));
    emulator.words[at + BRIDGE.answer / 4] = answer;
  }

  #verb([verb = 0, , a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0]: readonly number[]): number {
    if (verb === BRIDGE.open) return this.#open(a, b);
    if (verb === BRIDGE.close) {
      const device = this.#handles[a - 1];
      return device ? this.#close(device) : EBADF;
    }
    if (verb === BRIDGE.call) return this.#callDevice(a, b, { pointer: c, length: d }, e);
    if (verb !== BRIDGE.shm) return EINVAL;
    const device = this.#handles[a - 1];
    if (!device) return EBADF;
    // The priority is not looked at: a PC has one interrupt.
    if (c > 7 || g !== 0) return EINVAL;
    return device.shm(b, { offset: d, bytes: e, signalOffset: f | 0 }, (a - 1) * RINGS + b);
  }

  #open(id: number, version: number): number {
    const told = this.#devices.get(id);
    if (!told?.known) return ENOENT;
    if (!told.device) return ENODEV;
    if (version !== ABI_VERSION) return EPROTO;
    const slot = firstFree(this.#handles);
    if (slot === HANDLES_MAX) return ENOSPC;
    const refused = told.device.open();
    if (refused < 0) return refused;
    this.#handles[slot] = told.device;
    return slot + 1;
  }

  #close(device: BridgeDevice): number {
    const slot = this.#handles.indexOf(device);
    if (slot >= 0) this.#handles[slot] = undefined;
    device.reset();
    return 0;
  }

  #callDevice(handle: number, func: number, out: Block, flags: number): number {
    if (flags !== 0) return EINVAL;
    if (!isInside(this.#ram.emulator.ramBytes, out.pointer, out.length)) return EFAULT;
    if (handle === 0) return this.#callBus(func, out);
    const device = this.#handles[handle - 1];
    return device ? device.call(func, out.pointer, out.length) : EBADF;
  }

  #callBus(func: number, { pointer, length }: Block): number {
    if (func === BUS.negotiate) return length < NEGOTIATE_BYTES ? ENOSPC : this.#negotiate(pointer);
    if (func === BUS.events) return length < EVENT.size ? ENOSPC : this.#begin(pointer);
    if (func !== BUS.nextChange) return ENOENT;
    return length < CHANGE.size ? ENOSPC : this.#nextChange(pointer);
  }

  #negotiate(pointer: number): number {
    if (pointer % 4 !== 0) return EINVAL;
    const { words } = this.#ram.emulator;
    const at = pointer >>> 2;
    if (words[at] !== ABI_VERSION) return EPROTO;
    this.#features = (words[at + 2] as number) & FEATURES;
    words[at + 2] = this.#features;
    words[at + 3] = 0;
    return 0;
  }

  /** A driver begins, maybe after another one: nothing is open, and every device is new to it. */
  #begin(pointer: number): number {
    if (pointer % EVENT.size !== 0) return EINVAL;
    for (const device of this.#handles) if (device) this.#close(device);
    for (const [id, told] of this.#devices) {
      if (told.device) Object.assign(told, { known: false, dirty: false, stale: false });
      else this.#devices.delete(id);
    }
    this.#events = pointer;
    this.#features = 0;
    return 0;
  }

  #nextChange(pointer: number): number {
    for (const [id, told] of this.#devices) {
      if (told.known && told.stale) {
        told.known = false;
        told.stale = false;
        if (!told.device) this.#devices.delete(id);
        const gone = new Uint8Array(CHANGE.size);
        this.#writeRecord(pointer, gone, CHANGE.removed, id, told.class);
        return 1;
      }
      if (!told.device || (told.known && !told.dirty)) continue;
      const type = told.known ? CHANGE.changed : CHANGE.added;
      told.known = true;
      told.dirty = false;
      this.#writeRecord(pointer, told.device.record, type, id, told.class);
      return 1;
    }
    return 0;
  }

  #writeRecord(pointer: number, record: Uint8Array, type: number, id: number, class_: number): void {
    const written = record.slice(0, CHANGE.size);
    const view = new DataView(written.buffer);
    view.setUint32(0, type, true);
    view.setUint32(4, id, true);
    view.setUint32(8, class_, true);
    const { emulator } = this.#ram;
    emulator.ram.set(written, pointer);
    emulator.wrote(pointer, CHANGE.size);
  }

  /** The word counts, and the guest is interrupted, since it does not look there by itself. */
  #tellChange(): void {
    if (this.#events < 0) return;
    this.#changes = (this.#changes + 1) % U32;
    this.#ram.emulator.words[(this.#events + EVENT.changes) >>> 2] = this.#changes;
    this.#raise();
  }

  #signal(number: number): void {
    if (this.#events < 0) return;
    const word = (this.#events + EVENT.pending + (number >>> 5) * 4) >>> 2;
    const { words } = this.#ram.emulator;
    words[word] = (words[word] as number) | (1 << (number & 31));
    const device = this.#handles[Math.floor(number / RINGS)];
    if (device && !this.#raised) this.#count(idOf(device), "interrupts");
    this.#raise();
  }

  /** One interrupt for all that happens until the guest has acknowledged it. */
  #raise(): void {
    if (this.#raised) return;
    this.#raised = true;
    this.#interrupts++;
    this.#interrupt.raise();
  }
}

interface Block {
  readonly pointer: number;
  readonly length: number;
}

/** Of two times after which to call again, 0 for none, the sooner one. */
export function sooner(one: number, other: number): number {
  return one === 0 || other === 0 ? one + other : Math.min(one, other);
}

function firstFree(handles: readonly unknown[]): number {
  const free = handles.indexOf(undefined);
  return free < 0 ? handles.length : free;
}
