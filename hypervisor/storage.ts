// Volumes and disks as the door of the hypervisor takes and tells them.

import type { Id, Outcome } from "./hypervisor.ts";

/** A disk. */
export interface VblkSpec {
  readonly volume: Id;
  /** Others may have the volume too; of those that may write there is one at most. */
  readonly readonly: boolean;
  /** 1 to 8. */
  readonly queues: number;
  /** What a PC sees: a virtio disk, the default, or a device on its bridge. Nothing to other guests. */
  readonly model?: "virtio" | "vbus" | "own";
  /** Bits per second, and requests per second; absent: no limit. */
  readonly rate?: number;
  readonly iops?: number;
}
/** Storage that disks open. `size` in bytes, a multiple of 512. */
export type VolumeSpec =
  | { readonly class: "memory"; readonly size: number; readonly readonly: boolean }
  | {
      readonly class: "file";
      readonly path: string;
      /** Makes the file where there is none. */
      readonly create: boolean;
      /** Absent: the file's own. A file is never cut: what lies beyond stays in it. */
      readonly size?: number;
      readonly readonly: boolean;
    }
  | {
      readonly class: "nbd";
      /** "nbd://HOST:PORT/EXPORT" or "nbd+unix:///EXPORT?socket=PATH". */
      readonly url: string;
      /** What the export holds at least. */
      readonly size: number;
      readonly readonly: boolean;
    }
  | {
      readonly class: "overlay";
      readonly base: Id;
      /** Absent: in the hypervisor's folder. */
      readonly path?: string;
      /** Absent: its base's. */
      readonly size?: number;
      readonly readonly: boolean;
    };
/** A folder of the host, for WASI programs: it has no size and no sectors. */
export interface FolderSpec {
  readonly class: "folder";
  readonly path: string;
  /** Makes it where there is none. */
  readonly create: boolean;
  readonly readonly: boolean;
}
/** How a WASI program has a volume of class folder. */
export interface FolderDeviceSpec {
  readonly volume: Id;
  /** The name by which the program finds it. */
  readonly at: string;
  /** Others may have the volume too; of those that may write there is one at most. */
  readonly readonly: boolean;
}
/** Requests that a disk did. */
export interface RequestFacts {
  readonly reads: number;
  readonly writes: number;
  readonly flushes: number;
  readonly discards: number;
}
/** With the requests done since it is there, of all devices. */
export interface VolumeFacts extends RequestFacts {
  readonly id: Id;
  readonly class: VolumeSpec["class"] | "folder";
  readonly size: number;
  readonly readonly: boolean;
  /** Where it is stored, if in a file. */
  readonly file?: string;
  /** The device that may write to it. */
  readonly writer?: Id;
  /** Bytes that are really stored; absent where that is elsewhere. */
  readonly used?: number;
}

/** How a commit is watched, and called off. */
export interface CommitOptions {
  /** Called after each piece on the control thread, and must not throw: bytes that the base has, of all. */
  readonly progressed?: (done: number, all: number) => void;
  /** Once it is aborted no more is written, and the overlay is as it was. Too late after the last piece. */
  readonly signal?: AbortSignal;
}

/** The part of the hypervisor's door that is about volumes. Control thread. */
export interface StorageDoor {
  /** Opens what stands behind it. Resolves when devices can have it. */
  createVolume(id: Id, spec: VolumeSpec | FolderSpec): Promise<Outcome>;
  /** Takes over `readonly` and a larger `size`, while it is open. Anything else is `invalid`. */
  setVolume(id: Id, spec: VolumeSpec | FolderSpec): Outcome;
  /** Refused (`busy`) while devices or overlays have it. What is stored in a file stays. */
  removeVolume(id: Id): Outcome;
  /**
   * Writes what an overlay has into its base, and empties it; the bytes that it had. Refused (`busy`) while
   * a guest that runs has a disk of either, or there is another overlay on one of them. A guest that would
   * have a disk of them does not boot meanwhile. May be called again after whatever ended it.
   */
  commitVolume(id: Id, options?: CommitOptions): Promise<Outcome<number>>;
  volume(id: Id): VolumeFacts | undefined;
  volumes(): readonly VolumeFacts[];
}
