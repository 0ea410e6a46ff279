// What is counted and measured of devices, rings and networks: plain data, read while guests run.
// docs/metrics.md says what each number is.

import type { Id } from "./hypervisor.ts";
import type { RequestFacts } from "./storage.ts";

export interface CounterFacts {
  readonly count: number;
  readonly bytes: number;
  readonly dropped: number;
  /** Reasons: full, down, no_listener, malformed, too_big, rate, lost_by_kill, impaired, queue, failed. */
  readonly droppedBy: Readonly<Record<string, number>>;
}
/** What a PC's kernel and its card said to each other, in numbers of times. */
export interface PcCardFacts {
  readonly kicks: number;
  readonly interrupts: number;
}
export interface RingFacts {
  /** "rx", "tx", "in", "out". */
  readonly name: string;
  readonly size: number;
  /** Free-running positions: next to be filled or worked off. */
  readonly head: number;
  /**
   * One letter a slot: `.` the guest's, `p` posted, `c` claimed by a sender, `f` filled and not yet taken.
   */
  readonly slots: string;
  readonly enabled: boolean;
  /** Slots with a frame that the guest has not given back. */
  readonly filled: number;
  /** Signals sent, left out because the guest did not want one, and those sent that woke it. */
  readonly signals: number;
  readonly suppressed: number;
  readonly interrupts: number;
}
/** What was measured so often, and its quantiles, each off by 1/32 of itself at most. */
export interface HistogramFacts {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}
/** What is measured at a device's two rings since it is there; docs/metrics.md says how. */
export interface DeviceHistograms {
  /** Of the sending ring: descriptors that one call of `signal` worked off, and host code's time for it. */
  readonly framesPerKick: HistogramFacts;
  readonly kickNs: HistogramFacts;
  /** Of the receiving ring: how long a frame lay in it, and how many lay there with it. */
  readonly latencyNs: HistogramFacts;
  readonly occupancy: HistogramFacts;
  /** From a signal to its sleeping guest running again. */
  readonly wakeNs: HistogramFacts;
}
/** What a histogram holds: values, each told by the middle of its cell, and how often. From the least on. */
export type HistogramCells = readonly (readonly [value: number, times: number])[];
/** A device's histograms as they are counted, with those of its lines, where it has them. */
export interface DeviceCells {
  readonly rings: Readonly<Record<keyof DeviceHistograms, HistogramCells>>;
  /** `lateNs` of each direction. */
  readonly late: Readonly<Partial<Record<"egress" | "ingress", HistogramCells>>>;
}
/** An impaired direction of a device. Frames that came and duplicates have left, been dropped, or wait. */
export interface LineFacts {
  readonly count: number;
  readonly waiting: number;
  readonly duplicated: number;
  readonly corrupted: number;
  /** Frames that went without their delay. */
  readonly reordered: number;
  /** From when a frame was due until it had gone on: what the declared delay was missed by. */
  readonly lateNs: HistogramFacts;
}
export interface DeviceFacts {
  readonly id: Id;
  readonly bus: Id;
  readonly name: string;
  readonly class: string;
  /** The number by which the guest opens it. */
  readonly deviceId: number;
  /** The guest that has it open. */
  readonly openBy?: Id;
  /** `mtu` and `ring` can change now: nobody has it open, or a guest that knows how. */
  readonly reconfigurable: boolean;
  readonly rx: CounterFacts;
  readonly tx: CounterFacts;
  /** Once it has been impaired, what is on its way; what ended there is in `tx` and `rx`. */
  readonly egress?: LineFacts;
  readonly ingress?: LineFacts;
  /** Of a vclock: timers that fired. Of a vrng: bytes that it gave. */
  readonly ticks?: number;
  readonly randomBytes?: number;
  /** Calls of `signal` on its tx ring. */
  readonly kicks: number;
  /** Of a venet that a PC has: kicks of its kernel, and interrupts that it got for it. */
  readonly pc?: PcCardFacts;
  /** Wake-ups of its guest by it that came after the guest's deadline. */
  readonly late: number;
  readonly rings: readonly RingFacts[];
  readonly histograms: DeviceHistograms;
  /** Of a disk: those of `tx.count`. */
  readonly requests?: RequestFacts;
}
export interface NetworkFacts {
  readonly id: Id;
  readonly frames: CounterFacts;
  readonly ports: number;
}
