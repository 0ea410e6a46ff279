// The modules of the standard library: what their own files of assertions say holds, and everything public is
// documented.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "./syntax/index.ts";
import { evaluateText, shownDiagnostics } from "./world.test-support.ts";

const folder = fileURLToPath(new URL("../stdlib/", import.meta.url));
const modules = readdirSync(folder).filter((name) => name.endsWith(".vbus"));

test.each(modules)("%s has a file of assertions, which hold", (name) => {
  const text = readFileSync(`${folder}test/${name}`, "utf8");
  expect(text.match(/^assert /gm)?.length ?? 0).toBeGreaterThan(1);
  const evaluation = evaluateText(text);
  expect(shownDiagnostics(evaluation)).toBe("");
  expect(evaluation.model).toBeDefined();
});

test.each(modules)("everything public in %s is documented", (name) => {
  const { module } = parse(name, readFileSync(folder + name, "utf8"));
  const silent = module.items.flatMap((item) =>
    "doc" in item &&
    item.doc === "" &&
    "name" in item &&
    "text" in item.name &&
    !item.name.text.startsWith("_")
      ? [item.name.text]
      : [],
  );
  expect(silent).toEqual([]);
});

test("what can't be planned is told at the call", () => {
  const told = (call: string): string[] =>
    evaluateText(`import "std:net" as net\noutput x = ${call}`).diagnostics.map(({ message }) => message);
  expect(told('net.address_plan(10.0.0.0/24, ["a", "b"])')).toEqual([
    "`count`: the pool has too few subnets.",
  ]);
  expect(told('net.address_plan(10.0.0.0/28, ["a"])')).toEqual([
    "`bits`: the pool is smaller than one such subnet.",
  ]);
});
