import { expect, test } from "vitest";
import { RULES, tidy } from "./tidy/rules.ts";
import { wrapComments } from "./tidy/wrap.ts";

type Files = Readonly<Record<string, string>>;

/** Complaints of one rule about some files, as they are printed but for the rule's name. */
function complaints(rule: string, files: Files): readonly string[] {
  const ending = ` [${rule}]`;
  const found = tidy(new Map(Object.entries(files)), []);
  return found.filter((line) => line.endsWith(ending)).map((line) => line.slice(0, -ending.length));
}

interface Case {
  readonly rule: string;
  readonly says: string;
  readonly bad: Files;
  /** Beginnings of the complaints that are expected, in order. */
  readonly expected: readonly string[];
  readonly good: Files;
}

const lines = (count: number, line: string): string => `${line}\n`.repeat(count);
const fn = (count: number): string => `function long() {\n${lines(count - 2, "  step();")}}\n`;

const CASES: readonly Case[] = [
  {
    rule: "imports",
    says: "the language knows no package of Node's",
    bad: { "lang/a.ts": `import { readFileSync } from "node:fs";` },
    expected: ["lang/a.ts:1: error: `node:fs` in lang is banned, use "],
    good: { "lang/a.ts": `import { Lexer } from "chevrotain";`, "hypervisor/b.ts": `import "node:fs";` },
  },
  {
    rule: "imports",
    says: "another room is entered by its door",
    bad: { "interpreter/a.ts": `\nimport { x } from "../lang/b.ts";`, "lang/b.ts": "export const x = 1;" },
    expected: ["interpreter/a.ts:2: error: a path into lang is banned, use its door lang/index.ts"],
    good: {
      "interpreter/a.ts": `import { x } from "../lang/index.ts";`,
      "lang/index.ts": "export const x = 1;",
    },
  },
  {
    rule: "imports",
    says: "a room uses only the rooms of its row, and types are no exception",
    bad: {
      "hypervisor/a.ts": `import type { X } from "../lang/index.ts";`,
      "lang/index.ts": "export type X = 1;",
    },
    expected: ["hypervisor/a.ts:1: error: lang in hypervisor is banned, use "],
    good: { "cli/a.ts": `export { X } from "../lang/index.ts";`, "lang/index.ts": "export type X = 1;" },
  },
  {
    rule: "imports",
    says: "a dynamic import is an import",
    bad: { "tui/a.ts": `const fs = await import("node:fs");` },
    expected: ["tui/a.ts:1: error: `node:fs` in tui is banned"],
    good: { "cli/a.ts": `const fs = await import("node:fs");` },
  },
  {
    rule: "imports",
    says: "a test may use a test's packages and every door, but no inside of another room",
    bad: {
      "lang/a.test.ts": `import { x } from "../interpreter/plan/b.ts";`,
      "lang/c.ts": `import { test } from "vitest";`,
      "interpreter/plan/b.ts": "",
    },
    expected: [
      "lang/a.test.ts:1: error: a path into interpreter",
      "lang/c.ts:1: error: `vitest` in lang is banned",
    ],
    good: {
      "lang/a.test.ts": `import { test } from "vitest";\nimport { x } from "../interpreter/index.ts";`,
      "interpreter/index.ts": "",
    },
  },
  {
    rule: "imports",
    says: "the hypervisor's storeys are climbed down only",
    bad: {
      "hypervisor/memory/a.ts": `import "../ring/b.ts";`,
      "hypervisor/ring/b.ts": `import "../datapath/c.ts";`,
      "hypervisor/datapath/c.ts": `import "../device/d.ts";`,
      "hypervisor/device/d.ts": `import "../backend/e.ts";`,
      "hypervisor/backend/e.ts": `import "../guest/f.ts";`,
      "hypervisor/guest/f.ts": "",
    },
    expected: [
      "hypervisor/backend/e.ts:1: error: hypervisor/guest in hypervisor/backend is banned",
      "hypervisor/datapath/c.ts:1: error: hypervisor/device in hypervisor/datapath is banned",
      "hypervisor/device/d.ts:1: error: hypervisor/backend in hypervisor/device is banned",
      "hypervisor/memory/a.ts:1: error: hypervisor/ring in hypervisor/memory is banned",
      "hypervisor/ring/b.ts:1: error: hypervisor/datapath in hypervisor/ring is banned",
    ],
    good: {
      "hypervisor/guest/f.ts": `import "../backend/e.ts";\nimport "./g.ts";`,
      "hypervisor/guest/g.ts": "",
      "hypervisor/backend/e.ts": `import "../datapath/c.ts";\nimport "../limits.ts";`,
      "hypervisor/datapath/c.ts": `import "../ring/b.ts";\nimport "../memory/a.ts";`,
      "hypervisor/ring/b.ts": `import "../memory/a.ts";`,
      "hypervisor/memory/a.ts": "",
      "hypervisor/limits.ts": "",
    },
  },
  {
    rule: "imports",
    says: "an import of nothing is told",
    bad: { "lang/a.ts": `import "./gone.ts";` },
    expected: ["lang/a.ts:1: error: an import of lang/gone.ts, which is not there"],
    good: { "lang/a.ts": `import "./here.ts";`, "lang/here.ts": "" },
  },
  {
    rule: "file-length",
    says: "400 lines are enough for a file",
    bad: { "lang/a.ts": lines(401, "step();") },
    expected: ["lang/a.ts:1: error: a file of 401 lines is banned"],
    good: { "lang/a.ts": lines(400, "step();"), "docs/a.md": lines(500, "text") },
  },
  {
    rule: "function-length",
    says: "60 lines are enough for a function",
    bad: { "lang/a.ts": `\n${fn(61)}` },
    expected: ["lang/a.ts:2: error: a function of 61 lines is banned"],
    good: { "lang/a.ts": fn(60) },
  },
  {
    rule: "line-length",
    says: "110 columns are enough for a line",
    bad: { "lang/a.ts": `// ${"x".repeat(108)}` },
    expected: ["lang/a.ts:1: error: a line of 111 columns is banned"],
    good: {
      "lang/a.ts": `// ${"x".repeat(107)}`,
      "docs/a.md": "x".repeat(200),
      "lang/b.ts": `// ${"🙂".repeat(107)}`,
      "lang/c.ts": `  title: "${"x".repeat(200)}",`,
    },
  },
  {
    rule: "calls",
    says: "time and chance are passed in",
    bad: {
      "lang/a.ts":
        "const t = Date.now();\nconst u = performance.now();\nMath.random();\nconst d = new Date();",
    },
    expected: [
      "lang/a.ts:1: error: `Date.now` is banned, use a `Clock`",
      "lang/a.ts:2: error: `performance.now` is banned, use a `Clock`",
      "lang/a.ts:3: error: `Math.random` is banned, use a `Random`",
      "lang/a.ts:4: error: `new Date()` is banned, use a `Clock`",
    ],
    good: {
      "cli/a.ts": "const t = Date.now();",
      "lang/a.ts": `// Date.now is not for us.\nconst s = "Math.random";\nconst d = new Date(0);`,
      "lang/b.test.ts": "const t = performance.now();",
    },
  },
  {
    rule: "calls",
    says: "only the edge prints and ends the process, and not even a test draws lots",
    bad: { "tui/a.ts": `console.log("x");\nprocess.exit(1);`, "tui/b.test.ts": "Math.random();" },
    expected: [
      "tui/a.ts:1: error: `console` is banned, use an event or a result",
      "tui/a.ts:2: error: `process.exit` is banned, use a result",
      "tui/b.test.ts:1: error: `Math.random` is banned",
    ],
    good: { "cli/a.ts": `console.log("x");\nprocess.exit(1);`, "tui/a.test.ts": "console.log(1);" },
  },
  {
    rule: "calls",
    says: "Atomics stay at the bottom of the hypervisor",
    bad: { "hypervisor/guest/a.ts": "Atomics.load(words, 0);" },
    expected: ["hypervisor/guest/a.ts:1: error: `Atomics` is banned"],
    good: {
      "hypervisor/memory/a.ts": "Atomics.load(words, 0);",
      "hypervisor/ring/a.ts": "Atomics.load(words, 0);",
      "hypervisor/datapath/a.ts": "Atomics.load(words, 0);",
      "hypervisor/guest/a.test.ts": "Atomics.load(words, 0);",
      "stdlib/guests/a.ts": "Atomics.load(words, 0);",
    },
  },
  {
    rule: "forms",
    says: "the types have no holes and the syntax can be stripped",
    bad: {
      "lang/a.ts": "let x: any;\nenum E { a }\nexport default 1;\ndebugger;\nAtomics.load(words, 0)!;",
      "lang/b.ts": "export default function f() {}",
    },
    expected: [
      "lang/a.ts:1: error: `any` is banned",
      "lang/a.ts:2: error: an enum is banned",
      "lang/a.ts:3: error: a default export is banned",
      "lang/a.ts:4: error: `debugger` is banned",
      "lang/a.ts:5: error: `!` after `Atomics` is banned",
      "lang/b.ts:1: error: a default export is banned",
    ],
    good: {
      "lang/a.ts": "let any: unknown;\nswitch (any) { default: }",
      "vitest.config.ts": "export default {};",
    },
  },
  {
    rule: "tests-run",
    says: "every test runs",
    bad: { "lang/a.test.ts": ["only", "skip", "todo"].map((word) => `test.${word}("x", f);`).join("\n") },
    expected: [
      "lang/a.test.ts:1: error: `.only(` is banned",
      "lang/a.test.ts:2: error: `.skip(` is banned",
      "lang/a.test.ts:3: error: `.todo(` is banned",
    ],
    good: { "lang/a.test.ts": `test("x", f);\nscanner.skip(1);\ntest.each(list)("x", f);` },
  },
  {
    rule: "texts",
    says: "no tabs, no trailing space, no unfinished marks",
    bad: { "lang/a.ts": "\tx();\ny(); \n", "docs/a.md": `${"FIX"}ME\n${"TO"}DO: later` },
    expected: [
      "docs/a.md:1: error: a mark of unfinished work is banned",
      "docs/a.md:2: error: a promise without an issue is banned",
      "lang/a.ts:1: error: a tab is banned",
      "lang/a.ts:2: error: trailing space is banned",
    ],
    good: { "lang/a.ts": `// ${"TO"}DO(#12): later\nx();\n` },
  },
  {
    rule: "texts",
    says: "nothing names a folder of one machine",
    bad: {
      "docs/a.md": `see ${"/"}work/main\nor \`${"/"}home/ann/x\`\nin ../${"shared"}/design`,
      "cli/a.ts": `const p = "${"/"}root/x";`,
    },
    expected: [
      `cli/a.ts:1: error: a folder of one machine is banned`,
      `docs/a.md:1: error: a folder of one machine is banned`,
      `docs/a.md:2: error: a folder of one machine is banned`,
      `docs/a.md:3: error: a text outside the project is banned`,
    ],
    good: { "docs/a.md": "net/work/lan, https://example.org/work/x, /tmp/lab, /dev/null" },
  },
  {
    rule: "titles",
    says: "a page has one title",
    bad: { "docs/a.md": "## Part\n", "docs/b.md": "# One\n\n# Two\n" },
    expected: ["docs/a.md:1: error: a page with 0 titles", "docs/b.md:1: error: a page with 2 titles"],
    good: { "docs/a.md": "# One\n\n```sh\n# a comment\n```\n\n## Part\n" },
  },
  {
    rule: "loops",
    says: "an endless loop says its bound",
    bad: { "lang/a.ts": "while (true) {\n  step();\n}\nfor (;;) step();\ndo {\n} while (true);" },
    expected: [
      "lang/a.ts:1: error: an endless loop",
      "lang/a.ts:4: error: an endless",
      "lang/a.ts:5: error: an endless",
    ],
    good: {
      "lang/a.ts":
        "// Bound: one turn a token.\nwhile (true) {}\nfor (;;) {\n  // Event loop: ends with the lab.\n}",
      "lang/b.ts": "while (more()) {}\nfor (const x of y) {}\nfor (let i = 0; i < 3; i++) {}",
    },
  },
  {
    rule: "opening",
    says: "a file says what it is",
    bad: { "lang/a.ts": `import "./b.ts";`, "lang/b.ts": "\n// Late.\n" },
    expected: ["lang/a.ts:1: error: a file without an opening comment", "lang/b.ts:1: error: a file without"],
    good: {
      "lang/a.ts": "// Turns this into that.\n",
      "cli/b.ts": "#!/usr/bin/env node\n// Starts.\n",
      "lang/c.test.ts": "",
    },
  },
  {
    rule: "orphans",
    says: "a file that nobody imports is not there for anything",
    bad: { "lang/a.ts": "", "lang/b.ts": `import "./c.ts";`, "lang/c.ts": "" },
    expected: [
      "lang/a.ts:1: error: a file that nobody imports",
      "lang/b.ts:1: error: a file that nobody imports",
    ],
    good: {
      "lang/index.ts": `import "./c.ts";`,
      "lang/c.ts": "",
      "lang/d.test.ts": `import "./e.test-support.ts";`,
      "lang/e.test-support.ts": "",
      "hypervisor/index.ts": `new Worker(new URL("./guest/worker.js", import.meta.url));`,
      "hypervisor/guest/worker.ts": "",
      "cli/main.ts": `const view = import("./view.tsx");`,
      "cli/view.tsx": "",
    },
  },
  {
    rule: "exports",
    says: "an exported name has a user in another file",
    bad: {
      "lang/a.ts": "export const x = 1;\nexport function f() {}\nexport class C {}\nexport type T = 1;",
      "lang/b.ts": `import { x as y } from "./a.ts";`,
    },
    expected: [
      "lang/a.ts:2: error: the export `f`, which no other file uses",
      "lang/a.ts:3: error: the export `C`, which no other file uses",
      "lang/a.ts:4: error: the export `T`, which no other file uses",
    ],
    good: {
      "lang/index.ts": `export { x } from "./a.ts";\nexport const door = 1;`,
      "lang/a.ts": "export const x = 1;\nexport const y = 2;\nexport interface Options { a: 1 }\n",
      "lang/b.ts": `import * as c from "./c.ts";\nimport { f } from "./d.ts";\nimport { y } from "./a.ts";`,
      "lang/c.ts": "export const anything = 1;",
      "lang/d.ts": "export interface O { a: 1 }\nexport function f(o: O) {}\nexport { y } from './a.ts';",
      "lang/e.test.ts": `import type { Options } from "./a.ts";`,
    },
  },
];

test.each(CASES)("$rule: $says", ({ rule, bad, expected, good }) => {
  const found = complaints(rule, bad);
  expect(found.map((line, index) => line.slice(0, expected[index]?.length ?? line.length))).toEqual(expected);
  expect(complaints(rule, good)).toEqual([]);
});

test("every rule of the table has a case", () => {
  expect(RULES.map(({ name }) => name).filter((name) => !CASES.some(({ rule }) => rule === name))).toEqual(
    [],
  );
});

test("an allowance excuses its file from its rule, and one that excuses nothing is told", () => {
  const texts = new Map([["docs/a.md", "no title"]]);
  const allow = (rule: string) => [{ path: "docs/a.md", rule, reason: "a test" }];
  expect(tidy(texts, allow("titles"))).toEqual([]);
  expect(tidy(texts, allow("loops"))).toEqual([
    "docs/a.md:1: error: a page with 0 titles is banned, use exactly one `# Title` [titles]",
    "docs/a.md:1: error: an allowance for loops that is not needed is banned, use none [loops]",
  ]);
});

test("a comment that is too long is wrapped and keeps its words", () => {
  const words = "word ".repeat(30).trim();
  const comments = `// ${words}\n// more here.\ncode();\n  /** ${words} */\n  // - ${words}\n`;
  const text = `${comments}const s = "${words}";\n`;
  const wrapped = wrapComments(text);
  expect(wrapped.split("\n").filter((line) => line.length > 110)).toEqual([`const s = "${words}";`]);
  expect(wrapped).toContain("\n  /**\n   * word word");
  const bare = (value: string): string => value.replace(/\s|\/\/|\*|\//g, "");
  expect(bare(wrapped)).toBe(bare(text));
  expect(wrapComments(wrapped)).toBe(wrapped);
});
