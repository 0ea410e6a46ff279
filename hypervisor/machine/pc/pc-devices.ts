// The devices of a PC, as its bus says: the cards and disks that are virtio's, the bridge with its own, and
// the way for files. Each takes the next slot of the PC's bus and keeps it.

import { PC_CARDS_MAX, PC_DISKS_MAX } from "../../limits.ts";
import type { GuestMemory } from "../../memory/fabric.ts";
import { CHANGE, CLASS_NUMBER } from "../../ring/abi.ts";
import type { BusVerbs } from "../streams.ts";
import { Bridge, sooner } from "./bridge.ts";
import type { BrokenBridge } from "./bridge-rings.ts";
import { CopyCard } from "./copy-card.ts";
import type { CopyNews, CopyOrder } from "./copy-words.ts";
import { DiskCard, readDiskFacts, type DiskFacts } from "./disk-card.ts";
import { DiskStation } from "./disk-station.ts";
import type { Emulator } from "./emulator.ts";
import { NetworkCard, readCardFacts, type CardFacts, type CountOfPc } from "./network-card.ts";
import { OwnCard } from "./own-card.ts";
import { OwnDisk } from "./own-disk.ts";
import { cardPlace, diskPlace, Places } from "./places.ts";
import { WrongSnapshot, type SavedSlot } from "./saved.ts";
import type { BrokenQueue } from "./split-queue.ts";
import { Station } from "./station.ts";

export interface PcDevicesParts {
  readonly emulator: Emulator;
  /** `PC_DRIVER_BYTES` that only host code has. */
  readonly driver: GuestMemory;
  readonly verbs: BusVerbs;
  readonly tellOfCopy: (news: CopyNews) => void;
  /** A queue of its has what can't be. */
  readonly broken: BrokenQueue;
  /** The same of the bridge. */
  readonly brokenBridge: BrokenBridge;
  readonly count: CountOfPc;
}

/** What has a slot, in the order of the slots. */
type Slotted = NetworkCard | DiskCard | Bridge | CopyCard | OwnCard | OwnDisk;

export class PcDevices {
  readonly #parts: PcDevicesParts;
  readonly #cards = new Map<number, NetworkCard | OwnCard>();
  readonly #disks = new Map<number, DiskCard | OwnDisk>();
  /** Made with the first device that is to be on it. */
  #bridge: Bridge | undefined;
  /** Made with the first copy. */
  #copyCard: CopyCard | undefined;
  /** Where cards of both kinds have their rings; a virtio card keeps its place. */
  readonly #cardPlaces = new Places(PC_CARDS_MAX);
  readonly #diskPlaces = new Places(PC_DISKS_MAX);
  readonly #bridged = new Map<number, number>();
  readonly #slots: Slotted[] = [];
  /** A device went whose slot stays taken. */
  #lost: string | undefined;

  constructor(parts: PcDevicesParts) {
    this.#parts = parts;
  }

  get cards(): readonly CardFacts[] {
    return [...this.#cards.values(), ...(this.#bridge?.cards ?? [])].map(({ facts }) => facts);
  }

  heedCopy(order: CopyOrder): void {
    this.#copyCardOf().heed(order);
  }

  /** Microseconds after which a device wants to go on; 0: none does. */
  move(): number {
    let waitUs = this.#bridge?.move() ?? 0;
    for (const card of this.#cards.values()) waitUs = sooner(waitUs, card.move());
    for (const disk of this.#disks.values()) waitUs = sooner(waitUs, disk.move());
    if (this.#copyCard) waitUs = sooner(waitUs, this.#copyCard.move());
    return waitUs;
  }

  /** After a slice of the processor's time; as `Bridge.collect`. */
  collect(): number {
    return this.#bridge?.collect() ?? 0;
  }

  /** Why there can be no snapshot of it, however long one waits: the end of a sentence. */
  get unfit(): string | undefined {
    if (this.#lost !== undefined)
      return `has lost \`${this.#lost}\` since it booted, whose place is still taken`;
    const isOwn = this.#slots.some((slot) => slot instanceof OwnCard || slot instanceof OwnDisk);
    return isOwn ? "has a device of the emulator's own" : undefined;
  }

  /** A volume has a request, or a file is being copied. */
  get busy(): boolean {
    const isBusy = [...this.#disks.values()].some((disk) => disk instanceof DiskCard && disk.busy);
    return isBusy || this.#bridge?.busy === true || this.#copyCard?.busy === true;
  }

  /** Between two runs of the processor, where it is neither `unfit` nor `busy`. */
  save(): readonly SavedSlot[] {
    return this.#slots.flatMap((slot) =>
      slot instanceof OwnCard || slot instanceof OwnDisk ? [] : slot.save(),
    );
  }

  /**
   * Puts in what a snapshot has, each into its slot, from the records of the bus, which name all of it. Then
   * the machine is to be restored, and `goOn` called. Throws `WrongSnapshot`.
   */
  plugAs(slots: readonly SavedSlot[], records: readonly Uint8Array[]): void {
    const byId = new Map(records.map((record) => [new DataView(record.buffer).getUint32(4, true), record]));
    const plug = (id: number): void => {
      const record = byId.get(id);
      const before = this.#slots.length;
      byId.delete(id);
      if (record) this.change(new DataView(record.buffer), 0);
      if (this.#slots.length === before && !this.#bridge?.has(id))
        throw new WrongSnapshot("a device of its is not there");
    };
    for (const slot of slots) {
      if (slot.kind === "copy") this.#copyCardOf();
      else if (slot.kind !== "bridge") plug(slot.id);
      else {
        this.#bridgeOf();
        for (const { id } of slot.devices) plug(id);
      }
    }
    const more = [...byId.values()].some((record) => isOfPc(new DataView(record.buffer), 0));
    if (more || this.#slots.length !== slots.length)
      throw new WrongSnapshot("there are more devices than it had");
  }

  /** Throws `WrongSnapshot`. */
  goOn(slots: readonly SavedSlot[]): void {
    for (const [index, saved] of slots.entries()) {
      const slot = this.#slots[index];
      if (saved.kind === "bridge" && slot instanceof Bridge) slot.restore(saved);
      else if (saved.kind === "copy" && slot instanceof CopyCard) slot.restore(saved);
      else if (saved.kind === "card" && slot instanceof NetworkCard) slot.restore(saved);
      else if (saved.kind === "disk" && slot instanceof DiskCard) slot.restore(saved);
      else throw new WrongSnapshot("a device of its is of another class");
    }
  }

  /** As `NetworkCard.guard`, of all. */
  guard(on: boolean): void {
    for (const card of this.#cards.values()) if (card instanceof NetworkCard) card.guard(on);
    for (const card of this.#bridge?.cards ?? []) card.guard(on);
  }

  #copyCardOf(): CopyCard {
    if (this.#copyCard) return this.#copyCard;
    const { emulator, broken, tellOfCopy: tell } = this.#parts;
    this.#copyCard = new CopyCard({ emulator, broken, tell });
    this.#slots.push(this.#copyCard);
    return this.#copyCard;
  }

  #bridgeOf(): Bridge {
    if (this.#bridge) return this.#bridge;
    const { emulator, brokenBridge: broken, count } = this.#parts;
    this.#bridge = new Bridge({ emulator, broken, count });
    this.#slots.push(this.#bridge);
    return this.#bridge;
  }

  /** Does what a record of a change says that lies at `at`. */
  change(view: DataView, at: number): void {
    const [type, id, class_] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const { emulator, driver: memory, verbs, broken, count } = this.#parts;
    const parts = { emulator, verbs, memory, broken, count };
    if (!isOfPc(view, at)) return;
    const isCard = class_ === CLASS_NUMBER.venet;
    const facts = isCard ? readCardFacts(view, at) : readDiskFacts(view, at);
    const isBridged = type === CHANGE.added ? facts.bridged : (this.#bridge?.has(id) ?? false);
    const record = new Uint8Array(view.buffer, view.byteOffset + at, CHANGE.size).slice();
    if (isBridged) this.#changeBridged(type, facts, record);
    else if ("mac" in facts)
      this.#follow(this.#cards, this.#cardPlaces, type, facts, (index) =>
        (facts.own ? OwnCard : NetworkCard).plug({ ...parts, at: cardPlace(index) }, facts),
      );
    else
      this.#follow(this.#disks, this.#diskPlaces, type, facts, (index) =>
        (facts.own ? OwnDisk : DiskCard).plug({ ...parts, at: diskPlace(index) }, facts),
      );
  }

  /** The same of a device of the bridge. */
  #changeBridged(type: number, facts: CardFacts | DiskFacts, record: Uint8Array): void {
    const { id } = facts;
    const places = "mac" in facts ? this.#cardPlaces : this.#diskPlaces;
    if (type === CHANGE.changed) this.#bridge?.change(id, record);
    else if (type === CHANGE.removed) {
      this.#bridge?.remove(id);
      places.give(this.#bridged.get(id) as number);
      this.#bridged.delete(id);
    }
    if (type !== CHANGE.added) return;
    const index = places.take();
    if (index === undefined) return;
    if (this.#plugBridged(facts, index, record)) this.#bridged.set(id, index);
    else places.give(index);
  }

  /** False where the device can't be opened. */
  #plugBridged(facts: CardFacts | DiskFacts, index: number, record: Uint8Array): boolean {
    const { driver: memory, verbs } = this.#parts;
    if ("mac" in facts) {
      const station = Station.open(verbs, memory, cardPlace(index), facts);
      if (station) this.#bridgeOf().addCard(facts.id, station, record);
      return station !== undefined;
    }
    const station = DiskStation.open(verbs, memory, diskPlace(index), facts.id);
    if (station) this.#bridgeOf().addDisk(facts.id, station, record);
    return station !== undefined;
  }

  /** Does with devices of one class what a record of the bus says of one of them. */
  #follow<Facts extends CardFacts | DiskFacts, Device extends Plugged<Facts> & Slotted>(
    devices: Map<number, Device>,
    places: Places,
    type: number,
    facts: Facts,
    plug: (index: number) => Device | undefined,
  ): void {
    const device = devices.get(facts.id);
    if (type === CHANGE.removed && device) {
      device.remove();
      this.#lost = device.facts.name;
    } else if (type === CHANGE.changed) device?.changed(facts);
    if (type !== CHANGE.added) return;
    const index = places.take();
    if (index === undefined) return;
    const added = plug(index);
    if (!added) return places.give(index);
    devices.set(facts.id, added);
    this.#slots.push(added);
  }
}

interface Plugged<Facts> {
  readonly facts: Facts;
  changed(facts: Facts): void;
  remove(): void;
}

/** Whether the record that lies at `at` is of a device that a PC has. */
function isOfPc(view: DataView, at: number): boolean {
  const class_ = view.getUint32(at + 8, true);
  return class_ === CLASS_NUMBER.venet || class_ === CLASS_NUMBER.vblk;
}
