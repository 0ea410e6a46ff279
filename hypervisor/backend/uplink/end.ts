// What an uplink is to the thread that carries its frames: one end outside the process, of some class.

import type { UplinkState } from "../../hypervisor.ts";
import type { EndSpec } from "./letters.ts";
import type { LargeFrame } from "./vnet-header.ts";

/** What an end is given. For the uplinks' thread only. */
export interface UplinkIo {
  /**
   * Sends a frame that came from outside into the network, as a guest's would be: learned, limited, captured,
   * counted. It is copied before this answers; the answer is the `COUNTER` that it ended in. What the
   * receiver has no room for, or is over a rate, is dropped; with `patient` it is not counted, so that the
   * caller can send it again later.
   */
  send(frame: Uint8Array, patient?: boolean): number;
  /**
   * The same of a frame of TCP for many, each with so many bytes of payload, whose sums need not be right: it
   * goes as it is to who takes it so, and is cut for everybody else, or dropped where it can't be.
   */
  sendLarge(frame: Uint8Array, segmentBytes: number): number;
  /** Whether it is on a network; not yet while it is being opened. */
  isPlugged(): boolean;
  /** Says how it is outside; control hears of every change. */
  tell(state: UplinkState): void;
  /** The longest frame of its network, bytes. */
  readonly frameMax: number;
  /** Nanoseconds of the monotonic clock. */
  nowNs(): number;
}

/** What became of a frame for outside. */
export type Carried = "sent" | "full" | "down" | "too_big";

/** The outside of one uplink. All of it runs on the uplinks' thread, which has an event loop. */
export interface UplinkEnd {
  /** Undefined: it carries frames, or tries to. Else why it can't, a sentence for the user; it is closed. */
  open(): Promise<string | undefined>;
  /** Takes over what of its class can change while it is open; the answer is as that of `open`. */
  set(spec: EndSpec): Promise<string | undefined>;
  /** True: `receive` may be given large frames. */
  readonly takesLarge?: boolean;
  /**
   * Takes a frame for outside, whose bytes are valid during the call. It never waits. Of a large one the
   * headers have been judged, and the sums are not right.
   */
  receive(frame: Uint8Array, large?: LargeFrame): Carried;
  /** After some frames have been received, before the thread sleeps. */
  flush(): void;
  /** Resolves when what it held outside (ports, files) is free. */
  close(): Promise<void>;
}
