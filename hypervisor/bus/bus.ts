// Buses: namespaces of small device ids, filled by the host only. Control thread.

import type { ChannelEnd, DiskNotice, FolderNotice } from "../device/connection.ts";
import { BUS_DEVICES_MAX } from "../limits.ts";
import type { DeviceSpec, Id } from "../hypervisor.ts";

/** A device of a bus, with its place in the fabric. */
export interface Device {
  readonly id: Id;
  readonly bus: Id;
  /** The number by which guests of the bus open it. */
  readonly deviceId: number;
  readonly port: number;
  spec: DeviceSpec;
  /** The guest that has it open. */
  openBy: Id | undefined;
  /** Of class vchan: its end of the channel. */
  channel?: ChannelEnd;
  /** Of class vblk: what its guest opens. */
  disk?: DiskNotice;
  /** Of class folder. */
  folder?: FolderNotice;
}

export class Bus {
  readonly id: Id;
  readonly devices = new Map<Id, Device>();
  readonly members = new Set<Id>();
  readonly #numbers = new Set<number>();

  constructor(id: Id) {
    this.id = id;
  }

  /** The lowest free device id, or undefined when all are taken. */
  freeNumber(): number | undefined {
    for (let number = 1; number <= BUS_DEVICES_MAX; number++) if (!this.#numbers.has(number)) return number;
    return undefined;
  }

  add(device: Device): void {
    this.devices.set(device.id, device);
    this.#numbers.add(device.deviceId);
  }

  remove(device: Device): void {
    this.devices.delete(device.id);
    this.#numbers.delete(device.deviceId);
  }
}
