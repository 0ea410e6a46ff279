// What a boot on a thread of the pool costs that thread: no collection of all its garbage, which takes ten
// times as long as the rest. Told by the engine, in a process of its own.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const BOOTS = fileURLToPath(new URL("./boots.test-support.ts", import.meta.url));
const COUNT = 3;

test("nothing that comes with a boot makes a thread collect its garbage", { timeout: 120_000 }, async () => {
  const run = [process.execPath, ["--trace-gc", BOOTS, String(COUNT)]] as const;
  const { stdout } = await promisify(execFile)(...run);
  const [before = "", during] = stdout.split(`${COUNT} are warm, boots begin\n`);
  // The fabric is as large, and comes when the thread starts: the engine still has these words for it.
  expect(before).toContain("external memory pressure");
  expect(during?.split("boots end\n")).toHaveLength(2);
  expect(during?.split("boots end\n")[0]).not.toContain("external memory pressure");
});
