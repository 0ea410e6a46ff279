// What every command is given: streams, clock, environment. Made once, in main.

import type { Clock } from "../interpreter/index.ts";
import type { Terminal } from "./terminal.ts";

export interface Context {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
}

/** A command's answer: its exit code. */
export type Exit = number;

/** A mistake in the call itself: exit code 64. */
export class UsageError extends Error {}
