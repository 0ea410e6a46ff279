// What the control thread and a guest's thread write to each other. Plain data; none of it is reachable by
// a guest.

import type { MessagePort } from "node:worker_threads";
import type { PeerLetter } from "../datapath/peers.ts";
import type { DeviceNotice } from "../device/connection.ts";
import type { RealtimeSpec } from "../hypervisor.ts";

export type { DeviceNotice };

/** To a waiting thread of the pool, once. */
export interface BootLetter {
  readonly type: "boot";
  readonly thread: number;
  readonly incarnation: number;
  readonly module: WebAssembly.Module;
  /** The module's bytes, in memory that threads share. */
  readonly code: Uint8Array;
  readonly memory: WebAssembly.Memory;
  /** The RAM of a WASI program; `memory` then holds its rings, and it doesn't see them. */
  readonly programMemory?: WebAssembly.Memory;
  /** Records of the boot information. */
  readonly boot: Uint8Array;
  readonly log: SharedArrayBuffer;
  /** Bits of the features that it is offered. */
  readonly offered: number;
  readonly realtime: RealtimeSpec | undefined;
  readonly devices: readonly DeviceNotice[];
  readonly peers: readonly PeerLetter[];
}

/** Into a guest's inbox, while it runs. */
export type InboxLetter =
  | PeerLetter
  | { readonly type: "device"; readonly device: DeviceNotice }
  /** It has the device open and is asked for other rings, for `device` as it is to be. */
  | { readonly type: "reconfigure"; readonly device: DeviceNotice; readonly ticket: number }
  | { readonly type: "device-gone"; readonly id: number }
  /** How urgent the guest is from now on. */
  | { readonly type: "realtime"; readonly realtime: RealtimeSpec | undefined }
  | { readonly type: "stop" };

/** From a guest's thread. */
export type ThreadLetter =
  | { readonly type: "ready"; readonly tid: number; readonly inbox: MessagePort }
  | { readonly type: "running" }
  | { readonly type: "returned"; readonly exit: number }
  /** A program that was asked to end did so. */
  | { readonly type: "stopped" }
  | { readonly type: "trapped"; readonly message: string }
  /** A guest, maybe another one, broke the protocol: look at the fault words. */
  | { readonly type: "fault" }
  /** There is text in the log ring. */
  | { readonly type: "log" }
  /** It has opened or closed ports; not said again until control has looked. */
  | { readonly type: "ports" };

/** What every thread of the pool starts with. */
export interface ThreadStart {
  readonly fabric: WebAssembly.Memory;
  readonly pump: WebAssembly.Module;
}
