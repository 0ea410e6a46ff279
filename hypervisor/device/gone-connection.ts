// An open handle whose device has been taken from the bus.

import { ENODEV } from "../ring/abi.ts";
import type { Connection, DeviceNotice } from "./connection.ts";

export class GoneConnection implements Connection {
  readonly device: DeviceNotice;

  constructor(device: DeviceNotice) {
    this.device = device;
  }

  changed(): void {
    // It is not there any more: nothing changes.
  }

  wanted(): void {
    // Nor is anything asked for.
  }

  call(): number {
    return ENODEV;
  }

  register(): number {
    return ENODEV;
  }

  signal(): number {
    return ENODEV;
  }

  beforeSleep(): void {
    // Nothing is measured of a device that is gone.
  }

  afterWake(): void {
    // As `beforeSleep`.
  }

  close(): void {
    // The connection that was here has let everything go.
  }
}
