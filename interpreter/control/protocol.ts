// What is said on the control socket: methods, notifications and the snapshot that dashboards draw.
// JSON-RPC 2.0 over a Unix socket with Content-Length framing. `version` is checked in `hello`.

import type { Diagnostic, Disruption } from "../../lang/index.ts";
import type { AdminMethods } from "./admin-methods.ts";
import type {
  ChannelFacts,
  CounterFacts,
  DeviceFacts,
  GuestState,
  RealtimeFacts,
  UplinkFacts,
} from "../../hypervisor/index.ts";
import type { SentParameters } from "../given.ts";
import type { Bound } from "../plan/bound.ts";
import type { RestoredSnapshot, SnapshotStage } from "../snapshots/desk.ts";
import type { KeptSnapshot } from "../snapshots/shelf.ts";
import type { Committed, StoredVolume } from "../stored.ts";
import type { Plan, StepKind } from "../plan/plan.ts";

export type * from "./admin-methods.ts";

export const PROTOCOL_VERSION = 2;

/** A moment in the life of the lab; also one line of `up` without a terminal, and one record of `events`. */
export interface LabEvent {
  /** Counts from 1. */
  readonly sequence: number;
  /** Wall clock, ISO 8601. */
  readonly time: string;
  readonly type: "lab" | "plan" | "step" | "guest" | "device" | "uplink" | "watch" | "drift" | "diagnostic";
  /** What it is about, an address; absent for the lab. */
  readonly address?: string;
  /** One sentence: "running", "completed with 0", "rate 1Gbps -> 100Mbps (live) in 2 ms". */
  readonly message: string;
  readonly level: "info" | "warning" | "error";
  /** Who did it: "file", a user's name, "guest", "host". */
  readonly actor: string;
  readonly elapsedMs?: number;
}

export interface GuestRow {
  readonly address: string;
  readonly state: "waiting" | GuestState;
  readonly goal: "running" | "ready" | "completed";
  readonly goalMet: boolean;
  readonly exit?: number;
  readonly reason?: string;
  readonly image: string;
  readonly bus: string;
  /** Whether it has a thread of its own, or turns on one that guests share. */
  readonly vcpu: "dedicated" | "shared";
  readonly labels: Readonly<Record<string, string>>;
  /** Name and address of each network device it sees: `eth0 10.0.0.1`. */
  readonly interfaces: readonly { readonly device: string; readonly ip: string; readonly mac: string }[];
  readonly memory: number;
  /** What it has agreed on with the host (docs/abi.md). */
  readonly features: readonly string[];
  /** Share of one core over the last second, 0 to 1. */
  readonly cpu: number;
  readonly uptimeMs: number;
  /** CPU time of its thread since boot. */
  readonly cpuMs: number;
  /** Time that its thread was ready to run and had no core, since boot. */
  readonly queueMs: number;
  readonly restarts: number;
  readonly exits: number;
  readonly signals: number;
  readonly interrupts: number;
  /** Where it is one: how urgent, and the system's word where it doesn't let its thread go before others. */
  readonly realtime?: RealtimeFacts;
  /** Wake-ups that came after its deadline. */
  readonly late: number;
  /** Frames in and out over the last second. */
  readonly framesPerSecond: number;
}
export interface DeviceRow extends DeviceFacts {
  /** The guests that can open it. */
  readonly guests: readonly string[];
  readonly network?: string;
  /** What is behind it. */
  readonly channel?: string;
  readonly volume?: string;
  /** Of a network device. */
  readonly link?: LinkRow;
  /** Of a console, in cells. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
}
/** What a link is told to be; texts as in the language. */
export interface LinkRow {
  readonly state: "up" | "down";
  readonly rate?: string;
  readonly vlan?: string;
  /** What makes it a bad link, by its path in `impair`: `delay` is `30ms`. What does nothing is left out. */
  readonly impair: Readonly<Record<string, string>>;
}
export interface VolumeRow {
  readonly address: string;
  readonly class: string;
  /** Bytes. */
  readonly size: number;
  readonly readonly: boolean;
  /** Requests done since it is there, of all devices. */
  readonly reads: number;
  readonly writes: number;
}
export interface NetworkRow {
  readonly address: string;
  readonly subnet: string;
  readonly ports: number;
  /** Of each port, as in the language; absent where there is none. */
  readonly rate?: string;
  readonly frames: CounterFacts;
  readonly framesPerSecond: number;
}
export interface UplinkRow extends UplinkFacts {
  readonly framesPerSecond: number;
}
export interface BusRow {
  readonly address: string;
  readonly devices: readonly string[];
  readonly members: readonly string[];
}

/** The whole lab at one moment. Immutable. */
export interface Snapshot {
  readonly version: typeof PROTOCOL_VERSION;
  readonly lab: string;
  readonly file: string;
  readonly generation: number;
  /** The generation that was gone back to: the lab is held on it until the files say something else. */
  readonly rolledBack?: number;
  readonly pid: number;
  readonly time: string;
  readonly uptimeMs: number;
  /** Every guest has met its goal. */
  readonly ready: boolean;
  readonly failures: number;
  /**
   * What watch mode is doing. `held`: the file on disk does not check, could not be applied (`refused`), was
   * gone back from (`rolledBack`), or asks for more than may be done without a word (`held`); the last good
   * lab goes on.
   */
  readonly watch: "off" | "watching" | "applying" | "held";
  /** Why the file's change waits for `apply`; absent where none does. */
  readonly held?: string;
  /** Why the file's change could not be applied, a sentence without its full stop. */
  readonly refused?: string;
  readonly guests: readonly GuestRow[];
  readonly devices: readonly DeviceRow[];
  readonly networks: readonly NetworkRow[];
  readonly uplinks: readonly UplinkRow[];
  readonly channels: readonly ChannelFacts[];
  readonly volumes: readonly VolumeRow[];
  readonly buses: readonly BusRow[];
  readonly outputs: readonly { readonly name: string; readonly text: string }[];
  /** Of the file on disk, where it does not check now; rendered text without colours beside them. */
  readonly diagnostics: readonly Diagnostic[];
  readonly diagnosticsText: string;
}

export interface LogLine {
  readonly guest: string;
  /** Wall clock, ISO 8601. */
  readonly time: string;
  readonly text: string;
}

/** What should be planned; addresses. Whatever is left out is as the lab was started. */
export interface PlanRequest {
  readonly parameters?: SentParameters;
  readonly targets?: readonly string[];
  readonly excludes?: readonly string[];
  readonly replace?: readonly string[];
}
export interface PlanAnswer {
  /** Absent where the file does not check. */
  readonly plan?: Plan;
  /** Why an apply would refuse this plan, a sentence without its full stop. */
  readonly refused?: string;
  readonly bound: Bound;
  readonly diagnostics: readonly Diagnostic[];
  readonly diagnosticsText: string;
}
export interface ApplyRequest extends PlanRequest {
  /** What the plan was made from: it is applied to nothing else. */
  readonly bound?: Bound;
  /** Refused where the plan disturbs more. */
  readonly maxDisruption?: Disruption;
  /** `keep` leaves what was done before a step failed. */
  readonly onFailure?: "undo" | "keep";
}
/** A step that was done, with what it was expected to disturb and what it did. */
export interface StepResult {
  readonly address: string;
  readonly kind: StepKind;
  readonly predicted: Disruption;
  readonly actual: Disruption;
  readonly elapsedMs: number;
}
export interface ApplyAnswer {
  /** `partly`: something could not be taken back, or was to be kept. */
  readonly outcome: "nothing" | "applied" | "taken_back" | "partly";
  readonly plan: Plan;
  /** In the order in which they ended. */
  readonly steps: readonly StepResult[];
  /** Absent where nothing was applied. */
  readonly generation?: number;
  readonly failure?: { readonly address: string; readonly message: string };
  readonly stuck: readonly { readonly address: string; readonly message: string }[];
}

/** Requests: name → parameters and result. */
export interface Methods extends AdminMethods {
  /** `file` is the real path of the root file. */
  hello: { params: { version: number }; result: { version: number; lab: string; pid: number; file: string } };
  snapshot: { params: Record<string, never>; result: Snapshot };
  /** Everything that is counted and measured, in the text format of Prometheus. */
  metrics: { params: Record<string, never>; result: { text: string } };
  /**
   * Also starts `snapshot` notifications, at most four a second and one a second while nothing changes.
   * `rings`: devices whose rings and histograms are looked into; of others they may be empty. Absent: all.
   * `console`: the guest whose output is told as it comes, in place of one before; empty: none any more.
   */
  subscribe: {
    params: {
      snapshots?: boolean;
      events?: boolean;
      logs?: boolean;
      rings?: readonly string[];
      console?: string;
    };
    result: Record<string, never>;
  };
  /** `shared`: of all guests, each with a share of the lines, so that a loud one leaves the others theirs. */
  logs: {
    params: { guests?: readonly string[]; lines?: number; shared?: boolean };
    result: { lines: readonly LogLine[] };
  };
  events: { params: { since?: number }; result: { events: readonly LabEvent[] } };
  /**
   * Stops the lab; answers when everything is down. `volumes`: and deletes the files of those unprotected.
   */
  down: { params: { graceMs?: number; volumes?: boolean }; result: Record<string, never> };
  /** The files of its volumes. */
  volumes: { params: Record<string, never>; result: { volumes: readonly StoredVolume[] } };
  /**
   * Writes what an overlay has into its base, for good, and empties it. Answers when it is on the disk;
   * refused while a guest that runs has a disk of either. `bytes` that it had. `committing` tells meanwhile
   * how far it is. It ends with the connection, as by `commitStop`.
   */
  commit: { params: { volume: string }; result: Committed };
  /**
   * Calls off the commits of this connection: `commit` is refused then, and its overlay is as it was. One
   * that has come to its end is done.
   */
  commitStop: { params: Record<string, never>; result: Record<string, never> };
  /**
   * Keeps what a PC is now, under a name, while that stands still for a moment. Answers when it is on the
   * disk. `snapshotting` tells meanwhile what is being done. It ends with the connection, as by
   * `snapshotStop`: then nothing is kept.
   */
  snapshotMake: { params: { guest: string; name: string }; result: KeptSnapshot };
  /**
   * Has a PC go on from a snapshot, of its own or of another guest with the same machine. Answers when its
   * agent has told it the time and who it is. Refused where anything differs, and then the guest goes on as
   * it was. As `snapshotMake`, until the guest is replaced.
   */
  snapshotRestore: { params: { guest: string; name: string }; result: RestoredSnapshot };
  /** Calls off what this connection makes or restores. */
  snapshotStop: { params: Record<string, never>; result: Record<string, never> };
  /** Goes back to what a generation declared, as a new generation. Answers when that is applied. */
  rollback: {
    params: { generation: number };
    result: { generation: number; changes: number; held: boolean };
  };
  /** Changes nothing. */
  plan: { params: PlanRequest; result: PlanAnswer };
  /** Reads the files and applies them, also what is held. Answers when it is done or taken back. */
  apply: { params: ApplyRequest; result: ApplyAnswer };
  /** Resolves when every goal is met, or when one can't be met any more. */
  wait: { params: { timeoutMs?: number }; result: { ready: boolean; failed: readonly string[] } };
  /**
   * Begins a capture, which ends with the connection. `paths` are addresses of devices and guests (both
   * directions of each device) and of networks (each frame once); none: all networks. The rest as in the
   * hypervisor's `CaptureSpec`.
   */
  capture: {
    params: {
      paths?: readonly string[];
      filter?: string;
      expect?: string;
      snaplen?: number;
      frames?: number;
    };
    result: { capture: number };
  };
  /** The next piece of pcapng, when there is one. One at a time. */
  captureRead: {
    params: { capture: number };
    result: { data: string; frames: number; lost: number; matched: boolean; done: boolean };
  };
  /** No more frames; the rest is to be read, up to the piece that is `done`. */
  captureStop: { params: { capture: number }; result: Record<string, never> };
  /** Answers when the guest stands still; refused where it does not run, or is not reached. */
  pause: { params: { guest: string }; result: Record<string, never> };
  resume: { params: { guest: string }; result: Record<string, never> };
  /** Runs a command in a guest that has a shell; answers when it has ended. */
  exec: {
    params: { guest: string; command: string; timeoutMs?: number };
    result: { status: number; output: string; cut: boolean };
  };
  /**
   * Begins to copy a file into a guest of a prepared image; it is dropped with the connection. `name`: what
   * it is called where the path is a folder. `mode`: its permissions. One at a time of each guest.
   */
  copyIn: {
    params: { guest: string; path: string; name?: string; mode?: number };
    result: { copy: number };
  };
  /** The same out of one. `bytes`: what the guest says it is long, 0 where it can't know. */
  copyOut: {
    params: { guest: string; path: string };
    result: { copy: number; bytes: number; mode: number };
  };
  /** Answers when there is room for more. Base64. */
  copyWrite: { params: { copy: number; data: string }; result: Record<string, never> };
  copyRead: { params: { copy: number }; result: { data: string; done: boolean } };
  /** After the last piece: the file is there, and both ends have the same. */
  copyEnd: { params: { copy: number }; result: { bytes: number; sha256: string } };
  typeConsole: { params: { guest: string; text: string }; result: { taken: number } };
}

/** Notifications from the lab to a client: of what it has subscribed to, or asked for. */
export interface Notifications {
  snapshot: Snapshot;
  event: LabEvent;
  log: { readonly lines: readonly LogLine[] };
  /** What a guest prints, chunk by chunk, escape sequences and all. */
  console: {
    readonly guest: string;
    readonly text: string;
    /** The first: what it has printed so far, for an empty terminal. */
    readonly begins?: true;
  };
  /** A commit of this connection: bytes that the base has, of all. */
  committing: { readonly volume: string; readonly done: number; readonly all: number };
  /** A snapshot of this connection. */
  snapshotting: SnapshotStage & { readonly guest: string; readonly name: string };
  /** The last thing a client hears. */
  ended: { readonly reason: string };
}
