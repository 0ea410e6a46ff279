// What a run of tests takes and tells. Types only.

import type { Diagnostic } from "../../lang/index.ts";
import type { Clock } from "../clock.ts";
import type { Source } from "../lab-contract.ts";

export interface TestOptions {
  /** Root files, each with its parameters. */
  readonly sources: readonly Source[];
  readonly clock: Clock;
  /** Which tests, by name. Default: all. */
  readonly wanted?: (name: string) => boolean;
  /** Labs side by side, at least 1. */
  readonly jobs: number;
  /** For each test that fails, the frames of its last step go to a file in this folder, which exists. */
  readonly captures?: string;
  /** The first failure keeps the others from being started. */
  readonly failFast?: boolean;
  /** Ends the run: labs go down, tests under way are `interrupted`. */
  readonly signal?: AbortSignal;
  /** Told as tests begin and end. */
  readonly onBegin?: (test: TestName) => void;
  readonly onEnd?: (result: TestResult) => void;
}

/** Where a test stands. */
export interface TestName {
  /** The root file as it was given. */
  readonly file: string;
  readonly name: string;
  /** From 1. */
  readonly line: number;
}

export interface TestResult extends TestName {
  readonly state: "passed" | "failed" | "skipped" | "interrupted";
  readonly elapsedMs: number;
  readonly failure?: TestFailure;
}

/** Why a test failed, and what its lab looked like then. */
export interface TestFailure {
  /** Stands at the step, with the values inside its condition. */
  readonly diagnostic: Diagnostic;
  /** Texts that the diagnostic points into. */
  readonly sources: ReadonlyMap<string, string>;
  readonly guests: readonly GuestTail[];
  readonly drops: readonly Drops[];
  /** The file with the frames of the failing step, as pcapng: where they are kept, and there were any. */
  readonly capture?: string;
}

/** A guest that said something, ended badly, or was asked about in the failing step. */
export interface GuestTail {
  readonly guest: string;
  /** `running`, `completed with 0`, `failed: reason`. */
  readonly state: string;
  /** The last lines of the step's time. */
  readonly lines: readonly string[];
}

/** Frames that a network or a device dropped since the lab came up. */
export interface Drops {
  readonly address: string;
  /** `frames` of a network, `rx` and `tx` of a device. */
  readonly counter: string;
  readonly dropped: number;
  readonly by: Readonly<Record<string, number>>;
}

/** A file that can't be tested because its text doesn't check. */
export interface WrongFile {
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

export interface TestReport {
  /** In the order of files and texts. Empty where a file is wrong: then nothing was run. */
  readonly results: readonly TestResult[];
  readonly wrong: readonly WrongFile[];
  /** Tests that `wanted` left out. */
  readonly leftOut: number;
  readonly elapsedMs: number;
}
