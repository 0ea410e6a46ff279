// How the tests of all rooms are found and run: each file in a process of its own, after one build.
import { defineConfig } from "vitest/config";

// Read by the property tests, said by the set-up, the same in every process of the run.
process.env["SEED"] ??= String(Date.now() % 2 ** 31);

export default defineConfig({
  // Limits are for what hangs: a busy machine is given all the time it takes.
  test: {
    include: [
      "{lang,stdlib,hypervisor,interpreter,tui,lsp,embed,cli,bench,scripts,examples}/**/*.test.{ts,tsx}",
    ],
    exclude: ["**/node_modules/**", "**/dist/**", "**/build/**"],
    globalSetup: ["scripts/test-setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    allowOnly: false,
    env: { SEED: process.env["SEED"] },
  },
});
