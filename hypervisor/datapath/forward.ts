// Forwarding of one frame that lies in the calling thread's own memory: to one port, to all of a network, or
// into a line. Guests' threads do it for what they send, the I/O thread for what has waited in a line. No
// allocation, no await, no exception and no log per frame.

import { BUDGET_FRAMES, PORTS_MAX, RING_SWAPS_MAX } from "../limits.ts";
import { countUp } from "../memory/counts.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { COUNTER, PORT, PORT_FLAG, RING, TAP_SIDE, THREAD } from "../memory/layout.ts";
import { IO_THREAD, portAt, ringAt, threadAt } from "../memory/layout.ts";
import { LARGE } from "../ring/abi.ts";
import { BROKEN, CLAIMED, Claims, FULL, GONE, SMALL, generationOf } from "../ring/claims.ts";
import { TapWriter, tapKeep, tapSides } from "../ring/tap-ring.ts";
import { FAULT, type RaiseFault } from "./fault.ts";
import { isEmptyLine, timeMark } from "./line-port.ts";
import { learnMac, lookUpMac } from "./mac-table.ts";
import { closeSample, hasSample, openSample } from "./meter.ts";
import { NOT_WHOLE, takesWhole } from "./offload.ts";
import type { Peers } from "./peers.ts";
import { countAt } from "./port.ts";
import { rateOf, takeToReceive } from "./rate.ts";
import { gatherPorts, leaderOf } from "./segments.ts";
import { Shares } from "./shares.ts";
import { TAG, TAG_AT, TAG_BYTES, copyTagged, growthOf, tagAction, vlanOfTag } from "./vlan.ts";

export interface ForwardParts {
  readonly fabric: Fabric;
  readonly thread: number;
  readonly memory: GuestMemory;
  readonly peers: Pick<Peers<{ readonly type: string }>, "memoryOf">;
  readonly fault: RaiseFault;
  readonly nowNs: () => number;
}

type FrameSource = Pick<GuestMemory, "u8" | "view">;

/** One a thread. Holds the frame that is being forwarded and the rings that are to be signalled. */
export class Forwarder {
  readonly #parts: ForwardParts;
  readonly #claims: Claims;
  readonly #tap: TapWriter;
  readonly #shares: Shares;
  /** Receiving rings to signal when the call ends, and the last position that was filled in each. */
  readonly #touched = new Int32Array(BUDGET_FRAMES + 1);
  readonly #filled = new Int32Array(BUDGET_FRAMES + 1);
  readonly #touchedGenerations = new Int32Array(BUDGET_FRAMES + 1);
  #touchedCount = 0;
  /** The ring that was signalled last, or -1. */
  #last = -1;
  /** Ports that a flooded frame goes to. */
  readonly #hearing = new Int32Array(PORTS_MAX);
  #nowNs = 0;
  /** Where the frame lies: the thread's memory, or what host code made of it. */
  #source: FrameSource;
  #address = 0;
  #length = 0;
  /** Of a large frame: what its receiver is told beside its length. */
  #segment = 0;
  /** It may be read: it lies in the memory. */
  #readable = false;
  /** When a captured frame came, before anybody could answer it; 0: not captured so far. */
  #stampNs = 0;
  /** The frame's first twelve bytes, read once: what is decided on is what is written. */
  header0 = 0;
  header1 = 0;
  header2 = 0;
  /** The VLAN of the port that the frame came from, and the one that its own tag names. */
  #vlan = 0;
  #namedVlan = 0;
  /** What happens to its tag on the way to the receiver that is being looked at. */
  #tag: number = TAG.keep;
  /** The memory behind the ring that was looked up last, and that ring's generation then. */
  receiver: GuestMemory | undefined;
  generation = 0;

  constructor(parts: ForwardParts) {
    this.#parts = parts;
    this.#source = parts.memory;
    this.#claims = new Claims(parts.fabric, parts.thread);
    this.#tap = new TapWriter(parts.fabric, parts.thread);
    this.#shares = new Shares(parts.fabric);
  }

  /** The clock is to be read anew. */
  begin(): void {
    this.#nowNs = 0;
    const { fabric, nowNs } = this.#parts;
    if (this.#last < 0 || !hasSample(fabric, this.#last)) return;
    const memory = this.#memoryOf(this.#last);
    if (memory) closeSample(fabric, this.#last, memory, nowNs);
  }

  /** The clock is read at most once a call, and only where something asks. */
  now(): number {
    if (this.#nowNs === 0) this.#nowNs = this.#parts.nowNs();
    return this.#nowNs;
  }

  /** The frame that is forwarded next, sent by port `from`. It has been checked to lie in the memory. */
  hold(from: number, address: number, length: number, source: FrameSource = this.#parts.memory): void {
    const { view } = source;
    this.#source = source;
    this.#address = address;
    this.#length = length;
    this.#readable = true;
    this.#stampNs = 0;
    if (tapSides(this.#parts.fabric, from) !== 0) this.#stamp();
    this.header0 = view.getInt32(address, true);
    this.header1 = view.getInt32(address + 4, true);
    this.header2 = view.getInt32(address + 8, true);
    this.#tag = TAG.keep;
  }

  /** A frame of port `from` that is dropped for its length alone: nothing of it is read. */
  holdUnread(from: number, length: number): void {
    this.#length = length;
    this.#readable = false;
    this.#stampNs = 0;
    if (tapSides(this.#parts.fabric, from) !== 0) this.#stamp();
  }

  #stamp(): void {
    if (this.#stampNs === 0) this.#stampNs = this.#parts.nowNs();
  }

  /** Shows the frame to those who capture at a port: on which side, and the counter that it ended in. */
  record(port: number, side: number, outcome: number): void {
    const { fabric } = this.#parts;
    const { i32 } = fabric;
    const tag = side === TAP_SIDE.in ? this.#tag : TAG.keep;
    const length = this.#length + growthOf(tag);
    const kept = this.#readable ? tapKeep(fabric, port, length) : 0;
    const at = this.#tap.begin(port, kept);
    if (at < 0) return;
    if (kept > 0) {
      copyTagged(this.#source.u8, this.#address, fabric.u8, at, kept, tag, this.#vlan);
      i32[at >> 2] = this.header0;
      i32[(at + 4) >> 2] = this.header1;
      i32[(at + 8) >> 2] = this.header2;
    }
    this.#stamp();
    this.#tap.commit(port, this.#stampNs, length, side, outcome);
  }

  /**
   * Learns where the frame's sender is; the answer is the one port of the segment of `network` that it is
   * for, or -1.
   */
  route(from: number, network: number): number {
    const { i32 } = this.#parts.fabric;
    const segment = leaderOf(i32, network);
    this.#readVlan(from);
    const low = (this.header1 >>> 16) | (this.header2 << 16);
    // A group address is nobody's source.
    if ((low & 1) === 0) learnMac(i32, segment, low, this.header2 >>> 16, from);
    if ((this.header0 & 1) !== 0) return -1;
    const target = lookUpMac(i32, segment, this.header0, this.header1 & 0xffff);
    const found = target >= 0 && this.#isOn(target, segment) && this.#tagFor(target) !== TAG.refuse;
    return found ? target : -1;
  }

  #readVlan(from: number): void {
    const { fabric } = this.#parts;
    this.#vlan = fabric.i32[(portAt(from) + PORT.vlan) >> 2] as number;
    const tagged = this.#length >= TAG_AT + TAG_BYTES + 2;
    this.#namedVlan = tagged ? vlanOfTag(this.#source.view.getInt32(this.#address + TAG_AT, true)) : 0;
  }

  #tagFor(target: number): number {
    const { i32 } = this.#parts.fabric;
    return tagAction(this.#vlan, this.#namedVlan, i32[(portAt(target) + PORT.vlan) >> 2] as number);
  }

  /** Whether a port is plugged into a network of this segment. */
  #isOn(port: number, segment: number): boolean {
    const { i32 } = this.#parts.fabric;
    const network = (i32[(portAt(port) + PORT.network) >> 2] as number) - 1;
    return network >= 0 && leaderOf(i32, network) === segment;
  }

  /**
   * Puts the frame where `target` receives: into its line, if it has one, else into its ring. The answer is
   * the counter that the frame ends in; after SENT, count it and call `release`. `countFor` is the port + 1
   * that counts it, negative for a copy.
   */
  deliver(target: number, countFor: number): number {
    const { i32 } = this.#parts.fabric;
    const row = portAt(target) >> 2;
    if ((Atomics.load(i32, row + (PORT.flags >> 2)) & PORT_FLAG.linkUp) === 0) return COUNTER.down;
    this.#tag = this.#tagFor(target);
    if (this.#tag === TAG.refuse) return COUNTER.noListener;
    const line = this.lineOf(target, PORT.ingressLine);
    if (line < 0) return this.arrive(target, countFor);
    const outcome = this.#put(line, target, countFor);
    if (outcome !== COUNTER.sent) this.#recordCome(target, outcome);
    return outcome;
  }

  /** The same past the line. */
  arrive(target: number, countFor: number): number {
    const { fabric, nowNs } = this.#parts;
    const flags = Atomics.load(fabric.i32, (portAt(target) + PORT.flags) >> 2);
    if ((flags & PORT_FLAG.linkUp) === 0) return COUNTER.down;
    const ring = this.ringOf(target);
    if (ring < 0) return COUNTER.noListener;
    if (tapSides(fabric, target) !== 0) this.#stamp();
    const limited = rateOf(fabric, target) !== 0;
    const passes = !limited || takeToReceive(fabric, target, this.#length, this.now(), nowNs);
    const outcome = passes ? this.#put(target, target, countFor) : COUNTER.overRate;
    this.#recordCome(target, outcome);
    return outcome;
  }

  /** The same of a large frame of which nothing else is asked: NOT_WHOLE, or a counter. */
  arriveWhole(target: number, countFor: number, segment: number): number {
    this.#segment = segment;
    const outcome = this.#put(target, target, countFor);
    this.#segment = 0;
    return outcome;
  }

  /** A frame that came to `target`, in its ring or lost before it. */
  #recordCome(target: number, outcome: number): void {
    if ((tapSides(this.#parts.fabric, target) & TAP_SIDE.in) === 0 || outcome === COUNTER.noListener) return;
    this.record(target, TAP_SIDE.in, outcome);
  }

  /** Puts the frame into an egress line. The answer is as that of `deliver`: QUEUED for SENT. */
  enter(line: number, countFor: number): number {
    const outcome = this.#put(line, -1, countFor);
    if (outcome === COUNTER.sent) return COUNTER.queued;
    return outcome === COUNTER.full ? COUNTER.queue : outcome;
  }

  /**
   * Copies the frame to all ports of the segment of `network` but `from`; the answer is how many there were
   * to hear it.
   */
  flood(network: number, from: number, counts: number): number {
    const { i32 } = this.#parts.fabric;
    const count = gatherPorts(i32, network, from, this.#hearing);
    let copies = 0;
    i32[(threadAt(this.#parts.thread) + THREAD.flooding) >> 2] = counts + 1;
    // Bound: PORTS_MAX.
    for (let index = 0; index < count; index++) {
      const port = this.#hearing[index] as number;
      const outcome = this.deliver(port, -(counts + 1));
      if (outcome === COUNTER.sent) {
        this.#countCopy(counts);
        this.#claims.release();
        copies++;
      } else if (outcome !== COUNTER.noListener && outcome !== COUNTER.down) {
        countAt(this.#parts.fabric, counts, COUNTER.copiesLost, 1);
        copies++;
      }
    }
    return copies;
  }

  /** Ends the claim of a frame that was delivered and counted. */
  release(): void {
    this.#claims.release();
  }

  /** Ends a claim of the pump's during which positions were passed over. */
  resolveBatch(ring: number): void {
    this.#claims.resolveBatch(ring);
  }

  /** The line that frames of a port have to take, or -1: it has none, or may go past it. */
  lineOf(port: number, direction: typeof PORT.egressLine | typeof PORT.ingressLine): number {
    const { fabric } = this.#parts;
    const line = Atomics.load(fabric.i32, (portAt(port) + direction) >> 2) - 1;
    return line >= 0 && !isEmptyLine(fabric, line) ? line : -1;
  }

  /** The ring that `port` receives in, or -1; its memory is then `receiver`. */
  ringOf(port: number): number {
    const { fabric } = this.#parts;
    const current = (portAt(port) + PORT.rxRing) >> 2;
    let ring = Atomics.load(fabric.i32, current) - 1;
    // Bound: RING_SWAPS_MAX.
    for (let tries = 0; ring >= 0 && tries < RING_SWAPS_MAX; tries++) {
      this.generation = generationOf(fabric, ring);
      this.receiver = this.#memoryOf(ring);
      // Still this one: then its generation is not that of its end.
      const again = Atomics.load(fabric.i32, current) - 1;
      if (again === ring) return this.receiver ? ring : -1;
      ring = again;
    }
    return -1;
  }

  /** Buffers of a ring that this thread has to leave for others. */
  spareOf(ring: number, generation: number): number {
    return this.#shares.spare(ring, generation);
  }

  /** So many frames of this thread have come into a ring: it is to be signalled when the call ends. */
  came(ring: number, generation: number, count: number): void {
    const touched = this.#touched;
    const { i32 } = this.#parts.fabric;
    const note = threadAt(this.#parts.thread) >> 2;
    const end =
      (i32[note + (THREAD.claimFrom >> 2)] as number) + (i32[note + (THREAD.claimCount >> 2)] as number);
    this.#shares.add(ring, generation, end, count);
    let index = this.#touchedCount - 1;
    // Bound: the rings of one call; most calls have one.
    while (index >= 0 && touched[index] !== ring) index--;
    if (index < 0) {
      if (this.#touchedCount === touched.length) this.signalTouched(false);
      index = this.#touchedCount++;
      touched[index] = ring;
    }
    this.#filled[index] = end - 1;
    this.#touchedGenerations[index] = generation;
  }

  /** `sampled`: the last frames are measured, where none is yet, and `now` is before the last signal. */
  signalTouched(sampled: boolean): void {
    const { fabric, nowNs } = this.#parts;
    for (let index = 0; index < this.#touchedCount; index++) {
      const ring = this.#touched[index] as number;
      const memory = this.#memoryOf(ring);
      if (!memory) continue;
      const isGuests = (fabric.i32[(ringAt(ring) + RING.owner) >> 2] as number) < IO_THREAD;
      if (sampled && isGuests) openSample(fabric, ring, memory, this.#filled[index] as number, nowNs);
      if (sampled) this.#nowNs = nowNs(); // Whoever is woken may have this thread's core at once.
      this.#claims.signal(ring, memory, this.#touchedGenerations[index] as number, nowNs);
      this.#last = ring;
    }
    this.#touchedCount = 0;
  }

  /** The memory behind a ring, where its guest is known. */
  #memoryOf(ring: number): GuestMemory | undefined {
    const { fabric, peers } = this.#parts;
    const at = ringAt(ring) >> 2;
    const owner = fabric.i32[at + (RING.owner >> 2)] as number;
    return peers.memoryOf(owner, fabric.i32[at + (RING.incarnation >> 2)] as number);
  }

  /** Into the ring of `port`: that of `target` or of its line; -1: nobody's loss where there is no room. */
  #put(port: number, target: number, countFor: number): number {
    const length = this.#length + growthOf(this.#tag);
    const claims = this.#claims;
    let verdict = GONE;
    let ring = -1;
    // Bound: RING_SWAPS_MAX; a ring that is gone has another in its place, or the port has none any more.
    for (let tries = 0; verdict === GONE && tries < RING_SWAPS_MAX; tries++) {
      ring = this.ringOf(port);
      if (ring < 0 || !this.receiver) return COUNTER.noListener;
      if (this.#segment !== 0 && !takesWhole(this.#parts.fabric, ring)) return NOT_WHOLE;
      // Lines are not shared out: who waits in one is the impairment's affair.
      const spare = port === target ? this.spareOf(ring, this.generation) : 0;
      verdict = claims.claim(ring, this.receiver, length, countFor, this.generation, spare);
    }
    const receiver = this.receiver as GuestMemory;
    if (verdict !== CLAIMED) return this.#refused(verdict, port, ring, target);
    const to = claims.address;
    copyTagged(this.#source.u8, this.#address, receiver.u8, to, length, this.#tag, this.#vlan);
    // The header that was judged, whatever stands in the sender's RAM now.
    receiver.view.setInt32(to, this.header0, true);
    receiver.view.setInt32(to + 4, this.header1, true);
    receiver.view.setInt32(to + 8, this.header2, true);
    // A line counts from here, whenever its thread wakes.
    if (port !== target) claims.mark(timeMark(this.now()));
    claims.publish(length, length | (this.#segment << LARGE.segmentShift));
    this.came(ring, this.generation, 1);
    return COUNTER.sent;
  }

  #refused(verdict: number, port: number, ring: number, target: number): number {
    const { fabric, thread, fault } = this.#parts;
    if (verdict === GONE) return COUNTER.noListener;
    const full = verdict === FULL;
    if (full) this.#shares.refused(ring, this.generation);
    if (target >= 0) {
      const row = portAt(target);
      if (full) countUp(fabric.i32, (row + PORT.rxFull) >> 2, (row + PORT.rxFullHigh) >> 2);
      else countUp(fabric.i32, (row + PORT.rxOther) >> 2, (row + PORT.rxOtherHigh) >> 2);
    }
    if (full) return COUNTER.full;
    if (verdict === SMALL) return COUNTER.tooBig;
    if (verdict === BROKEN && this.ringOf(port) === ring) {
      const owner = fabric.i32[(ringAt(ring) + RING.owner) >> 2] as number;
      if (owner !== thread) fault(owner, FAULT.rxStructure);
    }
    return COUNTER.noListener;
  }

  /** A copy that was published; no call before the note that it is counted: at calls threads are ended. */
  #countCopy(port: number): void {
    const { i32, f64 } = this.#parts.fabric;
    const cell = ((portAt(port) + PORT.counters) >> 3) + COUNTER.copies;
    const claimFor = (threadAt(this.#parts.thread) + THREAD.claimFor) >> 2;
    f64[cell] = (f64[cell] as number) + 1;
    i32[claimFor] = 0;
  }
}
