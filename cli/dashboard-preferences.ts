// How somebody wants their dashboards: `vbus/dashboard.json` in the folder for such files, under what the
// command line says.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Preferences } from "../tui/index.ts";
import { UsageError } from "./context.ts";

/** What the command line says of it. */
export interface LookOptions {
  readonly ascii?: boolean;
  readonly theme?: Preferences["theme"];
  readonly symbols?: Preferences["symbols"];
  readonly mouse?: boolean;
}

/** Throws `UsageError` where the file says what can't be. */
export async function dashboardPreferences(
  env: NodeJS.ProcessEnv,
  { ascii, theme, symbols, mouse }: LookOptions,
): Promise<Preferences> {
  const file = path.join(
    env["XDG_CONFIG_HOME"] || path.join(env["HOME"] ?? homedir(), ".config"),
    "vbus",
    "dashboard.json",
  );
  const { checkPreferences } = await import("../tui/index.ts");
  const { preferences, problems } = checkPreferences(readDocument(file));
  if (problems.length > 0) throw new UsageError(`${file}: ${problems.join(";\n  ")}.`);
  return {
    ...preferences,
    ...(theme !== undefined && { theme }),
    ...(symbols !== undefined && { symbols }),
    ...(ascii === true && { symbols: "ascii" as const }),
    ...(mouse !== undefined && { mouse }),
  };
}

function readDocument(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
