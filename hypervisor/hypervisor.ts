// The control plane of the machine room: makes and unmakes buses, networks, devices and guests, and tells
// what they do.

import type { UplinkFacts, UplinkSpec } from "./backend/uplink/spec.ts";
import type { NetworkSpec, VenetSpec } from "./ethernet.ts";
import type { CommandResult, GuestCopy, Image, ImageSource, ModuleClass } from "./images.ts";
import type { ChannelFacts, ChannelSpec, IpcDeviceSpec, RealtimeFacts, RealtimeSpec } from "./ipc.ts";
import type { DeviceCells, DeviceFacts, NetworkFacts } from "./measured.ts";
import type { FeatureName } from "./ring/abi.ts";
import type { PcBegin, SnapshotDoor } from "./snapshots.ts";
import type { FolderDeviceSpec, StorageDoor, VblkSpec } from "./storage.ts";

export type { FeatureName };
export type * from "./backend/uplink/spec.ts";
export type * from "./ethernet.ts";
export type * from "./images.ts";
export type * from "./ipc.ts";
export type * from "./measured.ts";
export type * from "./snapshots.ts";
export type * from "./storage.ts";

/** Names a thing of the hypervisor: the caller's own string (the address in the configuration). */
export type Id = string;

export interface HypervisorOptions {
  /** Shown to guests in the boot information. */
  readonly lab: string;
  /** Idle workers kept ready. Default 2. */
  readonly warm?: number;
  /** Folder for overlays that name no file; without it these are refused. Made when the first one comes. */
  readonly volumes?: string;
}

/** What went wrong outside our code; shown to the user as it is. */
export interface Refusal {
  readonly code: "exists" | "missing" | "busy" | "invalid" | "limit" | "image" | "late" | "outside";
  readonly message: string;
}
export type Outcome<T = undefined> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export interface VconsoleSpec {
  readonly columns: number;
  readonly rows: number;
}
export type DeviceSpec =
  | { readonly class: "venet"; readonly name: string; readonly venet: VenetSpec }
  | { readonly class: "vconsole"; readonly name: string; readonly vconsole: VconsoleSpec }
  | { readonly class: "vblk"; readonly name: string; readonly vblk: VblkSpec }
  | { readonly class: "folder"; readonly name: string; readonly folder: FolderDeviceSpec }
  | IpcDeviceSpec;

/** A thread of its own, or turns on one that it shares with others. */
export type VcpuKind = "dedicated" | "shared";
export interface GuestSpec {
  readonly bus: Id;
  /** Devices of the bus that it opens; absent: all. */
  readonly use?: readonly Id[];
  readonly image: Image;
  /** Default: dedicated. */
  readonly vcpu?: VcpuKind;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Bytes, rounded up to whole pages of 64 KiB. */
  readonly memory: number;
  /** What it may agree on with the host (docs/abi.md); absent: all that there is. */
  readonly features?: readonly FeatureName[];
  /** A guest that burns this much CPU without entering the host is stopped. Milliseconds. */
  readonly watchdogMs?: number;
  /** How far its thread steps back where processors are short, 0 to 19, as `setNice`. Default 0. */
  readonly nice?: number;
  readonly realtime?: RealtimeSpec;
}

export type GuestState =
  "booting" | "running" | "paused" | "stopping" | "completed" | "failed" | "stopped" | "quarantined";

/** Everything that is known of a guest now. Plain data. */
export interface GuestFacts {
  readonly id: Id;
  readonly state: GuestState;
  /** What main returned; absent while it runs and where it never returned. */
  readonly exit?: number;
  /** Why it ended, one sentence, where that was not main returning. */
  readonly reason?: string;
  readonly bus: Id;
  readonly imageDigest: string;
  readonly vcpu: VcpuKind;
  readonly memory: number;
  /** What it has agreed on with the host; none once it has ended. */
  readonly features: readonly FeatureName[];
  /** Milliseconds since boot. */
  readonly uptimeMs: number;
  /** CPU time of its thread, milliseconds. */
  readonly cpuMs: number;
  /** Time that its thread was ready to run and had no core, milliseconds. */
  readonly queueMs: number;
  /** Below zero: it goes before others. */
  readonly nice: number;
  readonly realtime?: RealtimeFacts;
  /** Wake-ups that came after its deadline. */
  readonly late: number;
  /** Verbs called, signals received, and those of them that woke it. docs/metrics.md says when each grows. */
  readonly exits: number;
  readonly signals: number;
  readonly interrupts: number;
}

/** Ids of what there is. */
export interface Inventory {
  readonly guests: ReadonlyMap<Id, GuestState>;
  /** Everything else, by kind. */
  readonly things: Readonly<
    Record<"network" | "channel" | "uplink" | "volume" | "bus" | "device", ReadonlySet<Id>>
  >;
  /** Devices whose `mtu` and `ring` can't change now: `DeviceFacts.reconfigurable` is false. */
  readonly rigid: ReadonlySet<Id>;
}

/** What is captured, and how much of it. */
export interface CaptureSpec {
  /** Every frame that these send and every one that comes to them, dropped ones with the reason. */
  readonly devices?: readonly Id[];
  /** Every frame on these, and on what they are joined with, once: as its sender sent it. */
  readonly networks?: readonly Id[];
  /** A part of pcap-filter(7), see `readFilter`; frames that don't fit are left out. */
  readonly filter?: string;
  /** `matched` is said of the capture once a frame that it shows fits this one too. */
  readonly expect?: string;
  /** Bytes that are kept of a frame, 14 to 262,144; absent: all. */
  readonly snaplen?: number;
  /** It is done after so many frames. */
  readonly frames?: number;
}
/** A piece of pcapng, and what the capture has come to with it. */
export interface CaptureChunk {
  readonly bytes: Uint8Array;
  /** Frames shown so far, in this piece, those before it, and those that still wait. */
  readonly frames: number;
  /** Their bytes, as long as they were sent. */
  readonly frameBytes: number;
  /** Frames that are missing: they found no room on their way. The guests lost nothing by it. */
  readonly lost: number;
  readonly matched: boolean;
  /** The last one: everything has been read. */
  readonly done: boolean;
}
/** A capture that runs. Who doesn't read loses frames of the capture, never of the guests. */
export interface Capture {
  /** When it began by the clock of its frames' times, milliseconds since 1970. */
  readonly beganMs: number;
  /** The next piece, as soon as there is one. One at a time; after the last they are empty. */
  read(): Promise<CaptureChunk>;
  /** No more frames; what has been captured can still be read. */
  stop(): void;
  /** No more frames, and what hasn't been read is forgotten. */
  drop(): void;
}

export type HypervisorEvent =
  | {
      readonly type: "guest";
      readonly id: Id;
      readonly state: GuestState;
      readonly exit?: number;
      readonly reason?: string;
    }
  /** Text that a guest printed: whole chunks, bytes decoded as UTF-8 with replacement. */
  | { readonly type: "log"; readonly id: Id; readonly text: string }
  | { readonly type: "device"; readonly id: Id; readonly open: boolean }
  | { readonly type: "uplink"; readonly id: Id; readonly carrier: boolean; readonly detail: string };

/**
 * The running machine room. One a process or several; all methods are for the control thread. Methods
 * answer `Outcome`s for what a caller can get wrong and never throw for it. Nothing here waits for a guest,
 * except where a promise is answered.
 */
export interface Hypervisor extends StorageDoor, SnapshotDoor {
  /** `class` is `wasm` where it is left out. */
  compile(bytes: Uint8Array, class_?: ModuleClass): Promise<Outcome<Image>>;
  /** The same for an image of any class. */
  prepare(source: ImageSource): Promise<Outcome<Image>>;

  createNetwork(id: Id, spec: NetworkSpec): Outcome;
  /** Takes over `links` and `rate`, while frames flow. Anything else is `invalid`. */
  setNetwork(id: Id, spec: NetworkSpec): Outcome;
  /** Refused (`busy`) while devices are plugged in. */
  removeNetwork(id: Id): Outcome;

  createChannel(id: Id, spec: ChannelSpec): Outcome;
  /** Takes over `full`. Anything else is `invalid`. */
  setChannel(id: Id, spec: ChannelSpec): Outcome;
  /** Refused (`busy`) while devices are on it. Messages that wait are lost. */
  removeChannel(id: Id): Outcome;

  /**
   * Resolves when its outside is open: a `listen`ing socket listens, a `connect`ing one tries. Refused
   * (`outside`) where it can't be opened.
   */
  createUplink(id: Id, spec: UplinkSpec): Promise<Outcome>;
  /** Takes over `network`, `link` and `rate`. Anything else is `invalid`. */
  setUplink(id: Id, spec: UplinkSpec): Promise<Outcome>;
  /** Resolves when what it held outside is free. */
  removeUplink(id: Id): Promise<Outcome>;

  createBus(id: Id): Outcome;
  /** Refused (`busy`) while it has devices or members. */
  removeBus(id: Id): Outcome;

  /** Hot-plug: members of the bus are told at once. */
  addDevice(bus: Id, id: Id, spec: DeviceSpec): Outcome;
  /** Hot-unplug: its counters are final; the guest is told; open handles answer ENODEV. */
  removeDevice(id: Id): Outcome;
  /**
   * Takes over what can change while it runs: `rate`, `vlan`, `impair`, `link`, `network`, `columns`, `rows`,
   * `channel`, `role`, `priority`, `offsetNs`, `drift`, `readonly`, `queues`, `iops`. Anything else is
   * `invalid`. Frames that wait already keep their time.
   */
  setDevice(id: Id, spec: DeviceSpec): Outcome;
  /**
   * The same, and `mtu` and `ring` too. A guest that has the device open is asked for other rings: resolves
   * when it uses them, and nothing is lost by it. Where it does not know how (`busy`) or does not do it in
   * time (`late`), everything is as before.
   */
  reconfigureDevice(id: Id, spec: DeviceSpec): Promise<Outcome>;

  /**
   * Resolves when main has been entered (`running`), or with the reason why it could not. With `snapshot` a
   * PC goes on from there: whoever calls has compared the machine (`pcMachine`) and the disks. Its agent sets
   * clock, chance and cards, and does nothing else before.
   */
  bootGuest(id: Id, spec: GuestSpec, snapshot?: PcBegin): Promise<Outcome>;
  /**
   * Asks (stop word), waits for `graceMs`, then kills. Resolves when the thread is gone and everything is
   * reaped.
   */
  stopGuest(id: Id, graceMs: number): Promise<Outcome>;
  killGuest(id: Id): Promise<Outcome>;
  /**
   * Resolves when a running guest stands still: between two of its instructions, never in the middle of a
   * verb. It keeps its devices; frames for it fill its rings, then they are `full`. One that does not stand
   * still within `PAUSE_MS_MAX` runs on (`busy`). A paused guest can be killed; asked to stop, it runs on
   * first.
   */
  pauseGuest(id: Id): Promise<Outcome>;
  /** It runs on where it stood; all that it notices is the time. */
  resumeGuest(id: Id): Outcome;
  /**
   * How far a guest's thread steps back where processors are short: 0 to 19, each step about a fifth less
   * than its neighbour. Less than before is the system's to allow (`busy`); elsewhere than on Linux:
   * `invalid`.
   */
  setNice(id: Id, nice: number): Outcome;
  /** How urgent a guest is from now on; undefined: as any other. What the system refuses is in its facts. */
  setRealtime(id: Id, spec: RealtimeSpec | undefined): Outcome;
  /**
   * Runs a command line in a guest that has an agent (a prepared image of class `linux`) and resolves when it
   * has ended. Refused: `missing`, `invalid`, `limit`, `late` where there is no answer in time, `busy` where
   * the guest ends first.
   */
  runCommand(id: Id, command: string, timeoutMs: number): Promise<Outcome<CommandResult>>;
  /**
   * A way for bytes into a guest with an agent and out of it: its `vbus-copy` port, which a command there
   * opens. One at a time (`busy`); `missing` where it is no PC or does not run. Ends with the guest.
   */
  openCopy(id: Id): Outcome<GuestCopy>;
  /** Forgets a guest that has ended. */
  removeGuest(id: Id): Outcome;

  /** Types bytes on a guest's vconsole; the number of bytes taken. */
  typeConsole(device: Id, text: string): Outcome<number>;

  /**
   * Captures frames as pcapng: names as interfaces, nanoseconds, directions, reasons of drops as comments.
   * Refused: `missing`, `invalid`, `limit`. It follows devices and links as they change.
   */
  capture(spec: CaptureSpec): Outcome<Capture>;

  /** What there is, without what is counted of it: quick, however much that is. */
  inventory(): Inventory;
  /** Frames so far: of each device those that it sent and got, of each network those that were sent on it. */
  traffic(): ReadonlyMap<Id, number>;
  guest(id: Id): GuestFacts | undefined;
  guests(): readonly GuestFacts[];
  device(id: Id): DeviceFacts | undefined;
  /** With `rings`, histograms and `lateNs` only of those named: they are most of the work. Absent: of all. */
  devices(measured?: ReadonlySet<Id>): readonly DeviceFacts[];
  /** All that is measured at a device's rings and lines, for those who sum it up themselves. */
  histograms(id: Id): DeviceCells | undefined;
  network(id: Id): NetworkFacts | undefined;
  networks(): readonly NetworkFacts[];
  channel(id: Id): ChannelFacts | undefined;
  channels(): readonly ChannelFacts[];
  uplink(id: Id): UplinkFacts | undefined;
  uplinks(): readonly UplinkFacts[];
  buses(): readonly { readonly id: Id; readonly devices: readonly Id[]; readonly members: readonly Id[] }[];

  /** Listeners are called on the control thread, in the order of what happened. The answer ends it. */
  on(listener: (event: HypervisorEvent) => void): () => void;

  /** Kills every guest and waits for their threads. */
  close(): Promise<void>;
}
