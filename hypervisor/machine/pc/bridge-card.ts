// A venet as the bridge of a PC has it: a station on the guest's bus, and rings in the PC's RAM. Frames are
// copied between the two, so the switch meets them as those of any guest.

import { venetInfo } from "../../device/venet/facts.ts";
import { BRIDGE_BATCH, PC_BUDGET_FRAMES } from "../../limits.ts";
import {
  CHANGE,
  CLASS_NUMBER,
  EBUSY,
  EINVAL,
  ENOENT,
  ENOSPC,
  FEATURE,
  LARGE,
  VENET,
  VENET_FACT,
} from "../../ring/abi.ts";
import type { BridgeDevice, RingOfPc, SignalGuest } from "./bridge-device.ts";
import { RamReceiving, RamSending, ringPlace, savedPlace, type BridgeRam } from "./bridge-rings.ts";
import { FRAME, Gather } from "./gather.ts";
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
  readonly #features: () => number;
  /** Made with the first ring of a guest that takes large frames. */
  #gather: Gather | undefined;
  /** Its facts let the host cut, sum and gather. */
  #isOffloaded: boolean;
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

  constructor(
    parts: { ram: BridgeRam; station: Station; signal: SignalGuest; features: () => number },
    record: Uint8Array,
  ) {
    this.#features = parts.features;
    this.#ram = parts.ram;
    this.#station = parts.station;
    this.#signal = parts.signal;
    this.record = record;
    this.facts = factsOf(record);
    this.#isOffloaded = isOffloaded(record);
  }

  changed(record: Uint8Array): void {
    this.record = record;
    this.facts = factsOf(record);
    this.#isOffloaded = isOffloaded(record);
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
      this.#receiveInto(ring, receiving.number);
    }
    if (!sending) return;
    const ring = new RamSending(this.#ram, savedPlace(ramBytes, sending)).restore(sending);
    this.#sendFrom(ring, sending.number);
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
    if (id === VENET.rx) this.#receiveInto(new RamReceiving(this.#ram, place), number);
    else this.#sendFrom(new RamSending(this.#ram, place), number).askForKick("always");
    return number;
  }

  #receiveInto(ring: RamReceiving, number: number): void {
    this.#receiving = { ring, number };
    this.#gather = (this.#features() & FEATURE.whole) === 0 ? undefined : (this.#gather ?? new Gather());
  }

  #sendFrom(ring: RamSending, number: number): RamSending {
    this.#sending = { ring: ring.allowLarge((this.#features() & FEATURE.segment) !== 0), number };
    return ring;
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
    while (taken < PC_BUDGET_FRAMES && ring.take()) {
      const large = ring.size > 0;
      const room = this.#station.room(large) ?? this.#roomOnceSent(large);
      if (!room) break;
      taken++;
      // A frame that is longer than any may be is counted by the switch as what it is.
      if (ring.length > room.length) this.#station.post(room.length + 1);
      else {
        room.set(ram.subarray(ring.address, ring.address + ring.length));
        this.#station.post(ring.length | (ring.size << LARGE.segmentShift));
      }
      ring.give();
    }
    this.#sent += taken;
    const waitUs = this.#station.send();
    if (taken > 0 && ring.takeWaiting()) this.#signal(number);
    if (waitUs > 0) return waitUs;
    return taken === PC_BUDGET_FRAMES ? 1 : 0;
  }

  #roomOnceSent(large: boolean): Uint8Array | undefined {
    return this.#station.send() > 0 ? undefined : this.#station.room(large);
  }

  /** Puts what came into the guest's buffers. True: it was given something. */
  receive(): boolean {
    const receiving = this.#receiving;
    if (!receiving) return false;
    const { ring, number } = receiving;
    const gather = this.#isOffloaded ? this.#gather : undefined;
    let given = 0;
    // Bound: PC_BUDGET_FRAMES.
    while (given < PC_BUDGET_FRAMES) {
      const frame = (this.#held ??= this.#station.take());
      if (!frame || !give(ring, frame, gather)) break;
      this.#held = undefined;
      this.#station.give();
      given++;
    }
    if (gather?.open === true) endLarge(ring, gather);
    this.#more = given === PC_BUDGET_FRAMES;
    if (given > 0 && ring.publish()) this.#signal(number);
    return given > 0;
  }
}

/** Puts a frame into the ring, maybe into the large frame that is open; false: there is no buffer. */
function give(ring: RamReceiving, frame: Uint8Array, gather: Gather | undefined): boolean {
  const kind = gather?.read(frame) ?? FRAME.plain;
  if (gather?.open === true) {
    const at = gather.length;
    if (kind === FRAME.segment && gather.follows(ring.length)) {
      ring.fill(at, frame.subarray(gather.payloadAt));
      return true;
    }
    endLarge(ring, gather);
  }
  if (!ring.hasRoom()) return false;
  if (gather && kind === FRAME.segment && frame.length <= ring.length && gather.begin()) ring.fill(0, frame);
  else ring.put(frame, gather?.word(kind, frame.length) ?? frame.length);
  return true;
}

function endLarge(ring: RamReceiving, gather: Gather): void {
  const word = gather.end();
  ring.fill(0, gather.headers);
  ring.end(word);
}

function isOffloaded(record: Uint8Array): boolean {
  const facts = new DataView(record.buffer, record.byteOffset + CHANGE.facts);
  return (facts.getUint32(VENET.factsBytesMin, true) & VENET_FACT.offload) !== 0;
}

function factsOf(record: Uint8Array): CardFacts {
  return readCardFacts(new DataView(record.buffer, record.byteOffset, record.length), 0);
}
