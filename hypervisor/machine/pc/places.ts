// Where in the memory beside a PC's RAM its rings are.

import { PC_CARDS_MAX, PC_CARD_BYTES, PC_DISKS_MAX, REQUEST_BYTES_MAX } from "../../limits.ts";
import { DRIVER_BYTES } from "../streams.ts";

const PAGE = 65_536;
/** Of one disk: its ring, a request, and the data of that. */
const DISK_BYTES = REQUEST_BYTES_MAX + PAGE;
const DISKS_AT = DRIVER_BYTES + PC_CARDS_MAX * PC_CARD_BYTES;

/** Bytes of it. The system gives pages where they are touched. */
export const PC_DRIVER_BYTES = DISKS_AT + PC_DISKS_MAX * DISK_BYTES;

/** Where a card has its `PC_CARD_BYTES`; index from 0. */
export function cardPlace(index: number): number {
  return DRIVER_BYTES + index * PC_CARD_BYTES;
}

/** Where a disk has its ring, and a page later the data of a request; index from 0. */
export function diskPlace(index: number): { readonly ring: number; readonly data: number } {
  const ring = DISKS_AT + index * DISK_BYTES;
  return { ring, data: ring + PAGE };
}

/** Places of one kind, of which each device that is there has one. */
export class Places {
  readonly #free: number[];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, index) => index);
  }

  /** An index; undefined: all are taken. */
  take(): number | undefined {
    return this.#free.shift();
  }

  give(index: number): void {
    this.#free.push(index);
  }
}
