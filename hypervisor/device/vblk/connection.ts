// The host half of vblk on the guest's thread: takes requests from its queues and has the volume do them,
// straight between the volume and the guest's RAM, before `signal` returns. It may wait for the disk
// meanwhile, as the guest would; it holds nothing, so it can be ended there.

import type { BlockStore } from "../../datapath/block-store.ts";
import { FAULT } from "../../datapath/fault.ts";
import { countKick, recordKick } from "../../datapath/meter.ts";
import { leavePort, portExists, showSending } from "../../datapath/port.ts";
import { endRequest } from "../../datapath/requests.ts";
import { isLimited, takeRequest } from "../../datapath/request-rate.ts";
import { BUDGET_BYTES, BUDGET_FRAMES, REQUEST_BYTES_MAX, SECTOR_BYTES } from "../../limits.ts";
import { inside } from "../../memory/fabric.ts";
import {
  DESCRIPTOR,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOENT,
  ENOSPC,
  EPERM,
  REQUEST,
  REQUEST_OP,
  VBLK,
} from "../../ring/abi.ts";
import { turnAt, type TxRing } from "../../ring/sending.ts";
import type { Connection, ConnectionParts, DeviceNotice, DiskNotice, RingRequest } from "../connection.ts";

/** From here on the upper word of an offset says more than any volume has. */
const OFFSET_HIGH_MAX = 2 ** 20;

interface Queue {
  readonly number: number;
  readonly ring: TxRing;
}

export class VblkConnection implements Connection {
  device: DeviceNotice;
  readonly #parts: ConnectionParts;
  readonly #queues: (Queue | undefined)[] = [];
  #disk: DiskNotice;
  #store: BlockStore;

  /** The caller has taken the port. */
  constructor(device: DeviceNotice, parts: ConnectionParts) {
    this.device = device;
    this.#parts = parts;
    this.#disk = device.disk as DiskNotice;
    this.#store = parts.openStore(this.#disk.volume);
  }

  changed(device: DeviceNotice): void {
    this.device = device;
    if (!device.disk) return;
    this.#disk = device.disk;
    this.#store = this.#parts.openStore(device.disk.volume);
  }

  wanted(): void {
    // Its rings are the guest's to choose.
  }

  call(func: number, pointer: number, length: number): number {
    if (func !== VBLK.info) return ENOENT;
    if (length < VBLK.factsBytes) return ENOSPC;
    this.#parts.memory.u8.set(this.device.facts.subarray(0, VBLK.factsBytes), pointer);
    return 0;
  }

  register({ id, number, offset, count, staged }: RingRequest): number {
    if (id < 0 || id >= this.#disk.queues) return ENOENT;
    if (staged) return EINVAL;
    const { port } = this.device;
    const old = this.#queues[id];
    if (old) this.#parts.freeNumber(old.number);
    const ring = { port, offset, mask: count - 1, position: 0, lapped: false, untimed: 0 };
    this.#queues[id] = { number, ring };
    if (id === 0) showSending(this.#parts.fabric, port, offset, count);
    return 0;
  }

  signal(number: number): number {
    const { fabric, nowNs } = this.#parts;
    const { port } = this.device;
    if (!portExists(fabric, port)) return ENODEV;
    const ring = this.#queueOf(number);
    const startNs = countKick(fabric, ring) ? nowNs() : undefined;
    const from = ring.position;
    const answer = this.#workOff(ring);
    recordKick(
      fabric,
      port,
      (ring.position - from) | 0,
      startNs === undefined ? undefined : nowNs() - startNs,
    );
    return answer;
  }

  beforeSleep(): void {
    // Nobody fills a ring of a disk while its guest sleeps.
  }

  afterWake(): void {
    // As `beforeSleep`.
  }

  close(): void {
    leavePort(this.#parts.fabric, this.device.port);
  }

  #queueOf(number: number): TxRing {
    let index = 0;
    // Bound: `signal` came here by a number of one of the queues.
    while (this.#queues[index]?.number !== number) index++;
    return (this.#queues[index] as Queue).ring;
  }

  #workOff(ring: TxRing): number {
    const { fabric, memory, thread, nowNs } = this.#parts;
    const { i32 } = memory;
    let bytes = 0;
    // Bound: BUDGET_FRAMES and BUDGET_BYTES; each turn does one request or ends.
    for (let done = 0; done < BUDGET_FRAMES && bytes < BUDGET_BYTES; done++) {
      const descriptor = (ring.offset + (ring.position & ring.mask) * DESCRIPTOR.size) >>> 2;
      const turn = turnAt(memory, descriptor, ring);
      if (turn === "broken") this.#parts.fault(thread, FAULT.txTurn);
      if (turn !== "posted") return 0;
      const at = (i32[descriptor] as number) >>> 0;
      const size = (i32[descriptor + 1] as number) >>> 0;
      if (size !== REQUEST.size || at % 8 !== 0) this.#parts.fault(thread, FAULT.request);
      if (!inside(memory, at, size)) this.#parts.fault(thread, FAULT.txPointer);
      // Each word is read once: the guest may rewrite it.
      const head = at >>> 2;
      const op = i32[head + (REQUEST.op >> 2)] as number;
      const low = (i32[head + (REQUEST.offset >> 2)] as number) >>> 0;
      const high = (i32[head + (REQUEST.offset >> 2) + 1] as number) >>> 0;
      const length = (i32[head + (REQUEST.length >> 2)] as number) >>> 0;
      const address = (i32[head + (REQUEST.address >> 2)] as number) >>> 0;
      const offset = high * 2 ** 32 + low;
      let status = high < OFFSET_HIGH_MAX ? this.#judge(op, offset, length, address) : EINVAL;
      if (status === 0) {
        const wait = isLimited(fabric, ring.port) ? takeRequest(fabric, ring.port, length, nowNs()) : 0;
        if (wait > 0) return wait;
        status = this.#serve(op, offset, length, address);
      }
      const isFirst = this.#queues[0]?.ring === ring;
      endRequest(fabric, memory, ring, isFirst, descriptor, head, op, status, length);
      // Who waits for the disk has had his turn.
      bytes += op === REQUEST_OP.flush ? BUDGET_BYTES : length;
    }
    return 1;
  }

  /** 0, or why a request can't be. */
  #judge(op: number, offset: number, length: number, address: number): number {
    const { volume, readonly } = this.#disk;
    if (op < REQUEST_OP.read || op > REQUEST_OP.discard) return EINVAL;
    if (op === REQUEST_OP.flush) return length === 0 ? 0 : EINVAL;
    if (length === 0 || length % SECTOR_BYTES !== 0 || length > REQUEST_BYTES_MAX) return EINVAL;
    if (offset % SECTOR_BYTES !== 0 || offset + length > volume.size) return EINVAL;
    if (op !== REQUEST_OP.read && readonly) return EPERM;
    return op === REQUEST_OP.discard || inside(this.#parts.memory, address, length) ? 0 : EFAULT;
  }

  #serve(op: number, offset: number, length: number, address: number): number {
    const { u8 } = this.#parts.memory;
    if (op === REQUEST_OP.read) return this.#store.read(offset, u8, address, length);
    if (op === REQUEST_OP.write) return this.#store.write(offset, u8, address, length);
    if (op === REQUEST_OP.discard) return this.#store.discard(offset, length);
    // Who only reads has nothing to flush, and what another writes is that one's to flush.
    return this.#disk.readonly ? 0 : this.#store.flush();
  }
}
