// The catalogue is complete and true: every code that is told has a page, every page's texts do what it says.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { codePages } from "./codes.ts";
import { evaluate } from "./index.ts";
import { codesOf, FOLDER, shownDiagnostics, testWorld } from "./world.test-support.ts";

/** Those have their own tests, on texts that need no meaning. */
const isSyntax = (code: string): boolean => code.startsWith("VB1");

const folder = fileURLToPath(new URL(".", import.meta.url));

const OTHERS = {
  "parts.vbus": "let _secret = 1\nlet public = 2\n",
  "things.vbus": "network lan { subnet = 10.0.0.0/24 }\n",
};
const OPTIONS = { driverless: ["image pc"], problems: { "binary.vbus": "not-utf8" } } as const;

function told(text: string) {
  const world = testWorld({ ...OTHERS, "lab.vbus": text }, OPTIONS);
  return evaluate(world, { root: `${FOLDER}/lab.vbus` });
}

function codesInSource(): Set<string> {
  const found = new Set<string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || name.includes(".test") || name.startsWith("codes")) continue;
    for (const [code] of readFileSync(join(folder, name), "utf8").matchAll(/"VB[234]\d{3}"/g))
      found.add(code.slice(1, -1));
  }
  return found;
}

test("every code has one page, and every page is of a code that is told", () => {
  const all = codePages().map((page) => page.code);
  expect(new Set(all).size).toBe(all.length);
  const pages = all.filter((code) => !isSyntax(code));
  expect([...pages].sort()).toEqual([...codesInSource()].sort());
});

for (const page of codePages().filter(({ code }) => !isSyntax(code))) {
  test(`${page.code}: the bad text has this one mistake, the good text none`, () => {
    if (page.bad === undefined || page.good === undefined) {
      // What is not supported is told by the host side; the language itself has no such text left.
      expect(page.code).toBe("VB2022");
      return;
    }
    const bad = told(page.bad);
    expect(codesOf(bad), shownDiagnostics(bad)).toEqual([page.code]);
    const warned = bad.diagnostics.every(({ severity }) => severity === "warning");
    expect(bad.model !== undefined).toBe(warned);
    const good = told(page.good);
    expect(shownDiagnostics(good)).toBe("");
    expect(good.model).toBeDefined();
  });
}
