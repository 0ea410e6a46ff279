// A lab that runs in a process of its own, as `vbus up -d` starts it, followed through a control client: what
// is saved, what is applied, and when.
import { execFile } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
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

/** A generation, and the file's text that it was made from. */
export interface Kept {
  readonly generation: number;
  readonly text: string;
}

export interface RunningLab {
  /** The folder of its control socket, `XDG_RUNTIME_DIR` for those who ask about it. */
  readonly socket: string;
  readonly client: LabClient;
  save(text: string, how: Saving): Promise<void>;
  /** How many generations the lab has told of since it was opened here. */
  heard(): number;
  /** Resolves when it has told of more than so many. */
  beyond(count: number): Promise<void>;
  /** The newest generation. */
  newest(): Promise<Kept>;
  /** Those after this one that are kept, oldest first. */
  after(generation: number): Promise<readonly Kept[]>;
  close(): Promise<void>;
}

/** Starts it; with `wait`, until every goal is met. Throws with the words of `up` if it does not. */
export async function openRunningLab(text: string, wait: boolean): Promise<RunningLab> {
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
    const kept = async (numbers: readonly number[]): Promise<readonly Kept[]> => {
      const texts = await Promise.all(numbers.map((number) => readTexts({ file, env }, number)));
      return numbers.map((generation, index) => ({ generation, text: texts[index]?.get(file) ?? "" }));
    };
    const numbers = async (): Promise<readonly number[]> =>
      (await readGenerations({ file, env })).map(({ number }) => number);
    const newest = async (): Promise<Kept> => (await kept((await numbers()).slice(-1)))[0] as Kept;
    const after = async (generation: number): Promise<readonly Kept[]> =>
      kept((await numbers()).filter((number) => number > generation));
    const save = (next: string, how: Saving): Promise<void> => saveAs(file, next, how);
    return { socket: env.XDG_RUNTIME_DIR, client, save, ...listen, newest, after, close };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** Saves as editors do. */
export async function saveAs(file: string, text: string, how: Saving): Promise<void> {
  if (how === "over") return writeFile(file, text);
  await writeFile(`${file}~`, text);
  await rename(`${file}~`, file);
}

/** Hears of each generation as it is applied. An error that the lab tells of makes the run void. */
function listenTo(client: LabClient): Pick<RunningLab, "heard" | "beyond"> {
  let heard = 0;
  let look = (): void => undefined;
  let failure: string | undefined;
  client.on("event", ({ type, message, level }) => {
    if (type === "plan" && message.startsWith("generation ")) heard++;
    if (level === "error") failure = message;
    look();
  });
  return {
    heard: () => heard,
    async beyond(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(new Error("a save was not applied")), PATIENCE_MS);
      look = () => {
        if (failure !== undefined) reject(new Error(`the lab says: ${failure}`));
        else if (heard > count) resolve();
      };
      look();
      return promise.finally(() => clearTimeout(timer));
    },
  };
}
