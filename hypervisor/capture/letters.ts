// What the control thread and the capture thread write to each other.

import type { MessagePort } from "node:worker_threads";

/** What the capture thread starts with. */
export interface CaptureStart {
  readonly fabric: WebAssembly.Memory;
  readonly inbox: MessagePort;
}

/** A capture that begins. Its filters have been checked. */
export interface BeginLetter {
  readonly type: "begin";
  readonly capture: number;
  readonly filter: string | undefined;
  readonly expect: string | undefined;
  readonly snaplen: number;
  /** Frames after which it is done. */
  readonly frames: number;
  readonly startNs: number;
  /** What is added to the monotonic clock for nanoseconds since 1970. */
  readonly epochNs: bigint;
}

/** An interface that a capture hasn't shown so far. They are numbered in the order of these letters. */
export interface InterfaceLetter {
  readonly type: "interface";
  readonly capture: number;
  readonly name: string;
  readonly description: string;
}

/** From now on records of a tap are frames of this interface, on these sides; 0: of none. */
export interface TapLetter {
  readonly type: "tap";
  readonly capture: number;
  readonly tap: number;
  readonly port: number;
  readonly index: number;
  readonly sides: number;
}

export type CaptureLetter =
  | BeginLetter
  | InterfaceLetter
  | TapLetter
  /** The reader takes one more chunk. */
  | { readonly type: "read"; readonly capture: number }
  /** What has been recorded so far is the last. */
  | { readonly type: "stop"; readonly capture: number; readonly endNs: number }
  /** Nobody reads it any more. */
  | { readonly type: "drop"; readonly capture: number };

/** From the capture thread: what one `read` asked for, or that a capture has its last frame. */
export type CaptureAnswer =
  | {
      readonly type: "chunk";
      readonly capture: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly frames: number;
      readonly frameBytes: number;
      readonly lost: number;
      readonly matched: boolean;
      readonly done: boolean;
    }
  | { readonly type: "full"; readonly capture: number };
