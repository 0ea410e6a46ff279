// The switch: works off one guest's sending rings, on that guest's own thread, inside its call of `signal`.
// Each frame is judged once: to one port, to many, or dropped and counted. No allocation, no await, no
// exception and no log per frame; the budget ends every call.

import { BUDGET_BYTES, BUDGET_FRAMES, FRAME_MIN } from "../limits.ts";
import { inside } from "../memory/fabric.ts";
import { COUNTER, PORT, PORT_FLAG, RING, TAP_SIDE, THREAD } from "../memory/layout.ts";
import { portAt, ringAt, threadAt } from "../memory/layout.ts";
import { DESCRIPTOR, FEATURE, LARGE } from "../ring/abi.ts";
import { giveBack, turnAt, type TxRing } from "../ring/sending.ts";
import { tapSides } from "../ring/tap-ring.ts";
import { FAULT } from "./fault.ts";
import { Flows, type Flow } from "./flows.ts";
import { Forwarder, type ForwardParts } from "./forward.ts";
import { closeSample, countKick, hasSample, recordKick } from "./meter.ts";
import { networkRateOf, takeFromNetwork } from "./network-rate.ts";
import { Cutter, LARGE_FRAME_MAX, NOT_WHOLE } from "./offload.ts";
import { networkOf, receivingRing } from "./port.ts";
import { PUMP_PASSED, limitOf, type Pump, type Pumps } from "./pump.ts";
import { rateOf, takeToSend, waitToSend } from "./rate.ts";
import { isOffloaded, wholeTarget } from "./whole.ts";

/** Bytes that are copied before they are published together: about what a core's nearest caches hold. */
const BATCH_BYTES = 48 * 1024;

/** In the place of a descriptor: the frame was cut from a larger one, whose descriptor it is. */
const NONE = -1;

export interface SwitchParts extends ForwardParts {
  readonly pumps: Pumps;
  /** A guest's memory is to be sent for, if that has not been done. */
  readonly want: (thread: number, incarnation: number) => void;
}

/** One a guest. */
export class Switch {
  readonly #parts: SwitchParts;
  readonly #forwarder: Forwarder;
  readonly #flows: Flows;
  /** Bytes that went into the egress line in this call. */
  #bytesQueued = 0;
  /** Made for the first large frame. */
  #cutter: Cutter | undefined;
  /** What the sender has to wait, microseconds, where a large frame did not go. */
  #waitUs = 0;

  constructor(parts: SwitchParts) {
    this.#parts = parts;
    this.#forwarder = new Forwarder(parts);
    this.#flows = new Flows(parts.fabric);
  }

  /**
   * Works a ring off. The answer is that of the verb `signal`: 0 done, 1 call again, else microseconds to
   * wait.
   */
  drain(tx: TxRing): number {
    const { fabric, memory, nowNs } = this.#parts;
    const isTimed = countKick(fabric, tx);
    const startNs = isTimed ? nowNs() : 0;
    const own = receivingRing(fabric, tx.port);
    if (own >= 0 && hasSample(fabric, own)) closeSample(fabric, own, memory, nowNs);
    this.#forwarder.begin();
    this.#bytesQueued = 0;
    let frames = 0;
    let bytes = 0;
    let answer = 1;
    // Bound: BUDGET_FRAMES and BUDGET_BYTES; each turn moves at least one frame or ends.
    while (frames < BUDGET_FRAMES && bytes < BUDGET_BYTES) {
      const descriptor = (tx.offset + (tx.position & tx.mask) * DESCRIPTOR.size) >>> 2;
      const turn = turnAt(this.#parts.memory, descriptor, tx);
      if (turn !== "posted") {
        if (turn === "broken") this.#parts.fault(this.#parts.thread, FAULT.txTurn);
        answer = 0;
        break;
      }
      const i32 = this.#parts.memory.i32;
      const address = (i32[descriptor] as number) >>> 0; // Read once, as is the length.
      const length = (i32[descriptor + 1] as number) >>> 0;
      const before = this.#bytesOut(tx.port);
      const most = BUDGET_FRAMES - frames;
      const mostBytes = BUDGET_BYTES - bytes;
      const isLarge = length > LARGE.lengthMask && this.#cuts(tx.port);
      let moved = isLarge
        ? this.#forwardLarge(tx, descriptor, address, length)
        : this.#follow(tx, address, most, mostBytes);
      if (moved === 0 && !isLarge) {
        this.#waitUs = this.#waitFor(tx.port, length, Math.min(length, this.#frameMax(tx.port)));
        if (this.#waitUs === 0) moved = this.#forward(tx, descriptor, address, length, most, mostBytes);
      }
      if (moved === 0) {
        answer = this.#waitUs;
        break;
      }
      frames += moved;
      bytes += this.#bytesOut(tx.port) - before;
    }
    this.#forwarder.signalTouched(isTimed);
    recordKick(fabric, tx.port, frames, isTimed ? nowNs() - startNs : undefined);
    return answer;
  }

  /**
   * Takes a frame from the rates of its port and its network: 0, or microseconds to wait. What is longer than
   * `bytes` will be dropped, and must not make others wait.
   */
  #waitFor(port: number, length: number, bytes = length): number {
    const { fabric, nowNs } = this.#parts;
    const network = networkOf(fabric, port);
    const shared = network >= 0 && networkRateOf(fabric, network) !== 0;
    if (!shared && rateOf(fabric, port) === 0) return 0;
    const now = this.#forwarder.now();
    if (!shared) return takeToSend(fabric, port, length, now);
    const wait = waitToSend(fabric, port, now);
    if (wait > 0) return wait;
    return takeFromNetwork(fabric, network, port, bytes, now, nowNs) || takeToSend(fabric, port, length, now);
  }

  /** Moves frames along a flow that is known; 0: there is none, or the next frame is to be judged. */
  #follow(tx: TxRing, address: number, most: number, mostBytes: number): number {
    const { memory } = this.#parts;
    if (!inside(memory, address, FRAME_MIN)) return 0;
    const { view } = memory;
    // A guess of what the frame says: the pump reads it itself, and moves only what is so.
    const header0 = view.getInt32(address, true);
    const header1 = view.getInt32(address + 4, true);
    const header2 = view.getInt32(address + 8, true);
    const flow = this.#flows.find(tx, header0, header1, header2);
    return flow ? this.#pump(flow, most, mostBytes) : 0;
  }

  /** Moves the frame at the ring's position, and what follows it to the same place. Answers frames moved. */
  #forward(
    tx: TxRing,
    descriptor: number,
    address: number,
    length: number,
    most: number,
    mostBytes: number,
  ): number {
    this.#flows.look(tx.port);
    if (length < FRAME_MIN) return this.#refuse(tx, descriptor, COUNTER.malformed, length);
    if (length > this.#frameMax(tx.port)) return this.#refuse(tx, descriptor, COUNTER.tooBig, length);
    if (!inside(this.#parts.memory, address, length)) this.#parts.fault(this.#parts.thread, FAULT.txPointer);
    this.#forwarder.hold(tx.port, address, length);
    return this.#forwardHeld(tx, descriptor, length, most, mostBytes);
  }

  /** The same of the frame that is held. One of `NONE` is a segment: nothing follows it. */
  #forwardHeld(tx: TxRing, descriptor: number, length: number, most: number, mostBytes: number): number {
    const { fabric } = this.#parts;
    const { i32 } = fabric;
    const forwarder = this.#forwarder;
    const row = portAt(tx.port) >> 2;
    const flags = Atomics.load(i32, row + (PORT.flags >> 2));
    const network = (i32[row + (PORT.network >> 2)] as number) - 1;
    if ((flags & PORT_FLAG.linkUp) === 0) return this.#end(tx, descriptor, COUNTER.down, 0);
    if (network < 0) return this.#end(tx, descriptor, COUNTER.noListener, 0);
    const line = forwarder.lineOf(tx.port, PORT.egressLine);
    if (line >= 0) return this.#queue(tx, descriptor, line, length);
    const target = forwarder.route(tx.port, network);
    if (target < 0) return this.#flood(tx, descriptor, network, length);
    if (target === tx.port) return this.#end(tx, descriptor, COUNTER.noListener, 0);
    const targetFlags = Atomics.load(i32, (portAt(target) + PORT.flags) >> 2);
    const plain = ((flags | targetFlags) & PORT_FLAG.slow) === 0 && (targetFlags & PORT_FLAG.linkUp) !== 0;
    if (
      plain &&
      descriptor !== NONE &&
      networkRateOf(fabric, network) === 0 &&
      forwarder.lineOf(target, PORT.ingressLine) < 0
    ) {
      const flow = this.#flowTo(tx, target);
      const moved = flow ? this.#pump(flow, most, mostBytes) : 0;
      if (moved > 0) return moved;
    }
    const outcome = forwarder.deliver(target, tx.port + 1);
    const done = this.#end(tx, descriptor, outcome, length);
    if (outcome === COUNTER.sent) forwarder.release();
    return done;
  }

  /**
   * Moves a large frame: whole where its receiver takes it so, else in segments. Answers their number, or 0:
   * the sender has to wait. What is wrong in it is dropped, as one frame.
   */
  #forwardLarge(tx: TxRing, descriptor: number, address: number, word: number): number {
    const { fabric, memory } = this.#parts;
    const length = word & LARGE.lengthMask;
    const size = word >>> LARGE.segmentShift;
    if (length < FRAME_MIN) return this.#refuse(tx, descriptor, COUNTER.malformed, length);
    if (length > LARGE_FRAME_MAX) return this.#refuse(tx, descriptor, COUNTER.tooBig, length);
    if (!inside(memory, address, length)) this.#parts.fault(this.#parts.thread, FAULT.txPointer);
    const cutter = (this.#cutter ??= new Cutter());
    const count = cutter.judge(memory, address, length, size);
    if (count === 0) return this.#refuse(tx, descriptor, COUNTER.malformed, length);
    if (cutter.longest > this.#frameMax(tx.port)) return this.#refuse(tx, descriptor, COUNTER.tooBig, length);
    this.#waitUs = this.#waitFor(tx.port, cutter.bytes);
    if (this.#waitUs > 0) return 0;
    const outcome = this.#deliverWhole(tx.port, address, length, size);
    if (outcome !== NOT_WHOLE) {
      const done = this.#end(tx, descriptor, outcome, length);
      if (outcome === COUNTER.sent) this.#forwarder.release();
      return done;
    }
    cutter.load(memory, address);
    // Bound: what LARGE_FRAME_MAX has of SEGMENT_BYTES_MIN.
    for (let index = 0; index < count; index++) {
      const bytes = cutter.cut(index);
      this.#forwarder.hold(tx.port, cutter.at, bytes, cutter);
      this.#forwardHeld(tx, NONE, bytes, 0, 0);
    }
    giveBack(fabric, memory, descriptor, tx);
    return count;
  }

  /**
   * Puts a large frame as it is before the one receiver that it is for, where nobody between them asks for
   * more: the counter that it ends in, or NOT_WHOLE.
   */
  #deliverWhole(port: number, address: number, length: number, size: number): number {
    const { fabric } = this.#parts;
    const forwarder = this.#forwarder;
    forwarder.hold(port, address, length);
    const target = wholeTarget(fabric, forwarder, port);
    if (target < 0 || !isOffloaded(fabric, target)) return NOT_WHOLE;
    return forwarder.arriveWhole(target, port + 1, size);
  }

  /** Whether large frames of a port's guest are taken. */
  #cuts(port: number): boolean {
    const { fabric, thread } = this.#parts;
    const features = fabric.i32[(threadAt(thread) + THREAD.features) >> 2] as number;
    return (features & FEATURE.segment) !== 0 && isOffloaded(fabric, port);
  }

  #frameMax(port: number): number {
    return this.#parts.fabric.i32[(portAt(port) + PORT.frameMax) >> 2] as number;
  }

  /** Drops a frame for its length, or a large one for its headers. */
  #refuse(tx: TxRing, descriptor: number, counter: number, length: number): number {
    this.#forwarder.holdUnread(tx.port, length);
    return this.#end(tx, descriptor, counter, 0);
  }

  /** Gives the frame to the device's line; where it goes is judged when it leaves that. */
  #queue(tx: TxRing, descriptor: number, line: number, length: number): number {
    const outcome = this.#forwarder.enter(line, tx.port + 1);
    const done = this.#end(tx, descriptor, outcome, 0);
    if (outcome !== COUNTER.queued) return done;
    this.#forwarder.release();
    this.#bytesQueued += length;
    return done;
  }

  /** The flow of the frame that is held, which goes to `target`; to be followed now, and later if it may. */
  #flowTo(tx: TxRing, target: number): Flow | undefined {
    const { i32 } = this.#parts.fabric;
    const forwarder = this.#forwarder;
    const ring = forwarder.ringOf(target);
    const { receiver, generation } = forwarder;
    if (ring < 0 || !receiver) return undefined;
    // Where there is a line, though one to go past, each kick asks anew.
    const lasts =
      i32[(portAt(tx.port) + PORT.egressLine) >> 2] === 0 &&
      i32[(portAt(target) + PORT.ingressLine) >> 2] === 0;
    const pump = this.#parts.pumps.to(receiver);
    if (!pump) return this.#want(ring);
    return this.#flows.keep(tx, forwarder, ring, generation, pump, limitOf(receiver), lasts);
  }

  /** Has the memory behind a ring come, of which only the bytes are known; frames go by hand until then. */
  #want(ring: number): undefined {
    const { fabric, want } = this.#parts;
    const at = ringAt(ring) >> 2;
    want(fabric.i32[at + (RING.owner >> 2)] as number, fabric.i32[at + (RING.incarnation >> 2)] as number);
  }

  #pump(flow: Flow, most: number, mostBytes: number): number {
    const { ring, generation } = flow;
    const tx = flow.tx as TxRing;
    const answer = this.#runPump(tx, flow, most, mostBytes);
    const moved = answer & ~PUMP_PASSED;
    if (moved > 0) {
      if (tx.mask - (tx.position & tx.mask) < moved) tx.lapped = true;
      tx.position = (tx.position + moved) | 0;
      this.#forwarder.came(ring, generation, moved);
    }
    if (answer !== moved) this.#forwarder.resolveBatch(ring);
    return moved;
  }

  #runPump(tx: TxRing, flow: Flow, most: number, mostBytes: number): number {
    const { fabric, memory, thread } = this.#parts;
    const row = portAt(tx.port);
    return (flow.pump as Pump)(
      threadAt(thread),
      tx.port,
      row,
      ringAt(flow.ring),
      tx.offset,
      tx.mask,
      tx.position,
      limitOf(memory),
      flow.rxLimit,
      // No longer than the memory, so that the pump may subtract.
      Math.min(fabric.i32[(row + PORT.frameMax) >> 2] as number, memory.byteLength),
      flow.header0,
      flow.header1,
      flow.header2,
      most,
      BATCH_BYTES,
      mostBytes,
      flow.generation,
      this.#forwarder.spareOf(flow.ring, flow.generation),
    );
  }

  #flood(tx: TxRing, descriptor: number, network: number, length: number): number {
    const copies = this.#forwarder.flood(network, tx.port, tx.port);
    // A group frame that nobody is there to hear is not lost; a frame for one station that isn't there is.
    if (copies === 0 && (this.#forwarder.header0 & 1) === 0)
      return this.#end(tx, descriptor, COUNTER.noListener, 0);
    return this.#end(tx, descriptor, COUNTER.sent, length, 1);
  }

  /**
   * Shows a frame to those who capture, counts it and gives its descriptor, if it has one, back. In this
   * order, and from the first count on without a call (also of `Atomics`): a kill can't come between.
   */
  #end(tx: TxRing, descriptor: number, counter: number, bytes: number, flooded = 0): number {
    const { fabric, memory, thread } = this.#parts;
    const { i32, f64 } = fabric;
    const row = portAt(tx.port);
    const self = threadAt(thread) >> 2;
    const cells = (row + PORT.counters) >> 3;
    const turn = (tx.position << 1) | 0;
    const next = (tx.position + 1) | 0;
    // What is queued is shown when it leaves its line.
    if ((tapSides(fabric, tx.port) & TAP_SIDE.out) !== 0 && counter !== COUNTER.queued)
      this.#forwarder.record(tx.port, TAP_SIDE.out, counter);
    f64[cells + counter] = (f64[cells + counter] as number) + 1;
    if (counter === COUNTER.sent) f64[cells + COUNTER.bytes] = (f64[cells + COUNTER.bytes] as number) + bytes;
    f64[cells + COUNTER.flooded] = (f64[cells + COUNTER.flooded] as number) + flooded;
    i32[self + (THREAD.claimFor >> 2)] = 0;
    i32[self + (THREAD.flooding >> 2)] = 0;
    if (descriptor === NONE) return 1;
    i32[(row + PORT.txPosition) >> 2] = next;
    if ((tx.position & tx.mask) === tx.mask) tx.lapped = true;
    tx.position = next;
    Atomics.store(memory.i32, descriptor + (DESCRIPTOR.turn >> 2), turn);
    return 1;
  }

  /** Bytes that the port has sent or queued. */
  #bytesOut(port: number): number {
    const sent = ((portAt(port) + PORT.counters) >> 3) + COUNTER.bytes;
    return (this.#parts.fabric.f64[sent] as number) + this.#bytesQueued;
  }
}
