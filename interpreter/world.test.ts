// What the language may read, and how each thing that can be wrong with a file is called.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate, showValue } from "../lang/index.ts";
import { ImageFiles } from "./drivers/image-files.ts";
import { makeWorld, resolveFile } from "./world.ts";

let folder: string;
const world = makeWorld({ HOME: "/home/x" }, new ImageFiles(resolveFile));
const at = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "vbus-world-"));
  writeFileSync(at("b.vbus"), "let b = 1\n");
  writeFileSync(at("a.vbus"), "let a = 1\n");
  writeFileSync(at("other.txt"), "x");
  writeFileSync(at("latin"), Buffer.from([0x66, 0xfc, 0x72]));
  writeFileSync(at("full"), "x".repeat(1 << 20));
  writeFileSync(at("over"), "x".repeat((1 << 20) + 1));
  writeFileSync(at("huge"), "");
  truncateSync(at("huge"), 50 << 20);
  mkdirSync(at("module"));
  symlinkSync(at("nowhere"), at("dangling"));
  writeFileSync(at("private"), "x");
  chmodSync(at("private"), 0);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["none", "missing"],
  ["module", "folder"],
  ["over", "too-large"],
  ["huge", "too-large"],
  ["latin", "not-utf8"],
  ["dangling", "missing"],
  ["a.vbus/below", "missing"],
])("%s is %s", (name, problem) => {
  expect(world.readText(at(name))).toEqual({ problem });
});

test("a file of 1 MiB is read", () => {
  expect(world.readText(at("full"))).toMatchObject({ text: expect.stringMatching(/^x+$/) });
});

test("a file without the right to read it is denied, but to root", () => {
  const isRoot = process.getuid?.() === 0;
  expect(world.readText(at("private"))).toEqual(isRoot ? { text: "x" } : { problem: "denied" });
  expect(world.kindOf(at("private"))).toBe("file");
});

test("a device of the host is not read", () => {
  expect(world.readText("/dev/zero")).toEqual({ problem: "denied" });
});

test("files, folders and what is not there are told apart", () => {
  expect(["a.vbus", "module", "none"].map((name) => world.kindOf(at(name)))).toEqual([
    "file",
    "folder",
    "missing",
  ]);
  expect(world.listModules(folder)).toEqual(["a.vbus", "b.vbus"]);
  expect(world.listModules(at("none"))).toEqual([]);
});

test("the standard library is read by its name, and nothing beside it", () => {
  expect(world.readText("std:prelude/guest.vbus")).toMatchObject({
    text: expect.stringContaining("kind guest"),
  });
  expect(world.listModules("std:prelude")).toContain("common.vbus");
  expect(world.kindOf("std:net")).toBe("file");
  expect(world.readText("std:../package.json")).toEqual({ problem: "missing" });
});

test("the environment is the one that was given", () => {
  expect(world.env("HOME")).toBe("/home/x");
  expect(world.env("PATH")).toBeUndefined();
});

test.each([
  ["a: [1, 2.5, true, ~, text]", { a: [1, 2.5, true, null, "text"] }],
  ["a: &x [1]\nb: *x", { a: [1], b: [1] }],
  // The core schema: a date is a text, and so is `yes`.
  ["- 2026-01-01\n- yes", ["2026-01-01", "yes"]],
  ["__proto__: { a: 1 }", JSON.parse('{ "__proto__": { "a": 1 } }')],
  ["", null],
])("the YAML %j is plain data", (text, data) => {
  expect(world.parseYaml(text)).toEqual({ data });
});

test("an inventory in YAML fills records of the language", () => {
  writeFileSync(at("sites.yaml"), "- name: oslo\n  speed: 20Mbps\n- { name: paris, hosts: 3 }\n");
  const root = at("inventory.vbus");
  writeFileSync(
    root,
    "type Site { name: string, hosts: int = 1, speed: rate? }\nlet sites: [Site] = " +
      'yaml(file("./sites.yaml"))\noutput hosts = sites.map(s => s.hosts)\noutput speed = sites[0].speed\n',
  );
  const { model, diagnostics } = evaluate(world, { root });
  expect(diagnostics).toEqual([]);
  expect(model?.outputs.map(({ value }) => showValue(value))).toEqual(["[1, 3]", "20Mbps"]);
  expect(model?.inputs).toContain(at("sites.yaml"));
});

const LAUGHS = `a: &a [x, x, x, x, x, x, x, x, x]\n${"bcdefghi"
  .split("")
  .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(", ")}]`)
  .join("\n")}`;

test.each([
  ["[1, 2", /^Flow sequence/],
  ["a: 1\na: 2", /unique/],
  ["--- 1\n--- 2", /multiple documents/i],
  ["!mine 1", /Unresolved tag/],
  ["*nobody", /alias/i],
  [LAUGHS, /alias/],
])("the YAML %j is refused", (text, words) => {
  const parsed = world.parseYaml(text);
  expect("problem" in parsed ? parsed.problem : "").toMatch(words);
});
