// The fabric: one shared memory for all host code of a lab, and the typed views on it. Guests never see it.

import { FABRIC_BYTES } from "./layout.ts";

const PAGE = 65_536;

/** Views on the same bytes. `i32` and `f64` are indexed by byte offset shifted right by 2 and 3. */
export interface Fabric {
  readonly memory: WebAssembly.Memory;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
}

/** Reserves the fabric; the system gives pages when they are first touched. Control thread only. */
export function createFabric(): Fabric {
  const pages = Math.ceil(FABRIC_BYTES / PAGE);
  return viewFabric(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
}

/** The same fabric on another thread. */
export function viewFabric(memory: WebAssembly.Memory): Fabric {
  const { buffer } = memory;
  return {
    memory,
    i32: new Int32Array(buffer),
    f64: new Float64Array(buffer),
    u8: new Uint8Array(buffer),
  };
}

/** A guest's RAM with the views that host code uses. Its length never changes while the guest lives. */
export interface GuestMemory {
  /** What WebAssembly can import; a thread that only copies has the bytes, see `PeerLetter`. */
  readonly memory: WebAssembly.Memory | undefined;
  readonly buffer: SharedArrayBuffer;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly view: DataView;
  readonly byteLength: number;
}

/** One whose instances are on this thread, or that this thread has made. */
export interface OwnMemory extends GuestMemory {
  readonly memory: WebAssembly.Memory;
}

export function viewGuestMemory(memory: WebAssembly.Memory): OwnMemory {
  return viewsOf(memory.buffer as SharedArrayBuffer, memory);
}

/** The same where a thread has its bytes only. */
export function viewBytes(buffer: SharedArrayBuffer): GuestMemory {
  return viewsOf(buffer, undefined);
}

/** One literal for both: what reads these for each frame finds objects of one shape. */
function viewsOf<Memory extends WebAssembly.Memory | undefined>(buffer: SharedArrayBuffer, memory: Memory) {
  return {
    memory,
    buffer,
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    view: new DataView(buffer),
    byteLength: buffer.byteLength,
  };
}

/**
 * True where `length` bytes from `offset` lie inside the memory. Both are read as unsigned 32-bit numbers.
 */
export function inside(memory: GuestMemory, offset: number, length: number): boolean {
  return (offset >>> 0) + (length >>> 0) <= memory.byteLength;
}
