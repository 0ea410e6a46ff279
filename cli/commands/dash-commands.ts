// Commands that are typed in a dashboard: each runs as a process of its own, on the lab that the dashboard
// shows, and what it prints comes back as text.

import { spawn } from "node:child_process";
import path from "node:path";
import type { CommandRunner } from "../../tui/index.ts";
import type { Context } from "../context.ts";

/** They only look. */
const LOOKING = "check diff events explain generations get graph help lint logs metrics";
const HARMLESS = new Set(`${LOOKING} plan ps stats status tree version wait why`.split(" "));
/** These write where they are told to. */
const WRITES = new Set(["--out", "-o", "--write", "-w", "--fix"]);
const KILLED = 130;

/** `fileNow` says the root file of the lab, as soon as that is known. */
export function dashCommands(context: Context, fileNow: () => string | undefined): CommandRunner {
  const envNow = (file: string | undefined): NodeJS.ProcessEnv => ({
    ...context.env,
    NO_COLOR: "1",
    ...(file !== undefined && { VBUS_FILE: file }),
  });
  return {
    complete: async (words) => {
      const { candidatesFor } = await import("../main.ts");
      return candidatesFor({ ...context, env: envNow(fileNow()) }, words);
    },
    isHarmless: ([name = "", ...rest]) =>
      HARMLESS.has(name) && !rest.some((word) => WRITES.has(word.replace(/=.*$/u, ""))),
    run: (words, print) => {
      const file = fileNow();
      const child = spawn(process.execPath, [process.argv[1] as string, ...words], {
        ...(file !== undefined && { cwd: path.dirname(file) }),
        env: envNow(file),
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", print);
      const ended = new Promise<number>((resolve) => {
        child.once("error", (error) => {
          print(`${error.message}\n`);
          resolve(KILLED);
        });
        child.once("close", (code) => resolve(code ?? KILLED));
      });
      return { ended, end: () => void child.kill("SIGTERM") };
    },
  };
}
