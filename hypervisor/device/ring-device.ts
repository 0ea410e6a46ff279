// What classes with one receiving and one sending ring share: taking the port, registering rings, putting
// others in their place, letting go.

import {
  acknowledge,
  closeReceiving,
  isAskedFor,
  leavePort,
  openReceiving,
  portExists,
  receivingRing,
  setFrameMax,
  showSending,
  spareRing,
  swapReceiving,
  takePort,
  waitForSenders,
} from "../datapath/port.ts";
import { setAttached } from "../datapath/line-port.ts";
import { closeSample, countLate, forgetSignal, hasSample, recordWake } from "../datapath/meter.ts";
import { turnAt, type TxRing } from "../ring/sending.ts";
import { DESCRIPTOR, EAGAIN, EBUSY, EINVAL, ENODEV, ENOENT } from "../ring/abi.ts";
import { resetRing } from "../ring/claims.ts";
import type { Connection, ConnectionParts, DeviceNotice, RingRequest } from "./connection.ts";

/** What the guest is asked for. */
interface Wanted {
  readonly device: DeviceNotice;
  readonly ticket: number;
}

export abstract class RingDevice implements Connection {
  device: DeviceNotice;
  protected readonly parts: ConnectionParts;
  readonly #receiveId: number;
  readonly #sendId: number;
  /** What is registered, and what is to take its place; the staged receiving ring is the port's spare one. */
  #receiving: RingRequest | undefined;
  #sending: RingRequest | undefined;
  #stagedReceiving: RingRequest | undefined;
  #stagedSending: RingRequest | undefined;
  #tx: TxRing | undefined;
  #wanted: Wanted | undefined;
  /** A ring that was replaced, in which a sender may still be in the middle of a frame. */
  #retiring: { readonly ring: number; readonly ticket: number } | undefined;

  /** The caller has taken the port. */
  constructor(device: DeviceNotice, parts: ConnectionParts, receiveId: number, sendId: number) {
    this.device = device;
    this.parts = parts;
    this.#receiveId = receiveId;
    this.#sendId = sendId;
  }

  abstract call(func: number, pointer: number, length: number): number;
  /** Works a sending ring off; the answer of the verb `signal`. */
  protected abstract drain(ring: TxRing): number;

  changed(device: DeviceNotice): void {
    this.device = device;
    this.#wanted = undefined;
  }

  wanted(device: DeviceNotice, ticket: number): void {
    this.#wanted = { device, ticket };
  }

  register(request: RingRequest): number {
    if (request.id === this.#receiveId) return this.#registerReceiving(request);
    if (request.id !== this.#sendId) return ENOENT;
    this.#free(this.#stagedSending);
    this.#stagedSending = request.staged ? request : undefined;
    if (!request.staged) this.#useSending(request);
    return 0;
  }

  signal(number: number): number {
    if (this.#sending?.number !== number) return 0; // A ring that the host fills: nothing to work off.
    if (!portExists(this.parts.fabric, this.device.port)) return ENODEV;
    return this.drain(this.#tx as TxRing);
  }

  beforeSleep(): void {
    const { fabric, memory, nowNs } = this.parts;
    const { port } = this.device;
    forgetSignal(fabric, port);
    const ring = receivingRing(fabric, port);
    if (ring >= 0 && hasSample(fabric, ring)) closeSample(fabric, ring, memory, nowNs);
  }

  afterWake(): void {
    const { fabric, thread, nowNs, urgency } = this.parts;
    const { port } = this.device;
    if (recordWake(fabric, port, nowNs) > urgency.deadlineNs) countLate(fabric, thread, port);
  }

  close(): void {
    const { fabric, nowNs } = this.parts;
    const ring = receivingRing(fabric, this.device.port);
    leavePort(fabric, this.device.port);
    this.#sending = undefined;
    if (ring >= 0) waitForSenders(fabric, ring, nowNs);
  }

  /**
   * The guest has staged what it was asked for: from now on these are its rings. 0: nobody is in the old ones
   * any more. EAGAIN: call again, frames are left to send or a sender is still in the old ring. ENOENT: it
   * is not asked, or not any more, and all is as before. EINVAL: a ring was not staged.
   */
  protected acknowledge(ticket: number): number {
    const { fabric, nowNs, portsChanged } = this.parts;
    const { port } = this.device;
    if (this.#retiring?.ticket === ticket) {
      if (!waitForSenders(fabric, this.#retiring.ring, nowNs)) return EAGAIN;
      this.#retiring = undefined;
      return 0;
    }
    const wanted = this.#wanted;
    if (!wanted || wanted.ticket !== ticket || !isAskedFor(fabric, port, ticket)) return this.#unstage();
    const misses = (old?: RingRequest, staged?: RingRequest): boolean => old !== undefined && !staged;
    if (misses(this.#receiving, this.#stagedReceiving) || misses(this.#sending, this.#stagedSending))
      return EINVAL;
    if (this.#hasUnsent()) return EAGAIN;
    if (!acknowledge(fabric, port, ticket)) return this.#unstage();
    setFrameMax(fabric, port, wanted.device.frameMax);
    this.device = wanted.device;
    this.#wanted = undefined;
    const old = this.#useStaged();
    portsChanged();
    if (old < 0) return 0;
    this.#retiring = { ring: old, ticket };
    return this.acknowledge(ticket);
  }

  /** The receiving ring that was replaced, or -1. */
  #useStaged(): number {
    const { fabric } = this.parts;
    const { port } = this.device;
    const [receiving, sending] = [this.#stagedReceiving, this.#stagedSending];
    this.#stagedReceiving = undefined;
    this.#stagedSending = undefined;
    if (sending) this.#useSending(sending);
    if (!receiving) return -1;
    this.#free(this.#receiving);
    this.#receiving = receiving;
    return swapReceiving(fabric, port, spareRing(fabric, port));
  }

  /** Forgets what was staged. */
  #unstage(): number {
    this.#free(this.#stagedReceiving);
    this.#free(this.#stagedSending);
    this.#stagedReceiving = undefined;
    this.#stagedSending = undefined;
    return ENOENT;
  }

  #hasUnsent(): boolean {
    const tx = this.#tx;
    if (!tx) return false;
    const descriptor = (tx.offset + (tx.position & tx.mask) * DESCRIPTOR.size) >>> 2;
    return turnAt(this.parts.memory, descriptor, tx) === "posted";
  }

  #useSending(request: RingRequest): void {
    const { port } = this.device;
    const { offset, count } = request;
    this.#free(this.#sending);
    this.#sending = request;
    this.#tx = { port, offset, mask: count - 1, position: 0, lapped: false, untimed: 0 };
    showSending(this.parts.fabric, port, offset, count);
  }

  #registerReceiving(request: RingRequest): number {
    const { fabric, thread, incarnation, events, nowNs } = this.parts;
    const { port } = this.device;
    const ring = spareRing(fabric, port);
    const old = receivingRing(fabric, port);
    if (!request.staged) closeReceiving(fabric, port);
    if (!waitForSenders(fabric, ring, nowNs)) return EBUSY;
    if (!request.staged && old >= 0 && !waitForSenders(fabric, old, nowNs)) return EBUSY;
    this.#free(this.#stagedReceiving);
    this.#stagedReceiving = request.staged ? request : undefined;
    const { number, offset, count, signal } = request;
    resetRing(fabric, ring, { count, offset, signal, events, number, owner: thread, incarnation });
    if (request.staged) return 0;
    this.#free(this.#receiving);
    this.#receiving = request;
    openReceiving(fabric, port, ring);
    return 0;
  }

  #free(ring: RingRequest | undefined): void {
    if (ring) this.parts.freeNumber(ring.number);
  }
}

/** Opens a device of any class: takes its port, or says why not. */
export function openPort(device: DeviceNotice, parts: ConnectionParts): number {
  if (!portExists(parts.fabric, device.port)) return ENODEV;
  if (!takePort(parts.fabric, device.port, parts.thread)) return EBUSY;
  setAttached(parts.fabric, device.port, parts.nowNs());
  return 0;
}
