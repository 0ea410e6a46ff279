// What v86 saves and restores, with RAM inside as it has it, or apart: then no page is moved more than once.

import type { PageMap, V86 } from "./v86.ts";

/** A state without its RAM, and that: its pages that are not all 0, in their order. */
export interface ApartState {
  readonly state: ArrayBuffer;
  readonly pages: Uint8Array;
}

/** Fills these places, in their order, from pages that were kept; it may throw. */
export type Fill = (places: readonly Uint8Array[]) => void;

const FIRMWARE_END = 1 << 20;
export const PAGE_BYTES = 4096;
const NO_BYTES = new Uint8Array();
const NO_PAGES: PageMap = { get: () => 0 };

export function saveApart({ v86 }: V86): ApartState {
  const { cpu } = v86;
  const pack = cpu.pack_memory;
  const { bitmap, packed_memory: pages } = pack.call(cpu);
  cpu.pack_memory = () => ({ bitmap, packed_memory: NO_BYTES });
  try {
    return { state: v86.save_state(), pages };
  } finally {
    cpu.pack_memory = pack;
  }
}

export interface Restoring {
  /** It has not run: beyond its firmware there is nothing in its RAM. */
  readonly clear: boolean;
  /** Where RAM is apart. */
  readonly fill: Fill | undefined;
}

/** Throws what v86 refuses, and what `fill` throws; the machine is then of no use. */
export function restoreState({ v86 }: V86, state: ArrayBuffer, { clear, fill }: Restoring): void {
  const { cpu } = v86;
  const { zero_memory: zero, unpack_memory: unpack } = cpu;
  // v86 clears all RAM first, which takes longer than the rest.
  if (clear) cpu.zero_memory = (from) => zero(from, FIRMWARE_END);
  if (fill)
    cpu.unpack_memory = (bitmap, packed) => {
      unpack.call(cpu, NO_PAGES, packed);
      fill(placesOf(cpu.mem8, bitmap));
    };
  try {
    v86.restore_state(state);
  } finally {
    cpu.zero_memory = zero;
    cpu.unpack_memory = unpack;
  }
}

/** Of pages that are in a state, those that follow each other as one place. */
function placesOf(ram: Uint8Array, bitmap: PageMap): readonly Uint8Array[] {
  const places: Uint8Array[] = [];
  const count = ram.length / PAGE_BYTES;
  let from = 0;
  // Bound: the pages of RAM, and one more, which ends the last place.
  for (let page = 0; page <= count; page++) {
    if (page < count && bitmap.get(page)) continue;
    if (page > from) places.push(ram.subarray(from * PAGE_BYTES, page * PAGE_BYTES));
    from = page + 1;
  }
  return places;
}
