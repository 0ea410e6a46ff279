// What `evaluate` leaves unchecked of the standard library is right, and is checked where it is used.

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { evaluate, follower } from "../index.ts";
import { PRELUDE } from "./check-program.ts";
import { FOLDER, testWorld } from "../world.test-support.ts";
import { EXAMPLES } from "../examples.test-support.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const texts = [
  ...EXAMPLES.values(),
  ...globSync(["stdlib/test/*.vbus", "lang/corpus/*.vbus", "lang/corpus/mistakes/*.vbus"], { cwd: root }).map(
    (name) => readFileSync(root + name, "utf8"),
  ),
];

test("the standard library has no mistake where all of it is checked", () => {
  const modules = globSync("stdlib/*.vbus", { cwd: root }).map((name) => name.slice(7, -5));
  expect(modules.length).toBeGreaterThan(2);
  const text = modules.map((name) => `import "std:${name}" as m_${name}`).join("\n");
  const { diagnostics, sources } = follower()(testWorld({ "lab.vbus": text }), {
    root: `${FOLDER}/lab.vbus`,
  });
  for (const name of modules) expect(sources.has(`std:${name}`)).toBe(true);
  expect([...sources.keys()].some((file) => file.startsWith(PRELUDE))).toBe(true);
  expect(diagnostics).toEqual([]);
});

test("a lab means the same, and is as wrong, whether all is checked or what it uses", () => {
  expect(texts.length).toBeGreaterThan(40);
  for (const text of texts) {
    const input = { root: `${FOLDER}/lab.vbus` };
    const whole = follower()(testWorld({ "lab.vbus": text }), input);
    const spared = evaluate(testWorld({ "lab.vbus": text }), input);
    const told = ({ diagnostics, model }: typeof whole) => ({ diagnostics, model });
    if (!isDeepStrictEqual(told(spared), told(whole))) expect(told(spared)).toEqual(told(whole));
  }
}, 60_000);
