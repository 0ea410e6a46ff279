// Networks and their devices, as callers describe them.

import type { Id } from "./hypervisor.ts";

export interface NetworkSpec {
  readonly mtu: number;
  /** Networks that it is joined with, from either side; one that isn't there joins when it comes. */
  readonly links?: readonly Id[];
  /** Bits per second that its devices send, all together; absent: no limit. */
  readonly rate?: number;
}
/** What happens to frames in one direction. Chances are from 0 to 1. */
export interface Damage {
  /** Bits per second, 0 for no limit. */
  readonly rate: number;
  readonly delayNs: number;
  /** At most the delay. */
  readonly jitterNs: number;
  readonly distribution: "uniform" | "normal";
  readonly loss: number;
  /** The mean length of a run of losses, at least 1. */
  readonly burst: number;
  readonly reorder: number;
  readonly duplicate: number;
  readonly corrupt: number;
  /** Frames that wait at most. */
  readonly queue: number;
  /** Whether the thread that holds frames back looks at the clock for their time, rather than sleep. */
  readonly precise: boolean;
  readonly seed: number;
  /** Loses everything. */
  readonly down: boolean;
}
/** What holds for a while, counted from when the device was last opened. */
export interface TimedDamage {
  readonly atNs: number;
  readonly forNs: number;
  readonly set: Partial<Damage>;
}
/** One direction: what holds always, and what is laid over it, the later over the earlier. */
export interface DirectionSpec {
  readonly base: Damage;
  readonly timed: readonly TimedDamage[];
}
export interface ImpairmentSpec {
  /** What the device sends. */
  readonly egress?: DirectionSpec;
  /** What it receives. */
  readonly ingress?: DirectionSpec;
}
export interface VenetSpec {
  readonly network: Id;
  /** "02:..", unicast. */
  readonly mac: string;
  readonly ip: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly mtu: number;
  /** Descriptors in each ring: the guest is told, it may take fewer. */
  readonly ring: number;
  readonly link: "up" | "down";
  /**
   * What a PC sees: a virtio card, the default, or a device on its bridge; `own` is the emulator's own card,
   * for benches. Nothing to other guests.
   */
  readonly model?: "virtio" | "vbus" | "own";
  /** Bits per second, each direction; absent: no limit. */
  readonly rate?: number;
  /** 802.1Q VLAN, 1 to 4094; absent: frames as they are on the segment, tags and all. */
  readonly vlan?: number;
  /** Large frames, to be cut and summed by the host, are taken and given; absent: yes. */
  readonly offload?: boolean;
  readonly impair?: ImpairmentSpec;
  /** Names by which a gateway of its network answers for it, beside its id. */
  readonly names?: readonly string[];
}
