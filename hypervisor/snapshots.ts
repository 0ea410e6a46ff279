// Snapshots of PCs as the hypervisor gives and takes them: what a machine is, standing still, and its state.
// Files are somebody else's matter.

import type { GuestSpec, Id, Outcome } from "./hypervisor.ts";

/** A network card or disk of a PC: what its kernel has been told and would not notice otherwise. */
export interface PcDevice {
  /** By which the guest's bus knows it. */
  readonly number: number;
  readonly name: string;
  readonly class: "venet" | "vblk";
  readonly model: "virtio" | "vbus" | "own";
  /** Of a venet, bytes. */
  readonly mtu?: number;
  /** Of a vblk. */
  readonly volume?: Id;
  /** Its bytes. */
  readonly size?: number;
  readonly readonly?: boolean;
}

/** What a snapshot must find where it is to go on. */
export interface PcMachine {
  /** Version of v86. */
  readonly emulator: string;
  readonly imageDigest: string;
  /** Bytes of RAM. */
  readonly memory: number;
  /** By their numbers. */
  readonly devices: readonly PcDevice[];
}

/** A PC between two moments of its processor. What is in its RAM may be secret. */
export interface PcSnapshot {
  /** JSON: its devices. */
  readonly parts: string;
  /** What the emulator saves. */
  readonly state: ArrayBuffer;
}

/** Where a PC goes on. `fork`: it was another guest, and is told who it is. */
export interface PcBegin extends PcSnapshot {
  readonly fork: boolean;
}

/** A PC is held to be saved, or to be replaced by another: then nothing is asked of it but to stand still. */
export type HoldReason = "save" | "replace";

/** A PC that stands still. Who has it calls `release`, always, unless the guest is killed. */
export interface HeldGuest {
  /** Refused: `late`, or `busy` where the guest ended. */
  save(): Promise<Outcome<PcSnapshot>>;
  /** It goes on; one that was paused stays so. Twice is fine. */
  release(): Promise<void>;
}

export interface DigestOptions {
  /** Called after each piece, and must not throw: bytes so far, of all. */
  readonly progressed?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** The part of the hypervisor's door that is about snapshots. Control thread. */
export interface SnapshotDoor {
  /** The machine that such a guest would have now. Refused (`invalid`) where it is not of class linux. */
  pcMachine(spec: GuestSpec): Outcome<PcMachine>;
  /**
   * Makes a PC stand still once its devices have done what they were asked for, whether it runs or is paused.
   * Refused: `missing`, `invalid`, `late`, `busy`: also where it is to be saved and its agent is not up.
   */
  holdGuest(id: Id, why: HoldReason): Promise<Outcome<HeldGuest>>;
  /**
   * SHA-256 of all that a volume holds, in hexadecimal. Refused: `missing`, `invalid` of class nbd,
   * `outside`, `busy` where it was called off.
   */
  digestVolume(id: Id, options?: DigestOptions): Promise<Outcome<string>>;
}
