// An opened device as the guest's thread sees it: what each class implements, and what it is given.

import type { OpenStore, VolumeNotice } from "../datapath/block-store.ts";
import type { Peers } from "../datapath/peers.ts";
import type { Switch } from "../datapath/switch.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import type { LaneMemory } from "../ring/lanes.ts";
import type { LogWriter } from "../ring/log-ring.ts";
import type { Timers } from "./vclock/timers.ts";

/** Of a vchan: its end of the channel. */
export interface ChannelEnd {
  readonly lanes: LaneMemory;
  /** The lane that it fills, -1 where it may not send. */
  readonly lane: number;
  readonly receives: boolean;
  readonly priority: number;
}

/** What is asked of a guest's wake-ups; it can change at any time. */
export interface Urgency {
  /** Later than so many nanoseconds after what it waited for, a wake-up is counted as late. */
  deadlineNs: number;
  /** How long the guest looks before it sleeps, nanoseconds. */
  spinNs: number;
}

/** A folder of the host, and how a program has it. */
export interface FolderNotice {
  /** The process's descriptor of it, for looking up names. */
  readonly fd: number;
  readonly at: string;
  readonly readonly: boolean;
}

/** A disk: what it opens, and how. */
export interface DiskNotice {
  readonly volume: VolumeNotice;
  readonly readonly: boolean;
  readonly queues: number;
  /** How a PC is to have it: docs/decisions/0086; `own` is for benches alone. */
  readonly model: "virtio" | "vbus" | "own";
}

/** A device as a guest's thread needs to know it. */
export interface DeviceNotice {
  /** The number by which the guest opens it. */
  readonly id: number;
  /** Number of its class, and its name for the guest. */
  readonly class: number;
  readonly name: string;
  readonly port: number;
  /** Longest frame in bytes; 0 where it has none. */
  readonly frameMax: number;
  /** Class facts of the change record, at most 80 bytes. */
  readonly facts: Uint8Array;
  /** Of a vchan. */
  readonly channel?: ChannelEnd;
  /** Of a vclock: what its guest believes. */
  readonly clock?: { readonly offsetNs: number; readonly drift: number };
  /** Of a vrng with a seed: 32 bytes. */
  readonly randomKey?: Uint8Array;
  /** Of a folder. */
  readonly folder?: FolderNotice;
  /** Of class vblk. */
  readonly disk?: DiskNotice;
}

/** What a connection may use of the guest's thread. */
export interface ConnectionParts {
  readonly fabric: Fabric;
  readonly thread: number;
  readonly incarnation: number;
  readonly memory: GuestMemory;
  /** Byte offset of the event area; rings can be registered only once there is one. */
  readonly events: number;
  /** Made when it is first asked for: a guest that sends nothing has none. */
  readonly switchOf: () => Switch;
  readonly peers: Pick<Peers<never>, "memoryOf">;
  /** Reads letters from control. */
  readonly readMail: () => void;
  readonly timers: Timers;
  readonly urgency: Urgency;
  readonly log: LogWriter;
  /** Devices don't know backends. */
  readonly openStore: OpenStore;
  readonly fault: (thread: number, fault: number) => void;
  /** The signal number of a ring that another has replaced. */
  readonly freeNumber: (number: number) => void;
  /** A free signal number of a priority, for what is no ring; negative: there is none. */
  readonly takeNumber: (priority: number, connection: Connection) => number;
  /** Tells control that ports were opened or closed, or that a reconfiguration was acknowledged. */
  readonly portsChanged: () => void;
  readonly nowNs: () => number;
  /** The same clock without an object for each reading. */
  readonly steadyNowNs: () => number;
  readonly wallNs: () => bigint;
}

/** A ring that the guest wants to register; offset, count and signal have been checked against its memory. */
export interface RingRequest {
  readonly id: number;
  readonly number: number;
  readonly offset: number;
  readonly count: number;
  readonly signal: number;
  /** It is to take the place of the one before when the guest acknowledges. */
  readonly staged: boolean;
}

/** One open handle. Results are those of the verbs. */
export interface Connection {
  /** As it is now. */
  readonly device: DeviceNotice;
  /** The device has changed, and is not to be reconfigured any more. */
  changed(device: DeviceNotice): void;
  /** The guest is asked for other rings. */
  wanted(device: DeviceNotice, ticket: number): void;
  call(func: number, pointer: number, length: number): number;
  /** 0, or an error. */
  register(ring: RingRequest): number;
  /** What `signal` does for a number that this connection registered. */
  signal(number: number): number;
  /**
   * The guest is about to sleep, and has woken up because it was told something: what is measured of that.
   */
  beforeSleep(): void;
  afterWake(): void;
  close(): void;
}
