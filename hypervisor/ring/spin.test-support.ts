// Runs a Promela model through `spin`: the verifier is generated, compiled and run in a folder of its own.

import { execFile, execFileSync } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const MODELS = fileURLToPath(new URL("models", import.meta.url));
const DEPTH = 100_000;
const MEMORY_MIB = 1000;
const RUN_MS_MAX = 400_000;

/** What is asked of a model. */
export interface Question {
  readonly model: "signal" | "claims";
  /** Names that the model's text looks at, `FRAMES=2` or `NO_SECOND_LOOK`. */
  readonly defines?: readonly string[];
  /** Its LTL formula instead of its assertions: cycles, with every process getting its turn. */
  readonly liveness?: boolean;
  /** Many states: the compiler's time is worth it. */
  readonly large?: boolean;
}

interface Answer {
  readonly errors: number;
  readonly states: number;
  readonly seconds: number;
}

/** The commands that are not there, of those that models need. */
export function missingCommands(): readonly string[] {
  return ["spin", "cc"].filter((command) => {
    try {
      execFileSync(command, [command === "cc" ? "--version" : "-V"], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });
}

/** Throws where the search did not come to an end: too deep, too large, too long. */
export async function ask({
  model,
  defines = [],
  liveness = false,
  large = false,
}: Question): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), "vbus-spin-"));
  const start = process.hrtime.bigint();
  try {
    const name = `${model}.pml`;
    await copyFile(join(MODELS, name), join(folder, name));
    const kind = liveness ? ["-DNFAIR=3"] : ["-DSAFETY", "-DNOCLAIM"];
    await run("spin", [...defines.map((define) => `-D${define}`), "-a", name], { cwd: folder });
    const options = [large ? "-O1" : "-O0", "-w", "-DVECTORSZ=512", `-DMEMLIM=${MEMORY_MIB}`, ...kind];
    await run("cc", [...options, "-o", "pan", "pan.c"], { cwd: folder });
    const { stdout } = await run("./pan", [`-m${DEPTH}`, ...(liveness ? ["-a", "-f"] : [])], {
      cwd: folder,
      timeout: RUN_MS_MAX,
    });
    const numbers = /errors: (?<errors>\d+)\s+(?<states>\d+) states, stored/.exec(stdout)?.groups;
    if (!numbers || /max search depth too small|Search not completed[^]*errors: 0/.test(stdout)) {
      throw new Error(`the search of ${name} did not end:\n${stdout}`);
    }
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    return { errors: Number(numbers["errors"]), states: Number(numbers["states"]), seconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
