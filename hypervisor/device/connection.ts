// An opened device as the guest's thread sees it: what each class implements, and what it is given.

import type { Switch } from "../datapath/switch.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import type { LogWriter } from "../ring/log-ring.ts";

/** A device as a guest's thread needs to know it. */
export interface DeviceNotice {
  /** The number by which the guest opens it. */
  readonly id: number;
  /** Number of its class, and its name for the guest. */
  readonly class: number;
  readonly name: string;
  readonly port: number;
  /** Class facts of the change record, at most 80 bytes. */
  readonly facts: Uint8Array;
}

/** What a connection may use of the guest's thread. */
export interface ConnectionParts {
  readonly fabric: Fabric;
  readonly thread: number;
  readonly incarnation: number;
  readonly memory: GuestMemory;
  /** Byte offset of the event area; rings can be registered only once there is one. */
  readonly events: number;
  readonly switch: Switch;
  readonly log: LogWriter;
  readonly fault: (thread: number, fault: number) => void;
  /** Yields the thread for a moment while another one finishes a frame. */
  readonly nowNs: () => number;
}

/** A ring that the guest wants to register; offset, count and signal have been checked against its memory. */
export interface RingRequest {
  readonly id: number;
  readonly number: number;
  readonly offset: number;
  readonly count: number;
  readonly signal: number;
}

/** One open handle. Results are those of the verbs. */
export interface Connection {
  readonly device: DeviceNotice;
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
