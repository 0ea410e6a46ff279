// Runs once before all tests: builds what they start (guests, the data path's modules, dist/) unless nothing
// has changed since, and says the seed of the run. It starts nothing that outlives it.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isTest, readTree } from "./tidy/source.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Written last by the build, so it is the age of all of it. */
const BUILT_LAST = "dist/cli/main.js";

/**
 * Called by vitest. Throws if the build fails in CI; elsewhere it says so and lets the tests show what it
 * means.
 */
export function setup(): void {
  console.log(`seed ${process.env["SEED"]}: SEED=${process.env["SEED"]} npm test repeats this run`);
  if (isFresh()) return;
  const build = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: root, encoding: "utf8" });
  if (build.status === 0) return;
  const words = `${build.stdout}${build.stderr}`;
  if (process.env["CI"]) throw new Error(`the build failed:\n${words}`);
  console.log(`${words}\nThe build failed; the tests run with what it left.`);
}

function isFresh(): boolean {
  const built = join(root, BUILT_LAST);
  if (!existsSync(built)) return false;
  const age = statSync(built).mtimeMs;
  const sources = [...readTree(root).keys()].filter(
    (path) => /\.(tsx?|wat|h|c|json)$/.test(path) && !isTest(path),
  );
  return sources.every((path) => statSync(join(root, path)).mtimeMs < age);
}
