// Storage as a guest's thread uses it: what each class of volume implements, and what a letter carries of it.

/**
 * One opened volume. The caller has checked every range against the volume's size and the memory. Answers 0,
 * or a negative errno value; never throws. May wait for the disk. The thread of the guest that has it open.
 */
export interface BlockStore {
  /** Reads `length` bytes from `offset` of the volume to `at` of `into`. */
  read(offset: number, into: Uint8Array, at: number, length: number): number;
  /** Writes `length` bytes from `at` of `from` to `offset` of the volume. */
  write(offset: number, from: Uint8Array, at: number, length: number): number;
  /** What was written before is there after the host's end. */
  flush(): number;
  /**
   * The range isn't needed any more; until it is written again it reads as anything that was there, or zeros.
   */
  discard(offset: number, length: number): number;
}

/** Makes of a volume's notice what reads and writes it. */
export type OpenStore = (volume: VolumeNotice) => BlockStore;

/** A volume as a guest's thread is told of it. `size` in bytes; file descriptors are the process's. */
export type VolumeNotice =
  | { readonly class: "memory"; readonly size: number; readonly bytes: SharedArrayBuffer }
  | { readonly class: "file"; readonly size: number; readonly fd: number }
  | {
      readonly class: "overlay";
      readonly size: number;
      readonly fd: number;
      readonly map: SharedArrayBuffer;
      readonly base: VolumeNotice;
    }
  /** The mailbox is the device's own; without one nobody can open it. */
  | { readonly class: "nbd"; readonly size: number; readonly mailbox?: SharedArrayBuffer };
