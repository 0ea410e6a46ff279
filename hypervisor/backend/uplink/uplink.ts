// One uplink on its thread: frames from its ring to its end, and from its end into the network. Everything is
// counted at its port.

import type { Forwarder } from "../../datapath/forward.ts";
import { takeFromNetwork } from "../../datapath/network-rate.ts";
import { Cutter, HEADERS_MAX, LARGE_FRAME_MAX, NOT_WHOLE } from "../../datapath/offload.ts";
import { countAt, networkOf } from "../../datapath/port.ts";
import { takeToSend } from "../../datapath/rate.ts";
import { endHeld, sendHeld, type HostSender } from "../../datapath/send-held.ts";
import { isOffloaded, wholeTarget } from "../../datapath/whole.ts";
import type { UplinkState } from "../../hypervisor.ts";
import { FRAME_MIN, SEGMENT_BYTES_MIN, TAP_SEGMENT_BYTES_MIN, UPLINK_BUDGET_FRAMES } from "../../limits.ts";
import type { Fabric, GuestMemory } from "../../memory/fabric.ts";
import { COUNTER, UPLINK_THREAD } from "../../memory/layout.ts";
import { LARGE } from "../../ring/abi.ts";
import { Receiving } from "../../ring/receiving.ts";
import type { Carried, UplinkEnd, UplinkIo } from "./end.ts";
import type { EndSpec, OpenLetter } from "./letters.ts";
import { FRAME_AT } from "../../ring/host-memory.ts";
import type { LargeFrame } from "./vnet-header.ts";

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
  /** The uplink at a port of this thread that takes a large frame now, and the way to give it one. */
  readonly near: (port: number) => Uplink | undefined;
  readonly handOver: (to: Uplink, frame: Uint8Array, large: LargeFrame) => void;
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
  /** Made for the first large frame. */
  #cutter: Cutter | undefined;

  constructor({ port, number, place, frameMax, spec }: OpenLetter, parts: UplinkParts) {
    this.port = port;
    this.number = number;
    this.#parts = parts;
    this.#receiving = new Receiving(parts.memory, place);
    this.#frameMax = frameMax;
    this.#sender = { thread: UPLINK_THREAD, port, counts: port };
    const { nowNs, tell } = parts;
    const send = (frame: Uint8Array, patient = false): number => this.#send(frame, patient);
    const sendLarge = (frame: Uint8Array, size: number): number => this.#sendLarge(frame, size);
    const isPlugged = (): boolean => networkOf(parts.fabric, port) >= 0;
    this.end = parts.makeEnd(spec, { send, sendLarge, isPlugged, frameMax, nowNs, tell });
  }

  /** Gives the end what has come for it, up to a budget. False: there may be more. */
  takeFrames(): boolean {
    const isAll = this.#takeRing();
    this.end.flush();
    return isAll;
  }

  /** Gives the end a large frame, after what has come before it. It is to be flushed afterwards. */
  takeLarge(frame: Uint8Array, large: LargeFrame): void {
    this.#takeRing();
    this.#count(this.end.receive(frame, large), frame.length);
  }

  #takeRing(): boolean {
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
      const counter = length < FRAME_MIN ? COUNTER.malformed : COUNTER.tooBig;
      return this.#drop(forwarder, length, counter);
    }
    memory.u8.set(frame, FRAME_AT);
    forwarder.hold(this.port, FRAME_AT, length);
    if (this.#isOverRate(forwarder, length)) {
      return patient ? COUNTER.overRate : endHeld(fabric, forwarder, this.#sender, COUNTER.overRate, 0);
    }
    return sendHeld(fabric, forwarder, this.#sender, length, patient);
  }

  /** What becomes of each segment where it is cut is counted by itself. */
  #sendLarge(frame: Uint8Array, size: number): number {
    const { fabric, memory, begin, near, handOver } = this.#parts;
    if (!this.isOpen) return COUNTER.down;
    const { length } = frame;
    const forwarder = begin();
    const cutter = (this.#cutter ??= new Cutter());
    const from = { u8: frame };
    const fits = length >= FRAME_MIN && length <= LARGE_FRAME_MAX;
    const count = fits ? cutter.judge(from, 0, length, size, TAP_SEGMENT_BYTES_MIN) : 0;
    if (count === 0) return this.#drop(forwarder, length, COUNTER.malformed);
    if (cutter.longest > this.#frameMax) return this.#drop(forwarder, length, COUNTER.tooBig);
    memory.u8.set(frame.subarray(0, HEADERS_MAX), FRAME_AT);
    forwarder.hold(this.port, FRAME_AT, length);
    if (this.#isOverRate(forwarder, cutter.bytes)) return this.#drop(forwarder, length, COUNTER.overRate);
    const target = wholeTarget(fabric, forwarder, this.port);
    const to = target < 0 ? undefined : near(target);
    // A network that this one is joined with may have shorter frames.
    if (to && cutter.longest <= to.#frameMax) {
      // Counted before: what the other end sends goes by the same forwarder.
      endHeld(fabric, forwarder, this.#sender, COUNTER.sent, length);
      handOver(to, frame, cutter);
      return COUNTER.sent;
    }
    if (target >= 0 && isOffloaded(fabric, target) && size >= SEGMENT_BYTES_MIN && size <= LARGE.segmentMax) {
      memory.u8.set(frame, FRAME_AT);
      forwarder.hold(this.port, FRAME_AT, length);
      const outcome = forwarder.arriveWhole(target, this.port + 1, size);
      if (outcome !== NOT_WHOLE) {
        endHeld(fabric, forwarder, this.#sender, outcome, length);
        if (outcome === COUNTER.sent) forwarder.release();
        return outcome;
      }
    }
    return this.#sendSegments(forwarder, cutter, from, count);
  }

  /** The answer is the counter that the last segment ended in. */
  #sendSegments(
    forwarder: Forwarder,
    cutter: Cutter,
    from: { readonly u8: Uint8Array },
    count: number,
  ): number {
    const { fabric } = this.#parts;
    let outcome: number = COUNTER.sent;
    cutter.load(from, 0);
    // Bound: what LARGE_FRAME_MAX has of TAP_SEGMENT_BYTES_MIN.
    for (let index = 0; index < count; index++) {
      const bytes = cutter.cut(index);
      forwarder.hold(this.port, cutter.at, bytes, cutter);
      outcome = sendHeld(fabric, forwarder, this.#sender, bytes);
    }
    return outcome;
  }

  /** Drops a frame of which nothing is shown. */
  #drop(forwarder: Forwarder, length: number, counter: number): number {
    forwarder.holdUnread(this.port, length);
    return endHeld(this.#parts.fabric, forwarder, this.#sender, counter, 0);
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
