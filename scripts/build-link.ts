// Puts the project's own command where npm scripts and `npx vbus` look for commands: npm links those of
// dependencies only.

import { lstatSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { StepResult } from "./build.ts";

const LINK = "node_modules/.bin/vbus";
const TARGET = "../../cli/vbus.cjs";

export async function linkCommand(root: string): Promise<StepResult> {
  const link = join(root, LINK);
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  mkdirSync(join(root, "node_modules/.bin"), { recursive: true });
  symlinkSync(TARGET, link);
  return { done: "npx vbus", problems: [] };
}
