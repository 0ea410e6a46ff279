// A venet as a PC sees it: a virtio network card whose other side is a station on the guest's bus. Frames go
// through the memory beside the PC's RAM, so the switch meets them as those of any guest.

import { FRAME_MIN, PC_BUDGET_FRAMES, PC_QUEUE_MAX } from "../../limits.ts";
import type { GuestMemory } from "../../memory/fabric.ts";
import { CHANGE, VENET } from "../../ring/abi.ts";
import type { BusVerbs } from "../streams.ts";
import { readName } from "./change-record.ts";
import { DRIVER_OK, type Emulator, type VirtioDevice, type VirtioRegisters } from "./emulator.ts";
import { SplitQueue, type BrokenQueue } from "./split-queue.ts";
import type { SavedSlot } from "./saved.ts";
import { Station } from "./station.ts";
import { placeOf, restoreRegisters, saveRegisters } from "./virtio-state.ts";

/** Spec: virtio 1.1, 5.1.3. */
const FEATURE = { mtu: 3, mac: 5, status: 16, eventIndex: 29, version1: 32 } as const;
const TYPE = 1;
const HEADER_BYTES = 12;
/** Where the header says in how many buffers a frame lies. */
const BUFFERS_AT = 10;
const MTU_MOST = 65_535;
const QUEUE = { receive: 0, send: 1 } as const;

/** What is known of a venet: docs/abi.md, the class facts of a change record. */
export interface CardFacts {
  readonly id: number;
  readonly name: string;
  /** Six bytes. */
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly up: boolean;
  readonly address: string;
  readonly gateway: string;
  readonly prefix: number;
  readonly ring: number;
  /** It is to be on the bridge, or the emulator's own card; neither: a virtio card of ours. */
  readonly bridged: boolean;
  readonly own: boolean;
}

/** Reads the record that lies at `at`. */
export function readCardFacts(view: DataView, at: number): CardFacts {
  const byte = (offset: number): number => view.getUint8(at + offset);
  const bytes = (offset: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => byte(offset + index));
  const facts = CHANGE.facts;
  return {
    id: view.getUint32(at + 4, true),
    name: readName(view, at),
    mac: Uint8Array.from(bytes(facts, 6)),
    mtu: view.getUint16(at + facts + 6, true) || MTU_MOST,
    up: view.getUint32(at + facts + 8, true) !== 0,
    address: bytes(facts + 12, 4).join("."),
    gateway: bytes(facts + 16, 4).join("."),
    prefix: view.getUint32(at + facts + 20, true),
    ring: view.getUint32(at + facts + 24, true),
    bridged: view.getUint32(at + facts + VENET.model, true) === VENET.onBridge,
    own: view.getUint32(at + facts + VENET.model, true) === VENET.own,
  };
}

export interface CardParts {
  readonly emulator: Emulator;
  readonly verbs: BusVerbs;
  readonly memory: GuestMemory;
  /** Where the card has `PC_CARD_BYTES` in the memory. */
  readonly at: number;
  readonly broken: BrokenQueue;
  readonly count: CountOfPc;
}

/** Counts a kick of the guest's for the device of this id, or an interrupt that it gets. */
export type CountOfPc = (id: number, what: "kicks" | "interrupts") => void;

export class NetworkCard {
  facts: CardFacts;
  readonly #station: Station;
  readonly #registers: VirtioRegisters;
  readonly #receive: SplitQueue;
  readonly #send: SplitQueue;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #gone = false;
  /** A frame that came and found no buffer: it stays in the station's ring, and so do those behind it. */
  #held: Uint8Array | undefined;

  /** Undefined where the device can't be opened. */
  static plug(parts: CardParts, facts: CardFacts): NetworkCard | undefined {
    const station = Station.open(parts.verbs, parts.memory, parts.at, facts);
    return station && new NetworkCard(parts, facts, station);
  }

  private constructor({ emulator, broken, count }: CardParts, facts: CardFacts, station: Station) {
    this.facts = facts;
    this.#station = station;
    this.#header[BUFFERS_AT] = 1;
    this.#registers = emulator.addVirtio({
      name: `vbus-${facts.name}`,
      type: TYPE,
      queues: [
        { size: PC_QUEUE_MAX, kick: () => void (count(facts.id, "kicks"), this.receive()) },
        { size: PC_QUEUE_MAX, kick: () => void (count(facts.id, "kicks"), this.send()) },
      ],
      features: Object.values(FEATURE),
      fields: this.#fields(),
      driverReset: () => {
        this.#receive.reset();
        this.#send.reset();
      },
    });
    const made = this.#registers;
    const registers = {
      queues: made.queues,
      is_feature_negotiated: (feature: number) => made.is_feature_negotiated(feature),
      raise_irq: (type: number) => {
        count(facts.id, "interrupts");
        made.raise_irq(type);
      },
    };
    const queue = (index: number): SplitQueue => new SplitQueue({ emulator, registers, index, broken });
    this.#receive = queue(QUEUE.receive);
    this.#send = queue(QUEUE.send);
  }

  /** The device has changed: its link is what a card tells. */
  changed(facts: CardFacts): void {
    const linkChanged = facts.up !== this.facts.up;
    this.facts = facts;
    if (linkChanged && (this.#registers.device_status & DRIVER_OK) !== 0)
      this.#registers.notify_config_changes();
  }

  /** Between two runs of the processor. */
  save(): SavedSlot {
    const places = [this.#receive.save(), this.#send.save()];
    return { kind: "card", id: this.facts.id, registers: saveRegisters(this.#registers), places };
  }

  /** The driver goes on from there, and looks at the link anew. Throws `WrongSnapshot`. */
  restore({ registers, places }: SavedSlot & { readonly kind: "card" | "disk" }): void {
    restoreRegisters(this.#registers, registers);
    this.#receive.restore(placeOf(places, QUEUE.receive));
    this.#send.restore(placeOf(places, QUEUE.send));
    if ((this.#registers.device_status & DRIVER_OK) !== 0) this.#registers.notify_config_changes();
  }

  /** What the guest sends by another address than the card's is lost, until it has been told its own. */
  guard(on: boolean): void {
    this.#station.guard(on ? this.facts.mac : undefined);
  }

  /** The device is gone: the card stays, with its cable out. */
  remove(): void {
    this.changed({ ...this.facts, up: false });
    this.#held = undefined;
    this.#gone = true;
    this.#station.close();
  }

  /** Moves frames both ways. Microseconds after which to call it again; 0: everything has been sent. */
  move(): number {
    this.receive();
    return this.send();
  }

  /** As `move`, one way. */
  send(): number {
    if (this.#gone) return 0;
    let taken = 0;
    // Bound: PC_BUDGET_FRAMES.
    while (taken < PC_BUDGET_FRAMES && this.#send.take()) {
      const room = this.#station.room();
      if (!room) {
        this.#send.putBack();
        break;
      }
      taken++;
      this.#post(room);
      this.#send.give(0);
    }
    const waitUs = this.#station.send();
    this.#send.flush();
    if (waitUs > 0) return waitUs;
    return taken === PC_BUDGET_FRAMES ? 1 : 0;
  }

  #post(room: Uint8Array): void {
    // A frame that is longer than any may be is counted by the switch as what it is: too long.
    const length = Math.min(this.#send.readableBytes - HEADER_BYTES, room.length);
    if (length < FRAME_MIN) return;
    this.#send.read(room.subarray(0, length), HEADER_BYTES);
    this.#station.post(length);
  }

  /** Puts what came into the guest's buffers. True: there may be more. */
  receive(): boolean {
    if (this.#gone) return false;
    let given = 0;
    // Bound: PC_BUDGET_FRAMES.
    while (given < PC_BUDGET_FRAMES) {
      this.#held ??= this.#station.take();
      if (!this.#held || !this.#receive.take()) break;
      const fits = this.#receive.writableBytes >= HEADER_BYTES + this.#held.length;
      if (fits) {
        this.#receive.write(this.#header, 0);
        this.#receive.write(this.#held, HEADER_BYTES);
      }
      this.#receive.give(fits ? HEADER_BYTES + this.#held.length : 0);
      this.#held = undefined;
      this.#station.give();
      given++;
    }
    this.#receive.flush();
    return given === PC_BUDGET_FRAMES;
  }

  #fields(): VirtioDevice["fields"] {
    return [
      ...[0, 1, 2, 3, 4, 5].map(
        (index) => [`mac${index}`, 1, () => this.facts.mac[index] as number] as const,
      ),
      ["status", 2, () => (this.facts.up ? 1 : 0)],
      ["pairs", 2, () => 1],
      ["mtu", 2, () => Math.min(this.facts.mtu, MTU_MOST)],
    ];
  }
}
