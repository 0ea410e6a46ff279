// Asks before what nobody does by accident: the lab's name is to be typed. Only on a terminal; elsewhere it
// is refused, unless it was said on the command line.

import { createInterface } from "node:readline/promises";
import type { Plan } from "../interpreter/index.ts";
import type { Context } from "./context.ts";

export interface ConsentOptions {
  readonly yes?: boolean;
  /** False after `--no-input`. */
  readonly input?: boolean;
}

/** True where the plan may be done. Says why not. */
export async function agreed(
  { terminal }: Context,
  plan: Pick<Plan, "lab" | "warnings">,
  { yes = false, input = true }: ConsentOptions,
): Promise<boolean> {
  const { lab, warnings = [] } = plan;
  for (const warning of warnings) terminal.err(`${terminal.paint("yellow", "warning:", "err")} ${warning}\n`);
  if (warnings.length === 0 || yes) return true;
  if (!input || !terminal.interactive) {
    terminal.err("Nothing was done. Say --yes if this is meant.\n");
    return false;
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await lines.question(`Type the lab's name, ${lab}, to go on: `);
    if (typed.trim() === lab) return true;
    terminal.err("That is not its name. Nothing was done.\n");
    return false;
  } finally {
    lines.close();
  }
}
