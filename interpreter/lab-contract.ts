// What a program sees of a lab: how to check and plan one, how to open one, what it can be asked. Types only.

import type { Diagnostic, Disruption, Model } from "../lang/index.ts";
import type { CommandResult, CommitOptions, Hypervisor } from "../hypervisor/index.ts";
import type { Clock } from "./clock.ts";
import type { Environment } from "./control/paths.ts";
import type {
  ApplyAnswer,
  ApplyRequest,
  LabEvent,
  LogLine,
  PlanAnswer,
  PlanRequest,
  Snapshot,
} from "./control/protocol.ts";
import type { Bound } from "./plan/bound.ts";
import type { MetricsAddress } from "./metrics/address.ts";
import type { GivenFiles } from "./given-files.ts";
import type { Plan } from "./plan/plan.ts";
import type { RolledBack } from "./rollback.ts";
import type { Selection } from "./plan/select.ts";
import type { Committed, StoredVolume } from "./stored.ts";

/** Values for the parameters of the root module. */
export interface Parameters {
  /** As written after `-p`: `racks=4` is `{ racks: "4" }`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** From a file of JSON. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Which lab is meant. */
export interface Source {
  /** The root file; relative to the working folder, or absolute. */
  readonly file: string;
  readonly params?: Parameters;
  /** Where folders for state and sockets, and `VBUS_PARAM_...`, are looked up. Default: `process.env`. */
  readonly env?: Environment;
}

/** What a file says. `model` is absent where there is an error. */
export interface Checked {
  readonly model?: Model;
  readonly diagnostics: readonly Diagnostic[];
  /** The diagnostics with code frames; empty where there are none. */
  readonly diagnosticsText: string;
  /** Texts of the files that were read, for showing diagnostics in another way. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Whether a lab is right: the same without its model. */
export interface Verdict extends Omit<Checked, "model"> {
  /** Things of each kind, private buses with them; absent where anything is wrong. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** The same, and what `up` or a save would do now: against what runs, or from nothing. */
export interface Planned extends Checked {
  readonly plan?: Plan;
  /** Why an apply would refuse this plan, a sentence without its full stop. */
  readonly refused?: string;
  readonly running: boolean;
  /** What it was made from; of a running lab only. */
  readonly bound?: Bound;
}

export interface LabOptions extends Source {
  readonly clock: Clock;
  /** Default: a new one for this lab. It is closed with the lab. */
  readonly hypervisor?: Hypervisor;
  /** Follow the files. Default false. */
  readonly watch?: boolean;
  /**
   * A save that disturbs more than this, or that takes most guests away, waits for `apply`. Absent: nothing
   * waits.
   */
  readonly maxDisruption?: Disruption;
  /** Which part of the file runs. Default: all of it. */
  readonly selection?: Selection;
  /** Listen on the control socket. Default true. */
  readonly control?: boolean;
  /** Keep the state in its folder, and be the only process that runs this file. Default true. */
  readonly state?: boolean;
  /** Files that are not on the disk; they hide those that are. Read again at each `reload`. */
  readonly given?: GivenFiles;
  /** Serve its numbers to Prometheus at this address. Default: nowhere. */
  readonly metrics?: MetricsAddress;
  /** Called for each event from the first one on. */
  readonly onEvent?: (event: LabEvent) => void;
  readonly onLog?: (lines: readonly LogLine[]) => void;
}

/** A lab that runs in this process. */
export interface Lab {
  readonly name: string;
  /** Real path of the root file. */
  readonly file: string;
  /** Absent without a control socket. */
  readonly socketPath?: string;
  /** What the first apply did. */
  readonly firstPlan: Plan;
  /** Looks into the rings of these devices, or of all. */
  snapshot(measured?: ReadonlySet<string>): Snapshot;
  /** All its numbers in the text format of Prometheus. */
  metrics(): string;
  events(since?: number): readonly LabEvent[];
  logs(guests?: readonly string[], lines?: number): readonly LogLine[];
  /** Listeners are called at once, in order. The answer ends it. */
  onEvent(listener: (event: LabEvent) => void): () => void;
  onLog(listener: (lines: readonly LogLine[]) => void): () => void;
  /**
   * Resolves when every guest has met its goal, or when one can't any more (`failed` names them), or when the
   * time is up (`ready` is false and nothing failed).
   */
  whenReady(timeoutMs?: number): Promise<{ readonly ready: boolean; readonly failed: readonly string[] }>;
  /** Reads the files again and applies what changed, as a save would. */
  reload(): Promise<Checked>;
  /**
   * Goes back to what generation `number` declared: a new generation. The lab is held on it until its files
   * say something else, or `reload`. Throws `OperationError` `failed`; then everything is as it was.
   */
  rollback(number: number, options?: { readonly actor?: string }): Promise<RolledBack>;
  /**
   * What applying the files would do now; changes nothing. Rejects with `OperationError` `usage` for an
   * address that nobody has.
   */
  plan(request?: PlanRequest): Promise<PlanAnswer>;
  /**
   * Applies the files, also what is held. Rejects with `OperationError`: `invalid`, `usage`, `held` for more
   * than `maxDisruption`, `stale` where `bound` no longer fits. A step that fails is in the answer.
   */
  apply(request?: ApplyRequest): Promise<ApplyAnswer>;
  /** Types a text at a guest's console. The bytes that were taken, or why none. */
  typeConsole(guest: string, text: string): number | string;
  /**
   * Runs a command in a guest that has a shell and resolves when it has ended: what it printed, or why it
   * could not be run. `timeoutMs` is half a minute where it is left out.
   */
  exec(guest: string, command: string, timeoutMs?: number): Promise<CommandResult | string>;
  /** Why not, where it is refused. */
  pause(guest: string): Promise<string | undefined>;
  resume(guest: string): string | undefined;
  /** The files of its volumes. */
  storedVolumes(): readonly StoredVolume[];
  /**
   * Writes what an overlay has into its base, for good, and empties it; resolves when it is on the disk, or
   * with why not. Refused while a guest that runs has a disk of either; none of those boots meanwhile. With
   * `options` it is watched, and called off.
   */
  commit(volume: string, options?: CommitOptions): Promise<Committed | string>;
  /** Takes everything down. Twice is fine. */
  stop(options?: StopOptions): Promise<void>;
  /** Resolves with the reason when the lab is down, whoever asked. */
  readonly stopped: Promise<string>;
}

/** How a lab is taken down. */
export interface StopOptions {
  /** For each guest, in place of its own `stop.grace`. */
  readonly graceMs?: number;
  /** Deletes what unprotected volumes have stored. */
  readonly volumes?: boolean;
  readonly actor?: string;
}

/** A lab that can't start because its text doesn't check has no `lab`. */
export interface Opened extends Checked {
  readonly lab?: Lab;
}
