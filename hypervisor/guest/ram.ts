// What memory a guest gets, by the class of its image. Control thread.

import type { GuestSpec } from "../hypervisor.ts";
import { PC_DRIVER_BYTES } from "../machine/pc/places.ts";
import { DRIVER_BYTES } from "../machine/streams.ts";
import { viewGuestMemory, type GuestMemory } from "../memory/fabric.ts";

const PAGE = 65_536;

/** What a guest has for itself. */
export interface GuestRam {
  /** Where its rings are: its RAM, or beside it where a driver in the host has them for it. */
  readonly memory: GuestMemory;
  /** A WASI program's RAM: it may grow up to what is declared, and only its own thread looks into it. */
  readonly program?: WebAssembly.Memory;
  /** Bytes of its RAM at most. */
  readonly bytes: number;
}

/** Bytes of RAM that a guest gets. */
export function allocatedBytes({ memory, image }: Pick<GuestSpec, "memory" | "image">): number {
  return Math.ceil(Math.min(memory, image.memoryMax) / PAGE) * PAGE;
}

/** Throws where the system gives none. */
export function allocateRam({ memory: declared, image }: GuestSpec): GuestRam {
  const pages = allocatedBytes({ memory: declared, image }) / PAGE;
  const make = (initial: number, maximum: number): WebAssembly.Memory =>
    new WebAssembly.Memory({ initial, maximum, shared: true });
  if (image.class === "wasm") return { memory: viewGuestMemory(make(pages, pages)), bytes: pages * PAGE };
  const driver = (image.files ? PC_DRIVER_BYTES : DRIVER_BYTES) / PAGE;
  // The emulator makes it on the guest's own thread.
  if (image.files) return { memory: viewGuestMemory(make(driver, driver)), bytes: pages * PAGE };
  const program = make(image.memoryMin / PAGE, pages);
  return { memory: viewGuestMemory(make(driver, driver)), program, bytes: pages * PAGE };
}
