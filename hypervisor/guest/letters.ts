// What the control thread and a guest's thread write to each other. Plain data; none of it is reachable by
// a guest.

import type { MessagePort } from "node:worker_threads";
import type { PeerLetter } from "../datapath/peers.ts";
import type { DeviceNotice } from "../device/connection.ts";
import type { StateFolder } from "../machine/pc/booted.ts";
import type { CopyNews, CopyOrder } from "../machine/pc/copy-words.ts";
import type { PcBegin } from "../snapshots.ts";
import type { SnapshotNews, SnapshotOrder } from "../machine/pc/snapshot-words.ts";
import type { GuestSpec, PcFiles, RealtimeSpec } from "../hypervisor.ts";

export type { DeviceNotice };

/** To a waiting thread of the pool, once. */
export interface BootLetter {
  readonly type: "boot";
  readonly thread: number;
  readonly incarnation: number;
  readonly module: WebAssembly.Module;
  /** The module's bytes, in memory that threads share. */
  readonly code: Uint8Array;
  /** Of a PC. */
  readonly pc?: PcLetter;
  readonly memory: WebAssembly.Memory;
  /** The RAM of a WASI program; `memory` then holds its rings, and it doesn't see them. */
  readonly programMemory?: WebAssembly.Memory;
  /** Of a PC that goes on from one. */
  readonly snapshot?: PcBegin;
  /** Records of the boot information. */
  readonly boot: Uint8Array;
  readonly log: SharedArrayBuffer;
  /** Bits of the features that it is offered. */
  readonly offered: number;
  readonly realtime: RealtimeSpec | undefined;
  /** Of a shared guest. */
  readonly rank?: Rank;
  readonly devices: readonly DeviceNotice[];
  readonly peers: readonly PeerLetter[];
}

/** What a PC is made of, beside its emulator; `memory` then holds the rings of its devices. */
export interface PcLetter extends Pick<GuestSpec, "args" | "env"> {
  readonly files: PcFiles;
  readonly ramBytes: number;
  /** Where its image keeps booted states, if it does. */
  readonly states: StateFolder | undefined;
  /** The guest's own. */
  readonly name: string;
}

/** To a guest, while it runs. */
export type GuestLetter =
  | { readonly type: "device"; readonly device: DeviceNotice }
  /** It has the device open and is asked for other rings, for `device` as it is to be. */
  | { readonly type: "reconfigure"; readonly device: DeviceNotice; readonly ticket: number }
  | { readonly type: "device-gone"; readonly id: number }
  /** How urgent the guest is from now on. */
  | { readonly type: "realtime"; readonly realtime: RealtimeSpec | undefined }
  /** To be run by the guest's agent. */
  | { readonly type: "command"; readonly id: number; readonly command: string }
  | { readonly type: "copy"; readonly order: CopyOrder }
  | { readonly type: "snapshot"; readonly order: SnapshotOrder }
  | { readonly type: "stop" };
/** Into the inbox of a guest's thread. */
export type InboxLetter = PeerLetter | GuestLetter;

/** To a carrier: a guest of its, whose module it has been given under this number. */
export type SeatLetter = Omit<BootLetter, "module" | "code" | "peers"> & { readonly module: number };

/** Into a carrier's inbox, beside news of peers. `thread` is the row of a guest of its. */
export type CarrierLetter =
  /** Guests of others, that have come or gone. */
  | { readonly type: "peers"; readonly peers: readonly PeerLetter[] }
  /** Its own, new ones. */
  | { readonly type: "seats"; readonly seats: readonly SeatLetter[] }
  /** A metered module, or that no guest has it any more. Each is sent once: a copy costs a megabyte. */
  | { readonly type: "module"; readonly number: number; readonly module?: WebAssembly.Module }
  | { readonly type: "tell"; readonly thread: number; readonly letter: GuestLetter }
  /** How it goes among others from now on. */
  | { readonly type: "rank"; readonly thread: number; readonly rank: Rank }
  /** Its word `held` was changed. */
  | { readonly type: "look"; readonly thread: number };

/** Of a shared guest: its realtime priority + 1, or 0; and how long its turns are, nanoseconds. */
export interface Rank {
  readonly urgency: number;
  readonly turnNs: number;
}

/** From a carrier: first the one, then what has come together between two looks at its event loop. */
export type CarrierLetters =
  | { readonly type: "ready"; readonly tid: number; readonly inbox: MessagePort }
  | { readonly type: "answers"; readonly answers: readonly CarrierAnswer[] };

/** What a carrier says of a guest. */
export type CarrierAnswer =
  | { readonly type: "said"; readonly thread: number; readonly letter: ThreadLetter }
  /** It is gone, nothing of it is left on this thread. */
  | { readonly type: "left"; readonly thread: number };

/** What a carrier starts with; `row` is its own in the fabric. */
export interface CarrierStart extends ThreadStart {
  readonly row: number;
  /** `calls.wat`. */
  readonly calls: WebAssembly.Module;
}

/** From a guest's thread. */
export type ThreadLetter =
  | { readonly type: "ready"; readonly tid: number; readonly inbox: MessagePort }
  | { readonly type: "running" }
  | { readonly type: "returned"; readonly exit: number }
  | {
      readonly type: "command-done";
      readonly id: number;
      readonly status: number;
      readonly output: Uint8Array;
      readonly cut: boolean;
    }
  | { readonly type: "copy"; readonly news: CopyNews }
  | { readonly type: "snapshot"; readonly news: SnapshotNews }
  /** It ended as it shouldn't: one sentence. */
  | { readonly type: "failed"; readonly reason: string }
  /** A program that was asked to end did so. */
  | { readonly type: "stopped" }
  | { readonly type: "trapped"; readonly message: string }
  /** A guest, maybe another one, broke the protocol: look at the fault words. */
  | { readonly type: "fault" }
  /** There is text in the log ring. */
  | { readonly type: "log" }
  /** It sends to a guest of which it has the bytes: that one's memory is to come, for the pump. */
  | { readonly type: "want"; readonly thread: number; readonly incarnation: number }
  /** It has opened or closed ports; not said again until control has looked. */
  | { readonly type: "ports" };

/** What every thread of the pool starts with. */
export interface ThreadStart {
  readonly fabric: WebAssembly.Memory;
  readonly pump: WebAssembly.Module;
  /**
   * The threads of the host that frames pass. Not in letters: where so large a memory comes in, the engine
   * collects all garbage of the thread that gets it.
   */
  readonly hosts: readonly PeerLetter[];
}
