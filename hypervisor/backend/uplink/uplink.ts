// One uplink on its thread: frames from its ring to its end, and from its end into the network. Everything is
// counted at its port.

import type { Forwarder } from "../../datapath/forward.ts";
import { takeFromNetwork } from "../../datapath/network-rate.ts";
import { countAt, networkOf } from "../../datapath/port.ts";
import { takeToSend } from "../../datapath/rate.ts";
import { endHeld, sendHeld, type HostSender } from "../../datapath/send-held.ts";
import type { UplinkState } from "../../hypervisor.ts";
import { FRAME_MIN, UPLINK_BUDGET_FRAMES } from "../../limits.ts";
import type { Fabric, GuestMemory } from "../../memory/fabric.ts";
import { COUNTER, UPLINK_THREAD } from "../../memory/layout.ts";
import { Receiving } from "../../ring/receiving.ts";
import type { Carried, UplinkEnd, UplinkIo } from "./end.ts";
import type { EndSpec, OpenLetter } from "./letters.ts";
import { FRAME_AT } from "../../ring/host-memory.ts";

const LOST = {
  full: COUNTER.outFull,
  down: COUNTER.outDown,
  too_big: COUNTER.outTooBig,
} as const satisfies Record<Exclude<Carried, "sent">, number>;

export interface UplinkParts {
  readonly fabric: Fabric;
  readonly memory: GuestMemory;
  readonly nowNs: () => number;
  /** The thread's forwarder, ready for the next frame. */
  readonly begin: () => Forwarder;
  readonly tell: (state: UplinkState) => void;
  readonly makeEnd: (spec: EndSpec, io: UplinkIo) => UplinkEnd;
}

export class Uplink {
  readonly port: number;
  readonly number: number;
  readonly end: UplinkEnd;
  /** False: it is being taken away, and what its end still brings is nobody's. */
  isOpen = true;
  readonly #parts: UplinkParts;
  readonly #receiving: Receiving;
  readonly #frameMax: number;
  readonly #sender: HostSender;

  constructor({ port, number, place, frameMax, spec }: OpenLetter, parts: UplinkParts) {
    this.port = port;
    this.number = number;
    this.#parts = parts;
    this.#receiving = new Receiving(parts.memory, place);
    this.#frameMax = frameMax;
    this.#sender = { thread: UPLINK_THREAD, port, counts: port };
    const { nowNs, tell } = parts;
    const send = (frame: Uint8Array, patient = false): number => this.#send(frame, patient);
    const isPlugged = (): boolean => networkOf(parts.fabric, port) >= 0;
    this.end = parts.makeEnd(spec, { send, isPlugged, frameMax, nowNs, tell });
  }

  /** Gives the end what has come for it, up to a budget. False: there may be more. */
  takeFrames(): boolean {
    const { u8 } = this.#parts.memory;
    let more = true;
    // Bound: UPLINK_BUDGET_FRAMES.
    for (let taken = 0; more && taken < UPLINK_BUDGET_FRAMES; taken++) {
      more = this.#receiving.take();
      if (!more) break;
      const { address, length } = this.#receiving;
      // Empty: its sender was ended.
      if (length > 0) this.#count(this.end.receive(u8.subarray(address, address + length)), length);
      this.#receiving.give();
    }
    this.end.flush();
    return !more;
  }

  #count(carried: Carried, length: number): void {
    const { fabric } = this.#parts;
    if (carried !== "sent") return countAt(fabric, this.port, LOST[carried], 1);
    countAt(fabric, this.port, COUNTER.out, 1);
    countAt(fabric, this.port, COUNTER.outBytes, length);
  }

  #send(frame: Uint8Array, patient: boolean): number {
    const { fabric, memory } = this.#parts;
    if (!this.isOpen) return COUNTER.down;
    const { length } = frame;
    const forwarder = this.#parts.begin();
    if (length < FRAME_MIN || length > this.#frameMax) {
      forwarder.holdUnread(this.port, length);
      const counter = length < FRAME_MIN ? COUNTER.malformed : COUNTER.tooBig;
      return endHeld(fabric, forwarder, this.#sender, counter, 0);
    }
    memory.u8.set(frame, FRAME_AT);
    forwarder.hold(this.port, FRAME_AT, length);
    if (this.#isOverRate(forwarder, length)) {
      return patient ? COUNTER.overRate : endHeld(fabric, forwarder, this.#sender, COUNTER.overRate, 0);
    }
    return sendHeld(fabric, forwarder, this.#sender, length, patient);
  }

  /** Nobody outside waits, as a guest would. */
  #isOverRate(forwarder: Forwarder, length: number): boolean {
    const { fabric, nowNs } = this.#parts;
    const network = networkOf(fabric, this.port);
    const now = forwarder.now();
    const wait = network < 0 ? 0 : takeFromNetwork(fabric, network, this.port, length, now, nowNs);
    return wait > 0 || takeToSend(fabric, this.port, length, now) > 0;
  }
}
