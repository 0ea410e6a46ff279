// A lab that runs in a process of its own, as `vbus up -d` starts it, followed through a control client: what
// is saved, what is applied, and when.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect, readGenerations, readTexts, socketPathOf, type LabClient } from "../interpreter/index.ts";

const run = promisify(execFile);
export const VBUS = fileURLToPath(new URL("../cli/vbus.cjs", import.meta.url));
/** A lab comes up in a minute or so, and a save is applied at once; what takes this long will never end. */
const PATIENCE_MS = 600_000;

/** The ways in which editors save: over the old file, or a new one that takes its place. */
export type Saving = "over" | "replace";

export interface RunningLab {
  readonly file: string;
  /** Variables for commands that ask about it. */
  readonly env: Readonly<Record<string, string>>;
  readonly client: LabClient;
  save(text: string, how: Saving): Promise<void>;
  /** Resolves with the number of the next generation that the lab says it has applied. */
  applied(): Promise<number>;
  /** The file's text in each generation that is kept, oldest first. */
  history(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Starts it and waits until every guest that can run does. Throws with the words of `up` if it does not. */
export async function openRunningLab(
  text: string,
  { wait }: { readonly wait: boolean },
): Promise<RunningLab> {
  const folder = await mkdtemp(join(tmpdir(), "vbus-bench-"));
  const file = join(folder, "lab.vbus");
  const env = {
    PATH: process.env["PATH"] ?? "",
    XDG_RUNTIME_DIR: join(folder, "run"),
    XDG_STATE_HOME: join(folder, "state"),
  };
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  await writeFile(file, text);
  const vbus = (...args: readonly string[]): Promise<unknown> =>
    run(process.execPath, [VBUS, ...args], { env, timeout: PATIENCE_MS });
  const clear = async (): Promise<void> => {
    await vbus("down", file, "--grace", "0").catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await vbus("up", "-d", ...(wait ? ["--wait"] : []), file);
    const client = await connect(socketPathOf(file, env));
    const listen = listenTo(client);
    await client.request("subscribe", { events: true });
    const close = async (): Promise<void> => {
      client.close();
      await clear();
    };
    const history = async (): Promise<readonly string[]> => {
      const heads = await readGenerations({ file, env });
      const texts = await Promise.all(heads.map(({ number }) => readTexts({ file, env }, number)));
      return texts.map((files) => files.get(file) ?? "");
    };
    return { file, env, client, save: (next, how) => saveAs(file, next, how), ...listen, history, close };
  } catch (error) {
    await clear();
    throw error;
  }
}

async function saveAs(file: string, text: string, how: Saving): Promise<void> {
  if (how === "over") return writeFile(file, text);
  await writeFile(`${file}~`, text);
  await rename(`${file}~`, file);
}

/** Hears of each generation as it is applied. An error that the lab tells of makes the run void. */
function listenTo(client: LabClient): Pick<RunningLab, "applied"> {
  let wake: ((generation: number) => void) | undefined;
  let fail: ((why: Error) => void) | undefined;
  client.on("event", ({ type, message, level }) => {
    const generation = /^generation (\d+): /.exec(message)?.[1];
    if (type === "plan" && generation !== undefined) wake?.(Number(generation));
    if (level === "error") fail?.(new Error(`the lab says: ${message}`));
  });
  return {
    applied: () =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("a save was not applied")), PATIENCE_MS);
        wake = (generation) => (clearTimeout(timer), resolve(generation));
        fail = (why) => (clearTimeout(timer), reject(why));
      }),
  };
}
