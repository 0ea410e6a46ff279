// `up` on a terminal and `up -d`: starts the lab's own process, waits until it answers, then attaches or
// comes back.

import { fork, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { addressText, connect, socketPathOf, type Source } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { LookOptions } from "../dashboard-preferences.ts";
import type { Following } from "./up.ts";
import type { GivenLetter, ServedLetter } from "./up-served.ts";

interface BackgroundOptions extends Following, LookOptions {
  readonly dashboard: boolean;
  readonly wait?: boolean;
  readonly timeoutMs: number | undefined;
  /** The file of `--params`, however it was given: the lab's own process reads it again. */
  readonly params?: string;
}

export async function upInBackground(
  context: Context,
  source: Source,
  options: BackgroundOptions,
): Promise<Exit> {
  const { terminal } = context;
  terminal.err(`starting ${source.file} ...\n`);
  const letter = await startServer(source, options);
  if (letter.type === "refused") {
    terminal.err(letter.text);
    return letter.exit;
  }
  terminal.err(letter.notes);
  if (options.dashboard) {
    const { attach } = await import("./dash.ts");
    return attach(context, letter.socketPath, { attachedByUp: true, look: options });
  }
  const client = await connect(letter.socketPath);
  const { lab, pid } = client.hello;
  if (options.wait) {
    const time = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
    const { ready, failed } = await client.request("wait", time);
    client.close();
    if (ready) terminal.err(`${terminal.paint("green", "ready", "err")} ${lab}\n`);
    else
      terminal.err(failed.length > 0 ? `missed their goals: ${failed.join(", ")}\n` : "not ready in time\n");
    if (ready) return EXIT.done;
    return failed.length > 0 ? EXIT.failed : EXIT.busy;
  }
  client.close();
  terminal.err(
    `${terminal.paint("green", "running", "err")} ${lab} (pid ${pid}): vbus dash, vbus ps, vbus down\n`,
  );
  return EXIT.done;
}

/** The last words of a lab's process stand in this file. */
function logFileOf(source: Source): string {
  return socketPathOf(source.file).replace(/\.sock$/, ".log");
}

async function startServer(
  source: Source,
  { params, ...following }: Following & Pick<BackgroundOptions, "params">,
): Promise<ServedLetter> {
  const logFile = logFileOf(source);
  mkdirSync(path.dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, "w", 0o600);
  const args = ["up", source.file, "--serve", ...followingArgs(following)];
  if (params !== undefined) args.push("--params", params);
  const child = fork(process.argv[1] as string, args, {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
    execArgv: [],
  });
  closeSync(log);
  // Not as arguments: those of a process are there for everybody to read, and some of these are secrets.
  const given: GivenLetter = { type: "given", flags: source.params?.flags ?? {} };
  child.send(given, () => undefined);
  const letter = await firstLetter(child, logFile);
  child.unref();
  if (child.connected) child.disconnect();
  return letter;
}

/** The same as arguments of the lab's own process. */
function followingArgs({ watch, maxDisruption, selection, metrics }: Following): readonly string[] {
  const { targets = [], excludes = [] } = selection;
  return [
    ...(watch ? [] : ["--no-watch"]),
    ...(metrics ? ["--metrics", addressText(metrics)] : []),
    "--max-disruption",
    maxDisruption,
    ...targets.flatMap((address) => ["--target", address]),
    ...excludes.flatMap((address) => ["--exclude", address]),
  ];
}

function firstLetter(child: ChildProcess, logFile: string): Promise<ServedLetter> {
  return new Promise((resolve) => {
    child.once("message", (letter) => resolve(letter as ServedLetter));
    child.once("exit", (code) => {
      const words = readFileSync(logFile, "utf8").trimEnd();
      resolve({
        type: "refused",
        exit: code ?? EXIT.failed,
        text: `error: the lab's process ended.\n${words}\n`,
      });
    });
  });
}
