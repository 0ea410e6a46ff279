// The host half of vchan on the guest's thread: what it sends goes into its lane of the channel, what waits
// in the others' lanes goes into the buffers that it has posted. Both when it calls `signal`; so what is sent
// waits with the host, and nobody writes into a guest that does not call.

import { FAULT } from "../../datapath/fault.ts";
import { countKick, countLate, forgetSignal, recordKick, recordWake } from "../../datapath/meter.ts";
import {
  closeReceiving,
  endRing,
  leavePort,
  openReceiving,
  portExists,
  receivingRing,
  sendingRing,
  showSending,
  waitForSenders,
} from "../../datapath/port.ts";
import { CHANNEL_BUDGET_BYTES, CHANNEL_BUDGET_MESSAGES, CHANNEL_WAIT_US } from "../../limits.ts";
import { inside, type GuestMemory } from "../../memory/fabric.ts";
import { COUNTER, PORT, RING, SLOT, portAt, ringAt, slotAt } from "../../memory/layout.ts";
import { DESCRIPTOR, EBUSY, EINVAL, ENODEV, ENOENT, ENOSPC, EPERM, VCHAN } from "../../ring/abi.ts";
import { Claims, generationOf, resetRing } from "../../ring/claims.ts";
import { bufferAt, fill, type RxRing } from "../../ring/filling.ts";
import { Lanes, REFUSED } from "../../ring/lanes.ts";
import { giveBack, turnAt, type TxRing } from "../../ring/sending.ts";
import type { ChannelEnd, Connection, ConnectionParts, DeviceNotice, RingRequest } from "../connection.ts";

/** The counter of the device for each reason why a message is not taken. */
const COUNTER_OF = [COUNTER.full, COUNTER.tooBig, COUNTER.malformed] as const;

export class VchanConnection implements Connection {
  device: DeviceNotice;
  readonly #parts: ConnectionParts;
  readonly #claims: Claims;
  #lanes: Lanes;
  #in: { readonly number: number; readonly ring: RxRing } | undefined;
  #out: { readonly number: number; readonly ring: TxRing } | undefined;

  /** The caller has taken the port. */
  constructor(device: DeviceNotice, parts: ConnectionParts) {
    this.device = device;
    this.#parts = parts;
    this.#claims = new Claims(parts.fabric, parts.thread);
    this.#lanes = new Lanes(endOf(device).lanes);
  }

  changed(device: DeviceNotice): void {
    const { lanes } = endOf(device);
    if (lanes.buffer !== this.#lanes.shape.buffer) this.#lanes = new Lanes(lanes);
    this.device = device;
  }

  wanted(): void {
    // No other rings are asked for: what changes of a vchan takes none.
  }

  call(func: number, pointer: number, length: number): number {
    if (func !== VCHAN.info) return ENOENT;
    if (length < VCHAN.factsBytes) return ENOSPC;
    this.#parts.memory.u8.set(this.device.facts, pointer);
    return 0;
  }

  register(request: RingRequest): number {
    if (request.staged) return EINVAL;
    if (request.id === VCHAN.in) return this.#registerIn(request);
    return request.id === VCHAN.out ? this.#registerOut(request) : ENOENT;
  }

  signal(number: number): number {
    const { fabric } = this.#parts;
    if (!portExists(fabric, this.device.port)) return ENODEV;
    if (this.#in?.number === number)
      return endOf(this.device).receives ? this.#receive(this.#in.ring) : EPERM;
    if (this.#out?.number !== number) return 0;
    return endOf(this.device).lane < 0 ? EPERM : this.#send(this.#out.ring);
  }

  beforeSleep(): void {
    forgetSignal(this.#parts.fabric, this.device.port);
  }

  afterWake(): void {
    const { fabric, thread, nowNs, urgency } = this.#parts;
    const { port } = this.device;
    if (recordWake(fabric, port, nowNs) > urgency.deadlineNs) countLate(fabric, thread, port);
  }

  close(): void {
    const { fabric, nowNs } = this.#parts;
    const { port } = this.device;
    const ring = receivingRing(fabric, port);
    endRing(fabric, sendingRing(port));
    leavePort(fabric, port);
    if (ring >= 0) waitForSenders(fabric, ring, nowNs);
    waitForSenders(fabric, sendingRing(port), nowNs);
  }

  #registerIn(request: RingRequest): number {
    const { fabric } = this.#parts;
    const { port } = this.device;
    const ring = port * 2;
    closeReceiving(fabric, port);
    if (!this.#reset(ring, request)) return EBUSY;
    if (this.#in) this.#parts.freeNumber(this.#in.number);
    const { number, offset, count } = request;
    this.#in = { number, ring: { ring, offset, mask: count - 1, position: 0, lapped: false } };
    openReceiving(fabric, port, ring);
    return 0;
  }

  #registerOut(request: RingRequest): number {
    const { fabric } = this.#parts;
    const { port } = this.device;
    endRing(fabric, sendingRing(port));
    if (!this.#reset(sendingRing(port), request)) return EBUSY;
    if (this.#out) this.#parts.freeNumber(this.#out.number);
    const { number, offset, count } = request;
    const ring = { port, offset, mask: count - 1, position: 0, lapped: false, untimed: 0 };
    this.#out = { number, ring };
    showSending(fabric, port, offset, count);
    return 0;
  }

  /** Whom others signal for a ring. False: one is in the middle of signalling the one before. */
  #reset(ring: number, { number, offset, count, signal }: RingRequest): boolean {
    const { fabric, thread, incarnation, events, nowNs } = this.#parts;
    if (!waitForSenders(fabric, ring, nowNs)) return false;
    resetRing(fabric, ring, { count, offset, signal, events, number, owner: thread, incarnation });
    return true;
  }

  #send(ring: TxRing): number {
    const { fabric, nowNs } = this.#parts;
    const startNs = countKick(fabric, ring) ? nowNs() : undefined;
    const from = ring.position;
    const answer = this.#workOff(ring);
    const done = (ring.position - from) | 0;
    recordKick(fabric, ring.port, done, startNs === undefined ? undefined : nowNs() - startNs);
    if (done > 0) this.#signalReceivers();
    return answer;
  }

  #workOff(ring: TxRing): number {
    const { fabric, memory, thread, fault } = this.#parts;
    const lanes = this.#lanes;
    const { lane, priority } = endOf(this.device);
    const counters = (portAt(ring.port) + PORT.counters) >> 3;
    const { f64 } = fabric;
    // Bound: CHANNEL_BUDGET_MESSAGES, CHANNEL_BUDGET_BYTES.
    for (let done = 0, bytes = 0; done < CHANNEL_BUDGET_MESSAGES && bytes < CHANNEL_BUDGET_BYTES; done++) {
      const descriptor = (ring.offset + (ring.position & ring.mask) * DESCRIPTOR.size) >>> 2;
      const posted = turnAt(memory, descriptor, ring);
      if (posted === "broken") fault(thread, FAULT.txTurn);
      if (posted !== "posted") return 0;
      const address = (memory.i32[descriptor] as number) >>> 0; // Read once, as is the length.
      const length = (memory.i32[descriptor + 1] as number) >>> 0;
      if (length === 0 || length > lanes.shape.messageMax) {
        this.#refuse(length === 0 ? REFUSED.malformed : REFUSED.tooBig);
        memory.i32[descriptor + 1] = 0;
      } else {
        if (!inside(memory, address, length)) fault(thread, FAULT.txPointer);
        // A second time where there was room after all.
        const taken =
          lanes.put(lane, memory, address, length, priority) ||
          (!lanes.refuses && lanes.wantRoom(lane) && lanes.put(lane, memory, address, length, priority));
        if (taken) {
          // In one straight line with the commit.
          f64[counters + COUNTER.sent] = (f64[counters + COUNTER.sent] as number) + 1;
          f64[counters + COUNTER.bytes] = (f64[counters + COUNTER.bytes] as number) + length;
        } else {
          if (!lanes.refuses) return CHANNEL_WAIT_US;
          this.#refuse(REFUSED.full);
          memory.i32[descriptor + 1] = 0;
        }
        bytes += length;
      }
      giveBack(fabric, memory, descriptor, ring);
    }
    return 1;
  }

  /** Counts a message that is not taken, once at the device and once in the channel. */
  #refuse(reason: 0 | 1 | 2): void {
    const { f64 } = this.#parts.fabric;
    const at = ((portAt(this.device.port) + PORT.counters) >> 3) + COUNTER_OF[reason];
    const cell = this.#lanes.refusedCell(endOf(this.device).lane, reason);
    const lanes = this.#lanes.f64;
    f64[at] = (f64[at] as number) + 1;
    lanes[cell] = (lanes[cell] as number) + 1;
  }

  #receive(ring: RxRing): number {
    const lanes = this.#lanes;
    lanes.lookAnew();
    const answer = this.#fillBuffers(ring);
    // Bound: one for each lane.
    for (let port = lanes.waitingSender(); port >= 0; port = lanes.waitingSender())
      this.#signalRing(sendingRing(port));
    return answer;
  }

  #fillBuffers(ring: RxRing): number {
    const { fabric, memory, thread, fault } = this.#parts;
    const lanes = this.#lanes;
    const { lane } = endOf(this.device);
    const { f64 } = fabric;
    // Bound: CHANNEL_BUDGET_MESSAGES, CHANNEL_BUDGET_BYTES.
    for (let done = 0, bytes = 0; done < CHANNEL_BUDGET_MESSAGES && bytes < CHANNEL_BUDGET_BYTES; done++) {
      const slot = ring.position & ring.mask;
      const descriptor = (ring.offset + slot * DESCRIPTOR.size) >>> 2;
      const posted = bufferAt(memory, descriptor, ring);
      if (posted === "broken") fault(thread, FAULT.rxStructure);
      if (posted !== "posted") return 0;
      const address = (memory.i32[descriptor] as number) >>> 0; // Read once, as is the capacity.
      const capacity = (memory.i32[descriptor + 1] as number) >>> 0;
      if (!inside(memory, address, capacity)) fault(thread, FAULT.rxStructure);
      if (capacity < lanes.shape.messageMax) {
        fill(fabric, memory, descriptor, ring, 0);
        continue;
      }
      const counted = (slotAt(ring.ring, slot) + SLOT.frames) >> 3;
      const taken = lanes.take(lane, memory, address, capacity);
      if (taken <= 0) return taken === 0 ? 0 : 1;
      // In one straight line with the commit.
      f64[counted] = (f64[counted] as number) + lanes.messages;
      f64[counted + 1] = (f64[counted + 1] as number) + taken;
      bytes += taken;
      fill(fabric, memory, descriptor, ring, taken);
    }
    return 1;
  }

  /** Tells those who may receive: whoever looks first gets it. */
  #signalReceivers(): void {
    const { fabric } = this.#parts;
    const lanes = this.#lanes;
    const used = lanes.receiversUsed;
    for (let index = 0; index < used; index++) {
      const port = lanes.receiver(index);
      const ring = port < 0 || port === this.device.port ? -1 : receivingRing(fabric, port);
      if (ring >= 0) this.#signalRing(ring);
    }
  }

  #signalRing(ring: number): void {
    const generation = generationOf(this.#parts.fabric, ring);
    let memory = this.#memoryOf(ring);
    // Control tells of a guest before it can open the device; this thread may not have looked since.
    if (!memory) this.#parts.readMail();
    memory ??= this.#memoryOf(ring);
    if (memory) this.#claims.signal(ring, memory, generation, this.#parts.nowNs);
  }

  #memoryOf(ring: number): GuestMemory | undefined {
    const { fabric, peers } = this.#parts;
    const at = ringAt(ring) >> 2;
    const owner = fabric.i32[at + (RING.owner >> 2)] as number;
    return peers.memoryOf(owner, fabric.i32[at + (RING.incarnation >> 2)] as number);
  }
}

/** Every vchan has one. */
function endOf(device: DeviceNotice): ChannelEnd {
  return device.channel as ChannelEnd;
}
