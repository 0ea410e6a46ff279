// WASI's functions called with anything: the program gets an answer each time, the host is unharmed, and what
// lies outside the program's memory and folder is as it was. `SEED=42 npx vitest run …` repeats a run.

import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { randomOf } from "../../machine-room.test-support.ts";
import {
  FREE_AT,
  PARAMETERS,
  ProgramLab,
  call,
  countingProgramOf,
  type Call,
} from "./program.test-support.ts";

const LONG = process.env["SLOW"] === "1" || process.env["CI"] === "true";
const SEED = Number(process.env["SEED"] ?? 20_261_126);
const PROGRAMS = LONG ? 60 : 3;
const CALLS = 3000;
const MEMORY = 16 * 65_536;

const labs: ProgramLab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

/** It would end the program, or sleep for a time that nobody chose. */
const UNFIT = new Set(["proc_exit", "poll_oneoff"]);
const NAMES = Object.keys(PARAMETERS).filter((name) => !UNFIT.has(name));

const SMALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 64, 255, 1024, 1025, 4096, 4097, 65_535, 65_536];
const ENDS = [-1, -4, -8, -64, 0, 1].map((past) => MEMORY + past);
const NEGATIVE = [-1, -2, -8, -64, 2 ** 31 - 1, -(2 ** 31)];
const NUMBERS = [...SMALL, ...ENDS, ...NEGATIVE, ...[0, 64, 512, 4096].map((past) => FREE_AT + past)];
const WIDE = [0n, 1n, 2n, 3n, 255n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, -1n, -(2n ** 63n)];
const PATHS = ["file", "sub", "sub/file", "..", "../secret", "link", "out/secret", "new", "sub/new", ".", ""];

/**
 * Calls with arguments at the edges, mostly; now and then with a path and an open descriptor, so that more
 * happens.
 */
function callsOf(random: () => number): readonly Call[] {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  return Array.from({ length: CALLS }, () => {
    const name = pick(NAMES);
    const args: Call["args"][number][] = [];
    const types = PARAMETERS[name] ?? [];
    for (let index = 0; index < types.length; index++) {
      const isPath = name.startsWith("path_") && types[index] === "i32" && types[index + 1] === "i32";
      if (isPath && index > 0 && random() < 0.3) {
        args.push(pick(PATHS));
        index++;
      } else if (types[index] === "i64")
        args.push(random() < 0.3 ? BigInt(Math.floor(random() * 100)) : pick(WIDE));
      else if (index === 0) args.push(Math.floor(random() * 9));
      else args.push(random() < 0.5 ? FREE_AT + Math.floor(random() * 8192) : pick(NUMBERS));
    }
    // Not at once: its folder would be closed before much has happened.
    if ((name === "fd_close" || name === "fd_renumber") && random() < 0.9) args[0] = 99;
    return call(name, ...args);
  });
}

test("anything is answered, and nothing outside changes", { timeout: 600_000 }, async () => {
  for (let n = 0; n < PROGRAMS; n++) {
    const seed = SEED + n;
    const lab = new ProgramLab();
    labs.push(lab);
    writeFileSync(path.join(lab.outer, "secret"), "SECRET");
    mkdirSync(path.join(lab.inside, "sub"));
    writeFileSync(path.join(lab.inside, "file"), "inside");
    symlinkSync("sub/file", path.join(lab.inside, "link"));
    symlinkSync("..", path.join(lab.inside, "out"));
    await lab.give();
    const calls = callsOf(randomOf(seed));
    const end = await lab.run("p", await countingProgramOf(calls), { memory: MEMORY });
    expect([seed, end.reason]).toEqual([seed, `main returned ${end.exit}`]);
    // Enough of it got through for this to mean something.
    expect(end.exit).toBeGreaterThan(8);
    expect(readFileSync(path.join(lab.outer, "secret"), "utf8")).toBe("SECRET");
    expect(readdirSync(lab.outer).toSorted()).toEqual(["inside", "secret"]);
    await lab.close();
    labs.pop();
  }
});
