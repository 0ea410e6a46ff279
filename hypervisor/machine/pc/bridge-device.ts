// What the bridge of a PC asks of a device on it, whatever its class.

import type { SavedBridged } from "./saved.ts";

/** Tells the guest that there is something for this number. */
export type SignalGuest = (number: number) => void;

/** A ring as the guest says where it is. */
export interface RingOfPc {
  readonly offset: number;
  readonly bytes: number;
  readonly signalOffset: number;
}

export interface BridgeDevice {
  /** Number of its class. */
  readonly class: number;
  /** The record of the bus, as the guest is told it. */
  readonly record: Uint8Array;
  changed(record: Uint8Array): void;
  /** The device is gone. */
  remove(): void;
  /** Nobody has it open any more. */
  reset(): void;
  /** As the verbs of docs/abi.md, from here on. `number` is the ring's signal number. */
  open(): number;
  call(func: number, pointer: number, length: number): number;
  shm(id: number, at: RingOfPc, number: number): number;
  /** The guest says that it has filled a ring. False: there is none such, or it is filled by the host. */
  kick(ring: number): boolean;
  /** Between two runs of the processor. */
  save(): SavedBridged;
  /** The guest goes on from there. Throws `WrongSnapshot`. */
  restore(saved: SavedBridged): void;
  /** Microseconds after which to call it again; 0: everything is done. */
  move(): number;
  /** After a slice of the processor's time; as `move`, -1: there is more to do at once. */
  collect(): number;
}

const ID_AT = 4;

/** The bus's number of a device, from its record. */
export function idOf({ record }: Pick<BridgeDevice, "record">): number {
  return new DataView(record.buffer, record.byteOffset).getUint32(ID_AT, true);
}
