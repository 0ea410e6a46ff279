// The module that is kept in the repository is what its sources say.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { clangVersion, LWIP_KEPT, lwipRecipe, makeLwip } from "./build-lwip.ts";

const kept = readFileSync(LWIP_KEPT.recipe, "utf8");
const compiler = /^clang (\S+)$/m.exec(kept)?.[1];

test("lwip.wasm was made from the sources that lie beside it", () => {
  expect(kept, "run node scripts/build-lwip.ts").toBe(`${lwipRecipe()}clang ${compiler}\n`);
});

test("made again, it is the same", { timeout: 300_000 }, () => {
  const here = clangVersion();
  if (process.env["CI"] !== "true" && process.env["SLOW"] !== "1") return;
  if (here !== compiler) {
    console.log(`lwip.wasm was made by clang ${compiler}; here is ${here ?? "none"}: not compared`);
    return;
  }
  expect(Buffer.compare(makeLwip(), readFileSync(LWIP_KEPT.module))).toBe(0);
});
