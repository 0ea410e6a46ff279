// Of the door: channels, clocks, randomness and realtime guests. See hypervisor.ts.

import type { CounterFacts, Id } from "./hypervisor.ts";

/** A message pipe that vchan devices join. */
export interface ChannelSpec {
  readonly kind: "datagram" | "stream";
  /** Messages (or, of a stream, chunks) of one sender that wait at most. */
  readonly depth: number;
  /** Bytes of a message at most. */
  readonly messageMax: number;
  /** What a sender meets when so many wait. */
  readonly full: "wait" | "refuse";
}
export interface VchanSpec {
  readonly channel: Id;
  readonly role: "send" | "receive" | "both";
  /** Of the messages that it sends, 0 to 7, the most urgent. */
  readonly priority: number;
}
/** What its guest believes beside the truth. */
export interface VclockSpec {
  readonly offsetNs: number;
  /** 0.01: the clock gains a hundredth. */
  readonly drift: number;
}
export interface VrngSpec {
  /** The same bytes at each opening; absent: the host's randomness. */
  readonly seed?: number;
}

export type IpcDeviceSpec =
  | { readonly class: "vchan"; readonly name: string; readonly vchan: VchanSpec }
  | { readonly class: "vclock"; readonly name: string; readonly vclock: VclockSpec }
  | { readonly class: "vrng"; readonly name: string; readonly vrng: VrngSpec };
export interface ChannelFacts {
  readonly id: Id;
  readonly kind: ChannelSpec["kind"];
  /** Those that were received, and those that were not taken: "full", "too_big", "malformed". */
  readonly messages: CounterFacts;
  /** Messages that wait now. */
  readonly waiting: number;
  /** Devices that are on it. */
  readonly ends: number;
}

/** A guest that is served before others, and watched. */
export interface RealtimeSpec {
  /** 0 to 7: its thread goes before those of others, as far as the system lets it. */
  readonly priority: number;
  /** A wake-up later than this is counted as late. Nanoseconds; absent: none is. */
  readonly deadlineNs?: number;
}

export interface RealtimeFacts extends RealtimeSpec {
  /** Why the system does not let its thread go before others: an error code. Absent where it does. */
  readonly refused?: string;
}
