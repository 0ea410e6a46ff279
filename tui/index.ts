// The door of the dashboard. It needs a control client and a terminal, holds nothing of a lab, and can be
// killed at any time without effect on one.

import type { Clock, LabClient } from "../interpreter/index.ts";
import type { Packer } from "./history.ts";
import type { CommandRunner } from "./commands.ts";
import { KEYS } from "./key-table.ts";
import { readPreferences } from "./preferences.ts";
import type { PreferencesReading } from "./preferences.ts";
import type { Preferences } from "./preferences.ts";
import type { DashboardEnd } from "./model.ts";

export type { CommandRunner } from "./commands.ts";
export type { DashboardEnd } from "./model.ts";
export { renderOnce } from "./once.ts";
export type { Packer } from "./history.ts";
export type { Preferences } from "./preferences.ts";
export type { OnceOptions } from "./once.ts";

export interface DashboardOptions {
  /** Called at the beginning and, after a pause, whenever the connection has ended. */
  readonly connect: () => Promise<LabClient>;
  /** Leaving asks whether the lab is to stop. */
  readonly attachedByUp: boolean;
  /** Nothing is changed from here, only looked at. */
  readonly readOnly?: boolean;
  readonly streams: { readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream };
  /** Absent: nothing can be typed after `:`. */
  readonly commands?: CommandRunner;
  /** `NO_COLOR`, `TERM` and `COLORTERM` are looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly preferences?: Preferences;
  readonly clock: Pick<Clock, "now">;
  /** Keeps the last minutes small. */
  readonly packer: Packer;
  /** In place of stopping the process group when ctrl-z is typed. */
  readonly onSuspend?: () => void;
}

/** What of a document can be preferences, and a sentence for each thing in it that can't. */
export function checkPreferences(document: unknown): PreferencesReading {
  return readPreferences(document, KEYS);
}

/**
 * Draws until it is left. `stop`: the user wants the lab stopped, which is for the caller to do; `left`: the
 * lab goes on, also after SIGINT, SIGTERM, SIGHUP and a closed terminal. Rejects with what was thrown where
 * the dashboard itself broke. The terminal is restored before it settles. One at a time in a process; it
 * takes the process's signals while it runs.
 */
export async function runDashboard(options: DashboardOptions): Promise<DashboardEnd> {
  // React is fast and quiet only where this is said before it is loaded.
  process.env["NODE_ENV"] ??= "production";
  const { run } = await import("./run.ts");
  return run(options);
}
