// What memory a guest gets, by the class of its image. Control thread.

import type { GuestSpec } from "../hypervisor.ts";
import { PC_DRIVER_BYTES } from "../machine/pc/places.ts";
import { DRIVER_BYTES } from "../machine/streams.ts";
import { viewGuestMemory, type OwnMemory } from "../memory/fabric.ts";

const PAGE = 65_536;

/** What a guest has for itself. */
export interface GuestRam {
  /** Where its rings are: its RAM, or beside it where a driver in the host has them for it. */
  readonly memory: OwnMemory;
  /** Whoever is told of it gets the memory itself, not its bytes. */
  readonly isCounted: boolean;
  /** A WASI program's RAM: it may grow up to what is declared, and only its own thread looks into it. */
  readonly program?: WebAssembly.Memory;
  /** Bytes of its RAM at most. */
  readonly bytes: number;
}

/** Bytes of RAM that a guest gets. */
export function allocatedBytes({ memory, image }: Pick<GuestSpec, "memory" | "image">): number {
  return Math.ceil(Math.min(memory, image.memoryMax) / PAGE) * PAGE;
}

/** One in so many guests' memories is counted. */
const COUNTED_OF = 8;

/**
 * Makes the memories of a lab's guests. The engine looks through the whole heap of the thread that makes
 * memories, and of each where some come in, for each 64 MiB that they have by then: with a thousand small
 * guests such looks take longer than their boots. What a memory grows by is not counted. But without any look
 * those of guests that have ended would stay, so some are counted. Control thread.
 */
export class RamAllocator {
  #made = 0;

  /** Throws where the system gives none. */
  allocate({ memory: declared, image }: GuestSpec): GuestRam {
    const pages = allocatedBytes({ memory: declared, image }) / PAGE;
    const isCounted = this.#made++ % COUNTED_OF === 0;
    const make = (initial: number, maximum: number): WebAssembly.Memory => {
      const first = isCounted ? initial : Math.min(1, initial);
      const memory = new WebAssembly.Memory({ initial: first, maximum, shared: true });
      memory.grow(initial - first);
      return memory;
    };
    const of = (own: number): GuestRam => {
      return { memory: viewGuestMemory(make(own, own)), isCounted, bytes: pages * PAGE };
    };
    if (image.class === "wasm") return of(pages);
    const driver = (image.files ? PC_DRIVER_BYTES : DRIVER_BYTES) / PAGE;
    // The emulator makes it on the guest's own thread.
    if (image.files) return of(driver);
    return { ...of(driver), program: make(image.memoryMin / PAGE, pages) };
  }
}
