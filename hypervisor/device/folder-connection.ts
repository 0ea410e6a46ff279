// A folder, on the thread of the guest that has it open: it takes no calls and no rings. The program in that
// guest reaches it by the host's own driver; here is what makes it the one that has it.

import { leavePort } from "../datapath/port.ts";
import { EBADF, EINVAL, ENOENT } from "../ring/abi.ts";
import type { Connection, ConnectionParts, DeviceNotice } from "./connection.ts";

export class FolderConnection implements Connection {
  device: DeviceNotice;
  readonly #parts: ConnectionParts;

  /** The caller has taken the port. */
  constructor(device: DeviceNotice, parts: ConnectionParts) {
    this.device = device;
    this.#parts = parts;
  }

  changed(device: DeviceNotice): void {
    this.device = device;
  }

  wanted(): void {
    // It has no rings.
  }

  call(): number {
    return ENOENT;
  }

  register(): number {
    return EINVAL;
  }

  signal(): number {
    return EBADF;
  }

  beforeSleep(): void {
    // Nothing is measured of it.
  }

  afterWake(): void {
    // As `beforeSleep`.
  }

  close(): void {
    leavePort(this.#parts.fabric, this.device.port);
  }
}
