// What a guest is told of its bus: devices added, removed and changed, merged so that there is one answer a
// device.

import { CHANGE } from "../ring/abi.ts";
import type { DeviceNotice } from "../device/connection.ts";

interface Entry {
  /** The guest has been told that it is there. */
  known: boolean;
  /** The class that it was told of: a removed device still has it. */
  told: number;
  /** Gone, or replaced by another since it was told. */
  stale: boolean;
  dirty: boolean;
  present: DeviceNotice | undefined;
  /** What it is to become once the guest acknowledges, and whether the guest has been told. */
  wanted: { readonly device: DeviceNotice; readonly ticket: number; told: boolean } | undefined;
}

/** Device changes of one guest, in the order of the first untold change. */
export class Changes {
  readonly #entries = new Map<number, Entry>();

  put(device: DeviceNotice): void {
    const entry = this.#entry(device.id);
    if (entry.present) entry.dirty = true;
    entry.present = device;
    entry.wanted = undefined;
  }

  /** Asks the guest for other rings, for `device` as it is to be. Over with the next `put`. */
  want(device: DeviceNotice, ticket: number): void {
    this.#entry(device.id).wanted = { device, ticket, told: false };
  }

  drop(id: number): void {
    const entry = this.#entry(id);
    entry.present = undefined;
    entry.wanted = undefined;
    entry.dirty = false;
    if (entry.known) entry.stale = true;
    else this.#entries.delete(id);
  }

  /** The device as it is now, for opening it. */
  present(id: number): DeviceNotice | undefined {
    return this.#entries.get(id)?.present;
  }

  /** Writes the next record into `out` (128 bytes, zeroed here). False: nothing to tell. */
  next(out: Uint8Array): boolean {
    for (const [id, entry] of this.#entries) {
      const device = entry.present;
      if (entry.known && entry.stale) {
        entry.known = false;
        entry.stale = false;
        if (!device) this.#entries.delete(id);
        writeRecord(out, CHANGE.removed, id, undefined);
        new DataView(out.buffer, out.byteOffset, CHANGE.size).setUint32(8, entry.told, true);
        return true;
      }
      if (!device) continue;
      if (!entry.known || entry.dirty) {
        writeRecord(out, entry.known ? CHANGE.changed : CHANGE.added, id, device);
        entry.known = true;
        entry.told = device.class;
        entry.dirty = false;
        return true;
      }
      if (entry.wanted?.told === false) {
        entry.wanted.told = true;
        writeRecord(out, CHANGE.reconfigure, id, entry.wanted.device, entry.wanted.ticket);
        return true;
      }
    }
    return false;
  }

  #entry(id: number): Entry {
    let entry = this.#entries.get(id);
    if (!entry) {
      entry = { known: false, told: 0, stale: false, dirty: false, present: undefined, wanted: undefined };
      this.#entries.set(id, entry);
    }
    return entry;
  }
}

const NAME_AT = 16;
const NAME_BYTES = 32;

function writeRecord(
  out: Uint8Array,
  type: number,
  id: number,
  device: DeviceNotice | undefined,
  ticket = 0,
): void {
  out.fill(0, 0, CHANGE.size);
  const view = new DataView(out.buffer, out.byteOffset, CHANGE.size);
  view.setUint32(0, type, true);
  view.setUint32(4, id, true);
  if (!device) return;
  view.setUint32(8, device.class, true);
  view.setUint32(CHANGE.ticket, ticket, true);
  out.set(new TextEncoder().encode(device.name).subarray(0, NAME_BYTES), NAME_AT);
  out.set(device.facts.subarray(0, CHANGE.size - CHANGE.facts), CHANGE.facts);
}
