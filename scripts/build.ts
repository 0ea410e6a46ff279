// Builds everything that is made and not written: WebAssembly from text, guests from AssemblyScript, and
// dist/ from TypeScript. Builds all it can, says in a sentence each what it couldn't, and ends with 1 then.
// `npm ci` runs it.

import { fileURLToPath } from "node:url";
import { buildGuests } from "./build-guests.ts";
import { buildDist } from "./build-dist.ts";
import { linkCommand } from "./build-link.ts";
import { buildWat } from "./build-wat.ts";

/** What a step did, in a few words; `problems` are sentences for the user. */
export interface StepResult {
  readonly done: string;
  readonly problems: readonly string[];
}

const root = fileURLToPath(new URL("..", import.meta.url));

const steps: readonly (readonly [name: string, run: () => Promise<StepResult>])[] = [
  ["wat", () => buildWat(root)],
  ["guests", () => buildGuests(root)],
  ["dist", () => buildDist(root)],
  ["link", () => linkCommand(root)],
];

let failed = false;
for (const [name, run] of steps) {
  const start = performance.now();
  let result: StepResult;
  try {
    result = await run();
  } catch (error) {
    result = { done: "failed", problems: [error instanceof Error ? error.message : String(error)] };
  }
  const ms = Math.round(performance.now() - start);
  console.log(`build: ${name.padEnd(6)} ${String(ms).padStart(6)} ms  ${result.done}`);
  for (const problem of result.problems) console.error(problem);
  failed ||= result.problems.length > 0;
}
if (failed) {
  console.error("build: the problems above are to be solved; what they don't touch is built.");
  process.exitCode = 1;
}
