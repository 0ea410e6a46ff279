// The switch: works off one guest's sending rings, on that guest's own thread, inside its call of `signal`.
// Each frame is judged once: to one port, to many, or dropped and counted. No allocation, no await, no
// exception and no log per frame; the budget ends every call.

import { BUDGET_BYTES, BUDGET_FRAMES, FRAME_MIN, PORTS_MAX } from "../limits.ts";
import { inside, type Fabric, type GuestMemory } from "../memory/fabric.ts";
import { COUNTER, PORT, PORT_FLAG, RING, THREAD } from "../memory/layout.ts";
import { portAt, ringAt, threadAt } from "../memory/layout.ts";
import { DESCRIPTOR } from "../ring/abi.ts";
import { BROKEN, CLAIMED, Claims, FULL, GONE, SMALL, generationOf } from "../ring/claims.ts";
import { turnAt, type TxRing } from "../ring/sending.ts";
import { signalRing } from "../ring/signal.ts";
import { FAULT, type RaiseFault } from "./fault.ts";
import { learnMac, lookUpMac } from "./mac-table.ts";
import type { Peers } from "./peers.ts";
import { PUMP_PASSED, limitOf, type Pumps } from "./pump.ts";
import { rateOf, takeToReceive, takeToSend } from "./rate.ts";
import { gatherPorts, leaderOf } from "./segments.ts";

/** Bytes that are copied before they are published together: about what a core's nearest caches hold. */
const BATCH_BYTES = 48 * 1024;

export interface SwitchParts {
  readonly fabric: Fabric;
  readonly thread: number;
  readonly memory: GuestMemory;
  readonly peers: Pick<Peers<{ readonly type: string }>, "memoryOf">;
  readonly pumps: Pumps;
  readonly fault: RaiseFault;
  readonly nowNs: () => number;
}

/** One a guest. */
export class Switch {
  readonly #parts: SwitchParts;
  readonly #claims: Claims;
  /** Ports that a flooded frame goes to. */
  readonly #hearing = new Int32Array(PORTS_MAX);
  /** Receiving rings to signal when the call ends. */
  readonly #touched = new Int32Array(BUDGET_FRAMES + 1);
  #touchedCount = 0;
  /** The memory behind the ring that was looked up last. */
  #receiver: GuestMemory | undefined;
  /** The ring's generation when it was looked up. */
  #generation = 0;
  #nowNs = 0;

  constructor(parts: SwitchParts) {
    this.#parts = parts;
    this.#claims = new Claims(parts.fabric, parts.thread);
  }

  /**
   * Works a ring off. The answer is that of the verb `signal`: 0 done, 1 call again, else microseconds to
   * wait.
   */
  drain(tx: TxRing): number {
    const { fabric } = this.#parts;
    this.#count(tx.port, COUNTER.kicks, 1);
    this.#nowNs = 0;
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
      const wait = rateOf(fabric, tx.port) === 0 ? 0 : takeToSend(fabric, tx.port, length, this.#now());
      if (wait > 0) {
        answer = wait;
        break;
      }
      const before = this.#bytesSent(tx.port);
      frames += this.#forward(tx, descriptor, address, length, BUDGET_FRAMES - frames, BUDGET_BYTES - bytes);
      bytes += this.#bytesSent(tx.port) - before;
    }
    this.#signalTouched();
    return answer;
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
    const { fabric, memory } = this.#parts;
    const { i32 } = fabric;
    const row = portAt(tx.port) >> 2;
    const flags = Atomics.load(i32, row + (PORT.flags >> 2));
    const network = (i32[row + (PORT.network >> 2)] as number) - 1;
    if (length < FRAME_MIN) return this.#end(tx, descriptor, COUNTER.malformed, 0);
    if (length > (i32[row + (PORT.frameMax >> 2)] as number))
      return this.#end(tx, descriptor, COUNTER.tooBig, 0);
    if (!inside(memory, address, length)) this.#parts.fault(this.#parts.thread, FAULT.txPointer);
    if ((flags & PORT_FLAG.linkUp) === 0) return this.#end(tx, descriptor, COUNTER.down, 0);
    if (network < 0) return this.#end(tx, descriptor, COUNTER.noListener, 0);
    const header0 = memory.view.getInt32(address, true); // The header is read once, and written from these.
    const header1 = memory.view.getInt32(address + 4, true);
    const header2 = memory.view.getInt32(address + 8, true);
    const segment = leaderOf(i32, network);
    this.#learn(tx.port, segment, (header1 >>> 16) | (header2 << 16), header2 >>> 16);
    const group = (header0 & 1) !== 0;
    const target = group ? -1 : lookUpMac(i32, segment, header0, header1 & 0xffff);
    if (target < 0 || !this.#isOn(target, segment)) {
      return this.#flood(tx, descriptor, network, address, length, header0, header1, header2);
    }
    if (target === tx.port) return this.#end(tx, descriptor, COUNTER.noListener, 0);
    const targetFlags = Atomics.load(i32, (portAt(target) + PORT.flags) >> 2);
    if (((flags | targetFlags) & PORT_FLAG.slow) === 0 && (targetFlags & PORT_FLAG.linkUp) !== 0) {
      const moved = this.#pump(tx, target, header0, header1, header2, most, mostBytes);
      if (moved > 0) return moved;
    }
    const outcome = this.#deliver(target, address, length, header0, header1, header2, tx.port + 1);
    const done = this.#end(tx, descriptor, outcome, length);
    if (outcome === COUNTER.sent) this.#claims.release();
    return done;
  }

  #pump(
    tx: TxRing,
    target: number,
    h0: number,
    h1: number,
    h2: number,
    most: number,
    mostBytes: number,
  ): number {
    const ring = this.#ringOf(target);
    const receiver = this.#receiver;
    if (ring < 0 || !receiver) return 0;
    const answer = this.#runPump(tx, ring, receiver, h0, h1, h2, most, mostBytes);
    const moved = answer & ~PUMP_PASSED;
    if (moved > 0) {
      if (tx.mask - (tx.position & tx.mask) < moved) tx.lapped = true;
      tx.position = (tx.position + moved) | 0;
      this.#touch(ring);
    }
    if (answer !== moved) this.#claims.resolveBatch(ring);
    return moved;
  }

  #runPump(
    tx: TxRing,
    ring: number,
    receiver: GuestMemory,
    h0: number,
    h1: number,
    h2: number,
    most: number,
    mostBytes: number,
  ): number {
    const { fabric, memory, pumps, thread } = this.#parts;
    const row = portAt(tx.port);
    return pumps.to(receiver)(
      threadAt(thread),
      tx.port,
      row,
      ringAt(ring),
      tx.offset,
      tx.mask,
      tx.position,
      limitOf(memory),
      limitOf(receiver),
      // No longer than the memory, so that the pump may subtract.
      Math.min(fabric.i32[(row + PORT.frameMax) >> 2] as number, memory.byteLength),
      h0,
      h1,
      h2,
      most,
      BATCH_BYTES,
      mostBytes,
      this.#generation,
    );
  }

  /**
   * Puts one frame into the ring of `target`. The answer is the counter that it ends in; SENT leaves the
   * claim open.
   */
  #deliver(
    target: number,
    address: number,
    length: number,
    h0: number,
    h1: number,
    h2: number,
    countFor: number,
  ) {
    const { fabric, memory, thread, nowNs } = this.#parts;
    const row = portAt(target) >> 2;
    if ((Atomics.load(fabric.i32, row + (PORT.flags >> 2)) & PORT_FLAG.linkUp) === 0) return COUNTER.down;
    const ring = this.#ringOf(target);
    const receiver = this.#receiver;
    if (ring < 0 || !receiver) return COUNTER.noListener;
    const limited = rateOf(fabric, target) !== 0;
    if (limited && !takeToReceive(fabric, target, length, this.#now(), nowNs)) return COUNTER.overRate;
    const claims = this.#claims;
    const verdict = claims.claim(ring, receiver, length, countFor, this.#generation);
    if (verdict === GONE) return COUNTER.noListener;
    if (verdict !== CLAIMED) {
      const full = verdict === FULL;
      Atomics.add(fabric.i32, row + ((full ? PORT.rxFull : PORT.rxOther) >> 2), 1);
      if (full) return COUNTER.full;
      if (verdict === SMALL) return COUNTER.tooBig;
      if (verdict === BROKEN && this.#ringOf(target) === ring) {
        const owner = fabric.i32[(ringAt(ring) + RING.owner) >> 2] as number;
        if (owner !== thread) this.#parts.fault(owner, FAULT.rxStructure);
      }
      return COUNTER.noListener;
    }
    const to = claims.address;
    receiver.u8.set(memory.u8.subarray(address, address + length), to);
    // The header that was judged, whatever stands in the sender's RAM now.
    receiver.view.setInt32(to, h0, true);
    receiver.view.setInt32(to + 4, h1, true);
    receiver.view.setInt32(to + 8, h2, true);
    claims.publish(length);
    this.#touch(ring);
    return COUNTER.sent;
  }

  #flood(
    tx: TxRing,
    descriptor: number,
    network: number,
    address: number,
    length: number,
    h0: number,
    h1: number,
    h2: number,
  ) {
    const { i32 } = this.#parts.fabric;
    const flooding = (threadAt(this.#parts.thread) + THREAD.flooding) >> 2;
    const count = gatherPorts(i32, network, tx.port, this.#hearing);
    let copies = 0;
    i32[flooding] = tx.port + 1;
    // Bound: PORTS_MAX.
    for (let index = 0; index < count; index++) {
      const port = this.#hearing[index] as number;
      const outcome = this.#deliver(port, address, length, h0, h1, h2, -(tx.port + 1));
      if (outcome === COUNTER.sent) {
        this.#countCopy(tx.port);
        this.#claims.release();
        copies++;
      } else if (outcome !== COUNTER.noListener && outcome !== COUNTER.down) {
        this.#count(tx.port, COUNTER.copiesLost, 1);
        copies++;
      }
    }
    // A group frame that nobody is there to hear is not lost; a frame for one station that isn't there is.
    if (copies === 0 && (h0 & 1) === 0) return this.#end(tx, descriptor, COUNTER.noListener, 0);
    return this.#end(tx, descriptor, COUNTER.sent, length, 1);
  }

  /** Whether a port is plugged into a network of this segment. */
  #isOn(port: number, segment: number): boolean {
    const { i32 } = this.#parts.fabric;
    const network = (i32[(portAt(port) + PORT.network) >> 2] as number) - 1;
    return network >= 0 && leaderOf(i32, network) === segment;
  }

  /**
   * Counts a frame and gives its descriptor back. In this order, and from the first count on without a call
   * (also of `Atomics`): a kill can't come between.
   */
  #end(tx: TxRing, descriptor: number, counter: number, bytes: number, flooded = 0): number {
    const { fabric, memory, thread } = this.#parts;
    const { i32, f64 } = fabric;
    const row = portAt(tx.port);
    const self = threadAt(thread) >> 2;
    const cells = (row + PORT.counters) >> 3;
    const turn = (tx.position << 1) | 0;
    const next = (tx.position + 1) | 0;
    f64[cells + counter] = (f64[cells + counter] as number) + 1;
    if (counter === COUNTER.sent) f64[cells + COUNTER.bytes] = (f64[cells + COUNTER.bytes] as number) + bytes;
    f64[cells + COUNTER.flooded] = (f64[cells + COUNTER.flooded] as number) + flooded;
    i32[self + (THREAD.claimFor >> 2)] = 0;
    i32[self + (THREAD.flooding >> 2)] = 0;
    i32[(row + PORT.txPosition) >> 2] = next;
    if ((tx.position & tx.mask) === tx.mask) tx.lapped = true;
    tx.position = next;
    Atomics.store(memory.i32, descriptor + (DESCRIPTOR.turn >> 2), turn);
    return 1;
  }

  /** The ring that `port` receives in, or -1; its memory is then in `#receiver`. */
  #ringOf(port: number): number {
    const { i32 } = this.#parts.fabric;
    const ring = Atomics.load(i32, (portAt(port) + PORT.rxRing) >> 2) - 1;
    if (ring < 0) return -1;
    this.#generation = generationOf(this.#parts.fabric, ring);
    const at = ringAt(ring) >> 2;
    const owner = i32[at + (RING.owner >> 2)] as number;
    this.#receiver = this.#parts.peers.memoryOf(owner, i32[at + (RING.incarnation >> 2)] as number);
    return this.#receiver ? ring : -1;
  }

  #learn(port: number, segment: number, low: number, high: number): void {
    if ((low & 1) !== 0) return; // A group address is nobody's source.
    learnMac(this.#parts.fabric.i32, segment, low, high, port);
  }

  #touch(ring: number): void {
    const touched = this.#touched;
    // Bound: the rings of one call; most calls have one.
    for (let index = this.#touchedCount - 1; index >= 0; index--) if (touched[index] === ring) return;
    if (this.#touchedCount === touched.length) this.#signalTouched();
    touched[this.#touchedCount++] = ring;
  }

  #signalTouched(): void {
    const { fabric, peers } = this.#parts;
    for (let index = 0; index < this.#touchedCount; index++) {
      const ring = this.#touched[index] as number;
      const at = ringAt(ring) >> 2;
      const owner = fabric.i32[at + (RING.owner >> 2)] as number;
      const memory = peers.memoryOf(owner, fabric.i32[at + (RING.incarnation >> 2)] as number);
      if (memory) signalRing(fabric, ring, memory);
    }
    this.#touchedCount = 0;
  }

  /** A copy that was published; in one straight line with the note that it is counted. */
  #countCopy(port: number): void {
    const { i32, f64 } = this.#parts.fabric;
    const cell = ((portAt(port) + PORT.counters) >> 3) + COUNTER.copies;
    const claimFor = (threadAt(this.#parts.thread) + THREAD.claimFor) >> 2;
    f64[cell] = (f64[cell] as number) + 1;
    i32[claimFor] = 0;
  }

  #count(port: number, counter: number, by: number): void {
    const cell = ((portAt(port) + PORT.counters) >> 3) + counter;
    const { f64 } = this.#parts.fabric;
    f64[cell] = (f64[cell] as number) + by;
  }

  #bytesSent(port: number): number {
    return this.#parts.fabric.f64[((portAt(port) + PORT.counters) >> 3) + COUNTER.bytes] as number;
  }

  /** The clock is read at most once a call, and only where a rate is set. */
  #now(): number {
    if (this.#nowNs === 0) this.#nowNs = this.#parts.nowNs();
    return this.#nowNs;
  }
}
