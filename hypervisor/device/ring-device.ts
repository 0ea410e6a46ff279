// What classes with one receiving and one sending ring share: taking the port, registering rings, letting go.

import {
  closeReceiving,
  leavePort,
  openReceiving,
  portExists,
  receivingRing,
  showSending,
  spareRing,
  takePort,
  waitForSenders,
} from "../datapath/port.ts";
import { setAttached } from "../datapath/line-port.ts";
import { closeSample, forgetSignal, hasSample, recordWake } from "../datapath/meter.ts";
import type { TxRing } from "../ring/sending.ts";
import { EBUSY, ENODEV, ENOENT } from "../ring/abi.ts";
import { resetRing } from "../ring/claims.ts";
import type { Connection, ConnectionParts, DeviceNotice, RingRequest } from "./connection.ts";

export abstract class RingDevice implements Connection {
  readonly device: DeviceNotice;
  protected readonly parts: ConnectionParts;
  /** By signal number. */
  readonly #sending = new Map<number, TxRing>();
  readonly #receiveId: number;
  readonly #sendId: number;

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

  register(request: RingRequest): number {
    if (request.id === this.#receiveId) return this.#registerReceiving(request);
    if (request.id !== this.#sendId) return ENOENT;
    const { port } = this.device;
    this.#sending.clear();
    this.#sending.set(request.number, {
      port,
      offset: request.offset,
      mask: request.count - 1,
      position: 0,
      lapped: false,
      untimed: 0,
    });
    showSending(this.parts.fabric, port, request.offset, request.count);
    return 0;
  }

  signal(number: number): number {
    const ring = this.#sending.get(number);
    if (!ring) return 0; // A ring that the host fills: nothing to work off.
    if (!portExists(this.parts.fabric, this.device.port)) return ENODEV;
    return this.drain(ring);
  }

  beforeSleep(): void {
    const { fabric, memory, nowNs } = this.parts;
    const { port } = this.device;
    forgetSignal(fabric, port);
    const ring = receivingRing(fabric, port);
    if (ring >= 0 && hasSample(fabric, ring)) closeSample(fabric, ring, memory, nowNs);
  }

  afterWake(): void {
    recordWake(this.parts.fabric, this.device.port, this.parts.nowNs);
  }

  close(): void {
    const { fabric, nowNs } = this.parts;
    const ring = receivingRing(fabric, this.device.port);
    leavePort(fabric, this.device.port);
    this.#sending.clear();
    if (ring >= 0) waitForSenders(fabric, ring, nowNs);
  }

  #registerReceiving(request: RingRequest): number {
    const { fabric, thread, incarnation, events, nowNs } = this.parts;
    const { port } = this.device;
    const ring = spareRing(fabric, port);
    const old = receivingRing(fabric, port);
    closeReceiving(fabric, port);
    if (!waitForSenders(fabric, ring, nowNs) || (old >= 0 && !waitForSenders(fabric, old, nowNs)))
      return EBUSY;
    const { number, offset, count, signal } = request;
    resetRing(fabric, ring, { count, offset, signal, events, number, owner: thread, incarnation });
    openReceiving(fabric, port, ring);
    return 0;
  }
}

/** Opens a device of any class: takes its port, or says why not. */
export function openPort(device: DeviceNotice, parts: ConnectionParts): number {
  if (!portExists(parts.fabric, device.port)) return ENODEV;
  if (!takePort(parts.fabric, device.port, parts.thread)) return EBUSY;
  setAttached(parts.fabric, device.port, parts.nowNs());
  return 0;
}
