// A venet as the bridge of a PC has it: a station on the guest's bus, and rings in the PC's RAM. Frames are
// copied between the two, so the switch meets them as those of any guest.

import { venetInfo } from "../../device/venet/facts.ts";
import { BRIDGE_BATCH, PC_BUDGET_FRAMES } from "../../limits.ts";
import { CHANGE, CLASS_NUMBER, EBUSY, EINVAL, ENOENT, ENOSPC, VENET } from "../../ring/abi.ts";
import type { BridgeDevice, RingOfPc, SignalGuest } from "./bridge-device.ts";
import { RamReceiving, RamSending, ringPlace, savedPlace, type BridgeRam } from "./bridge-rings.ts";
import { readCardFacts, type CardFacts } from "./network-card.ts";
import type { SavedBridged } from "./saved.ts";
import type { Station } from "./station.ts";

export class BridgeCard implements BridgeDevice {
  readonly class = CLASS_NUMBER.venet;
  facts: CardFacts;
  /** The record of the bus, as the guest is told it. */
  record: Uint8Array;
  readonly #station: Station;
  readonly #ram: BridgeRam;
  readonly #signal: SignalGuest;
  #opened = false;
  #receiving: { readonly ring: RamReceiving; readonly number: number } | undefined;
  #sending: { readonly ring: RamSending; readonly number: number } | undefined;
  /** A frame that came and found no buffer: it stays in the station's ring, and so do those behind it. */
  #held: Uint8Array | undefined;
  /** There may be more than was moved. */
  #more = false;
  /** Kicks, and frames sent, since the last look of the host's own. */
  #kicks = 0;
  #sent = 0;

  constructor(parts: { ram: BridgeRam; station: Station; signal: SignalGuest }, record: Uint8Array) {
    this.#ram = parts.ram;
    this.#station = parts.station;
    this.#signal = parts.signal;
    this.record = record;
    this.facts = factsOf(record);
  }

  changed(record: Uint8Array): void {
    this.record = record;
    this.facts = factsOf(record);
  }

  remove(): void {
    this.reset();
    this.#station.close();
  }

  /** Nobody has it open any more; what came for its ring is lost. */
  reset(): void {
    this.#opened = false;
    this.#receiving = undefined;
    this.#sending = undefined;
    if (this.#held) this.#station.give();
    this.#held = undefined;
    this.#more = false;
  }

  /** As `NetworkCard.guard`. */
  guard(on: boolean): void {
    this.#station.guard(on ? this.facts.mac : undefined);
  }

  save(): SavedBridged {
    const rings = [this.#receiving, this.#sending].map((way) => way?.ring.save(way.number) ?? null);
    return { id: this.facts.id, opened: this.#opened, rings };
  }

  restore({ opened, rings: [receiving, sending] }: SavedBridged): void {
    const { ramBytes } = this.#ram.emulator;
    this.#opened = opened;
    if (receiving) {
      const ring = new RamReceiving(this.#ram, savedPlace(ramBytes, receiving)).restore(receiving);
      this.#receiving = { ring, number: receiving.number };
    }
    if (!sending) return;
    const ring = new RamSending(this.#ram, savedPlace(ramBytes, sending)).restore(sending);
    this.#sending = { ring, number: sending.number };
  }

  /** As the verbs of docs/abi.md, from here on. `number` is the ring's signal number. */
  open(): number {
    if (this.#opened) return EBUSY;
    this.#opened = true;
    return 0;
  }

  call(func: number, pointer: number, length: number): number {
    if (func !== VENET.info) return ENOENT;
    const info = venetInfo(this.record.subarray(CHANGE.facts), length);
    if (!info) return ENOSPC;
    const { emulator } = this.#ram;
    emulator.ram.set(info, pointer);
    emulator.wrote(pointer, info.length);
    return 0;
  }

  shm(id: number, at: RingOfPc, number: number): number {
    const place = ringPlace(this.#ram.emulator.ramBytes, at.offset, at.bytes, at.signalOffset);
    if (id !== VENET.rx && id !== VENET.tx) return ENOENT;
    if (!place) return EINVAL;
    if (id === VENET.rx) this.#receiving = { ring: new RamReceiving(this.#ram, place), number };
    else {
      const ring = new RamSending(this.#ram, place);
      ring.askForKick("always");
      this.#sending = { ring, number };
    }
    return number;
  }

  /** The guest says that it has posted something to send. */
  kick(ring: number): boolean {
    if (ring !== VENET.tx) return false;
    this.#kicks++;
    this.send();
    if (this.#kicks > 1) this.#sending?.ring.askForKick(BRIDGE_BATCH);
    return true;
  }

  /** Moves frames both ways. Microseconds after which to call it again; 0: everything has been sent. */
  move(): number {
    const given = this.receive();
    const waitUs = this.send();
    // Who sends much, or answers, needn't kick: the host looks after a slice of the processor's time, which
    // ends where that halts. Who has sent one frame by itself had better be heard at once.
    const busy = given || this.#kicks > 1 || this.#sent > 1;
    this.#sending?.ring.askForKick(waitUs > 0 ? "never" : busy ? BRIDGE_BATCH : "always");
    this.#kicks = 0;
    this.#sent = 0;
    return waitUs;
  }

  /**
   * The guest's slice is over, and it may be about to sleep: what it has posted without a kick is sent, and
   * what waited for buffers is given. As `move`; -1: there is more to do at once.
   */
  collect(): number {
    const waitUs = this.send();
    const given = (this.#more || this.#held !== undefined) && this.receive();
    return given ? -1 : waitUs;
  }

  /** As `move`, one way. */
  send(): number {
    const sending = this.#sending;
    if (!sending) return 0;
    const { ring, number } = sending;
    const { ram } = this.#ram.emulator;
    let taken = 0;
    // Bound: PC_BUDGET_FRAMES.
    while (taken < PC_BUDGET_FRAMES) {
      const room = this.#station.room();
      if (!room || !ring.take()) break;
      taken++;
      // A frame that is longer than any may be is counted by the switch as what it is.
      if (ring.length > room.length) this.#station.post(room.length + 1);
      else {
        room.set(ram.subarray(ring.address, ring.address + ring.length));
        this.#station.post(ring.length);
      }
      ring.give();
    }
    this.#sent += taken;
    const waitUs = this.#station.send();
    if (taken > 0 && ring.takeWaiting()) this.#signal(number);
    if (waitUs > 0) return waitUs;
    return taken === PC_BUDGET_FRAMES ? 1 : 0;
  }

  /** Puts what came into the guest's buffers. True: it was given something. */
  receive(): boolean {
    const receiving = this.#receiving;
    if (!receiving) return false;
    const { ring, number } = receiving;
    let given = 0;
    // Bound: PC_BUDGET_FRAMES.
    while (given < PC_BUDGET_FRAMES) {
      this.#held ??= this.#station.take();
      if (!this.#held || !ring.hasRoom()) break;
      ring.put(this.#held);
      this.#held = undefined;
      this.#station.give();
      given++;
    }
    this.#more = given === PC_BUDGET_FRAMES;
    if (given > 0 && ring.publish()) this.#signal(number);
    return given > 0;
  }
}

function factsOf(record: Uint8Array): CardFacts {
  return readCardFacts(new DataView(record.buffer, record.byteOffset, record.length), 0);
}
