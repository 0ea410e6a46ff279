// Runs a contender as a process of its own, through `rivals/meter.c`, and says what it took: seconds from its
// start to its end and the most memory that it had. A contender that fails makes the run void.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { compileRival } from "./compile.ts";

const run = promisify(execFile);
/** Every contender is through in a few seconds; one that takes this long will never end. */
const PATIENCE_MS = 120_000;

export interface Metered {
  readonly seconds: number;
  /** Peak of the resident set, pages shared with other processes included. */
  readonly mebibytes: number;
  readonly output: string;
  /** What it said on stderr. */
  readonly messages: string;
}

/** Runs a program with its arguments. Rejects with the program's own words if it doesn't end with 0. */
export type Meter = (command: readonly string[]) => Promise<Metered>;

/** Compiles the meter. Outputs go through a file in `folder`; one run at a time. */
export async function openMeter(folder: string): Promise<Meter> {
  const program = await compileRival("meter");
  const file = join(folder, "output");
  return async (command) => {
    const { stdout, stderr } = await run(program, [file, ...command], { timeout: PATIENCE_MS });
    const output = await readFile(file, "utf8");
    const took: unknown = JSON.parse(stdout);
    if (!isTaken(took)) throw new Error(`the meter printed something else: ${stdout}`);
    if (took.status !== 0) {
      throw new Error(
        `\`${command.join(" ")}\` ended with ${took.status}:\n${output.slice(0, 2000)}${stderr}`,
      );
    }
    return { seconds: took.seconds, mebibytes: took.kib / 1024, output, messages: stderr };
  };
}

interface Taken {
  readonly seconds: number;
  readonly kib: number;
  readonly status: number;
}

function isTaken(value: unknown): value is Taken {
  if (typeof value !== "object" || value === null) return false;
  return "seconds" in value && "kib" in value && "status" in value && typeof value.seconds === "number";
}
