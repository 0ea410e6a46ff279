// Calls `vbus` in this process, for what needs no process of its own: a few milliseconds each.

import { systemClock } from "./clock.ts";
import { call, createProgram } from "./main.ts";
import { createTerminal } from "./terminal.ts";

/** One for all: each adds a listener to the process's own streams. */
const STREAMS = createTerminal({ NO_COLOR: "1" });

/** The tree of commands, as `vbus` has it. */
export function programOf(env: NodeJS.ProcessEnv = {}): ReturnType<typeof createProgram> {
  return createProgram({ terminal: STREAMS, clock: systemClock, env }, () => undefined);
}

/** Exit code and what was written, as `Desk.run` answers. Variables and folder are those of this process. */
export async function callHere(
  args: readonly string[],
): Promise<{ readonly exit: number; readonly stdout: string; readonly stderr: string }> {
  let [stdout, stderr] = ["", ""];
  const terminal = {
    ...STREAMS,
    out: (text: string) => void (stdout += text),
    err: (text: string) => void (stderr += text),
    interactive: false,
  };
  const exit = await call(["node", "vbus", ...args], { terminal, clock: systemClock, env: process.env });
  return { exit, stdout, stderr };
}
