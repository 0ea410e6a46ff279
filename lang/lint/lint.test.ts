// Each lint: its page is true, what it tells and what it leaves alone, how it is turned off.

import { expect, test } from "vitest";
import { applyFixes } from "./fixes.ts";
import { evaluate, type Diagnostic } from "../index.ts";
import { FOLDER, shownDiagnostics, testWorld } from "../world.test-support.ts";
import { LINT_CODES } from "./codes.ts";
import { lint, lintNames, type LintOptions } from "./index.ts";
import { EXAMPLES } from "../examples.test-support.ts";

const ROOT = `${FOLDER}/lab.vbus`;
const sourcesOf = (files: Readonly<Record<string, string>>): Map<string, string> =>
  new Map(Object.entries(files).map(([name, text]) => [`${FOLDER}/${name}`, text]));

const lintFiles = (files: Readonly<Record<string, string>>, options: LintOptions = {}): Diagnostic[] =>
  lint({ sources: sourcesOf(files), root: ROOT }, options);
const lintText = (text: string, options: LintOptions = {}): Diagnostic[] =>
  lintFiles({ "lab.vbus": text }, options);
const codes = (text: string): string[] => lintText(text).map(({ code }) => code);
const marked = (text: string): string[] =>
  lintText(text).map(({ code, span }) => `${code} ${text.slice(span.start, span.end)}`);

for (const page of LINT_CODES) {
  test(`${page.code} ${page.name}: the bad text is right but has this lint, the good text has none`, () => {
    for (const text of [page.bad, page.good]) {
      const checked = evaluate(testWorld({ "lab.vbus": text }), { root: ROOT });
      expect(shownDiagnostics(checked)).toBe("");
    }
    expect(new Set(codes(page.bad))).toEqual(new Set([page.code]));
    expect(codes(page.good)).toEqual([]);
    expect(lintNames()).toContain(page.name);
    expect(lintText(page.bad).every(({ severity }) => severity === "warning")).toBe(true);
  });
}

const ROWS: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
  ["a let that only its own text reads", "let a = [for a in [1]: a]", ["VB5002 a", "VB5001 a"]],
  ["a function used in method style", "fn twice(n: int): int = n * 2\noutput x = 3.twice()", []],
  ["an unused function", "fn twice(n: int): int = n * 2", ["VB5001 twice"]],
  ["an unused component", "component c() { output a = 1 }", ["VB5001 c"]],
  ["an unused import", 'import "std:net" as net', ["VB5001 net"]],
  ["an import used as a kind", 'import "std:net" as net\nnet.star hub { image = i }', []],
  ["an unused parameter of the lab", "param n: int = 1 where n > 0", ["VB5001 n"]],
  ["an unused type and enum", "type T { a: int }\nenum E { a, b }", ["VB5001 T", "VB5001 E"]],
  ["a type and an enum that are used", "type T { a: E }\nenum E { a, b }\nparam t: T\noutput x = t", []],
  ["a name read in a string", 'let a = 1\noutput x = "${a}"', []],
  ["a name read by a shorthand", "let a = 1\noutput x = { a }", []],
  ["a let of a test", 'test "t" { let a = 1, expect true == b }', ["VB5001 a"]],
  ["a let in a block", "guest g { let a = 1, image = i }", ["VB5001 a"]],
  ["an attribute is no reader", "let image = 1\nguest g { image = i }", ["VB5001 image"]],
  ["a parameter read by the next only", "fn f(a: int, b: int = a): int = b\noutput x = f(1)", []],
  ["a parameter in its own constraint", "fn f(a: int where a > 0): int = 1\noutput x = f(1)", ["VB5006 a"]],
  [
    "a child block that hides",
    "let tty = 1\nguest g { device tty: vconsole { } }\noutput x = tty",
    ["VB5002 tty"],
  ],
  [
    "a variable of a head that hides",
    "let i = 1\nguest g for i in 1..2 { args = [i] }\noutput x = i",
    ["VB5002 i"],
  ],
  ["siblings hide nothing", "guest a { device e: venet { } }\nguest b { device e: venet { } }", []],
  ["functions of the library are no names to hide", "param count: int = 1\noutput x = count", []],
  ["MB beside MiB", "let a = [1MB, 2MiB, 3kB, 4GiB]\noutput x = a", ["VB5003 1MB"]],
  ["decimal units alone", "let a = [1MB, 2kB, 3MB]\noutput x = a", []],
  [
    "a factor of eight",
    "param r: rate = 1Mbps\noutput x = [r / 8, 10MiB * 8, r / 4, 8 / 2]",
    ["VB5003 r / 8", "VB5003 10MiB * 8"],
  ],
  [
    "a rate in bytes as a text",
    'output x = ["10MB/s", "5 MiBps", "10Mbps"]',
    ['VB5003 "10MB/s"', 'VB5003 "5 MiBps"'],
  ],
  ["a secret after a flag", 'guest g { args = ["--password", "abc", "--port", "80"] }', ['VB5004 "abc"']],
  [
    "a secret in a flag",
    'guest g { args = ["--api-key=abc", "--key-file", "a.pem"] }',
    ['VB5004 "--api-key=abc"'],
  ],
  [
    "a secret in a parameter's default",
    'param db_password: string = "abc"\noutput x = db_password',
    ['VB5004 "abc"'],
  ],
  [
    "no secret: empty, computed, another name",
    'guest g { env = { TOKEN = "", PASSWORD = p, TOKENS_MAX = "3" } }',
    [],
  ],
  ["a ternary of a literal", "output x = true ? 1 : 2", ["VB5005 true"]],
  ["comparing with itself", "param a: int = 1\nassert a == a || false", ["VB5005 a == a || false"]],
  ["constant parts alone tell nothing", "param a: int = 1\nassert a == 1 && true", []],
  ["numbers compared", "assert !(2 >= 3) && 1 != 2", ["VB5005 !(2 >= 3) && 1 != 2"]],
  ["in nothing", "param a: int = 1\nassert a in []", ["VB5005 a in []"]],
  [
    "an order by a device",
    "guest g { depends_on = [lan, other], device e: venet { network = lan } }",
    ["VB5007 lan"],
  ],
  ["an order by a value is none", "guest g { depends_on = [server], args = [server.eth0.ip] }", []],
  ["links order nothing", "network a { depends_on = [b], links = [b] }", []],
];

for (const [what, text, expected] of ROWS) {
  test(`lint: ${what}`, () => {
    expect(marked(text).sort()).toEqual([...expected].sort());
  });
}

test("the examples and the standard library's modules have no lint", () => {
  expect(EXAMPLES.size).toBeGreaterThan(5);
  for (const text of EXAMPLES.values()) expect(marked(text)).toEqual([]);
});

test("a module that is imported keeps what others may read; private names are looked at", () => {
  const parts =
    "let a = 1\nlet b = 2\nlet _c = 3\nparam p: int = 1\ncomponent k() { let inner = 1, output x = 1 }\n";
  const found = lintFiles({
    "lab.vbus": 'import "./parts.vbus" as parts\noutput x = parts.a',
    "parts.vbus": parts,
  });
  expect(found.map(({ span }) => parts.slice(span.start, span.end))).toEqual(["_c", "inner"]);
});

test("a folder is one module, whose files read each other", () => {
  const files = {
    "lab.vbus": 'import "./parts" as p\noutput x = p.b',
    "parts/a.vbus": "let _a = 1",
    "parts/b.vbus": "let b = _a",
  };
  expect(lintFiles(files)).toEqual([]);
});

test("the standard library is left alone", () => {
  const sources = new Map([
    ["std:net.vbus", "let _x = 1"],
    [ROOT, "output a = 1"],
  ]);
  expect(lint({ sources, root: ROOT })).toEqual([]);
});

test("a comment turns lints off for the next item alone", () => {
  const two = "let a = 1\nlet b = 2\n";
  expect(marked(`// vbus-lint: off unused\n${two}`)).toEqual(["VB5001 b"]);
  expect(marked(`// vbus-lint: off VB5001, secret\n${two}`)).toEqual(["VB5001 b"]);
  expect(marked(`// vbus-lint: off\n\n// more\n${two}`)).toEqual(["VB5001 b"]);
  expect(marked(`// vbus-lint: off units\n${two}`)).toEqual(["VB5001 a", "VB5001 b"]);
  expect(marked(`guest g {\n  // vbus-lint: off unused\n  let a = 1\n  let b = 1\n}`)).toEqual(["VB5001 b"]);
});

test("a comment that names no lint is told, with the nearest", () => {
  const [bad] = lintText("// vbus-lint: off unsed\noutput a = 1\n");
  expect(bad).toMatchObject({ code: "VB5008", hint: "Did you mean `unused`?" });
  expect(codes("output a = 1\n// vbus-lint: off unused\n")).toEqual(["VB5008"]);
  expect(codes("// vbus-lint: on\noutput a = 1\n")).toEqual(["VB5008"]);
});

test("lints are disabled and denied by code and by name", () => {
  const text = "let a = 1MB\noutput x = 1MiB\n";
  expect(lintText(text, { disable: ["unused"] }).map(({ code }) => code)).toEqual(["VB5003"]);
  expect(lintText(text, { disable: ["VB5003", "VB5001"] })).toEqual([]);
  const severities = (options: LintOptions): string[] =>
    lintText(text, options).map(({ severity }) => severity);
  expect(severities({ deny: ["units"] })).toEqual(["warning", "error"]);
  expect(severities({ deny: ["all"] })).toEqual(["error", "error"]);
});

const FIXED: readonly (readonly [before: string, after: string])[] = [
  ["output x = 1\n/// doc\nlet a = 1\nlet b = 2\n\noutput y = 1\n", "output x = 1\n\noutput y = 1\n"],
  ["guest g { let a = 1, image = i }\n", "guest g { image = i }\n"],
  ["guest g { image = i, let a = 1 }\n", "guest g { image = i }\n"],
  ["output x = [1MB, 1MiB]\n", "output x = [1MiB, 1MiB]\n"],
  ["output x = 1 < 2 ? [1] : [2]\n", "output x = [1]\n"],
  ["network lan when true { subnet = s }\n", "network lan { subnet = s }\n"],
  ["volume t: overlay { base = b, depends_on = [b] }\n", "volume t: overlay { base = b }\n"],
  [
    "volume t: overlay { base = b, depends_on = [c, b] }\n",
    "volume t: overlay { base = b, depends_on = [c] }\n",
  ],
  ["volume t: overlay {\n  base = b\n  depends_on = [b]\n}\n", "volume t: overlay {\n  base = b\n}\n"],
  ["// vbus-lint: off unsed\noutput x = 1\n", "// vbus-lint: off unused\noutput x = 1\n"],
];

test("fixes of lints do what they say, and leave none", () => {
  for (const [before, after] of FIXED) {
    const [fixed] = applyFixes(lintText(before), sourcesOf({ "lab.vbus": before }));
    expect(fixed?.text).toBe(after);
    expect(lintText(after)).toEqual([]);
  }
});

test("fixes that overlap are not mixed, and the library is never touched", () => {
  const span = (start: number, end: number, file = ROOT) => ({ file, start, end });
  const one = (title: string, ...edits: { span: ReturnType<typeof span>; text: string }[]): Diagnostic => ({
    code: "VB5001",
    severity: "warning",
    span: edits[0]?.span ?? span(0, 0),
    message: title,
    fix: { title, edits },
  });
  const sources = new Map([
    [ROOT, "abcdef"],
    ["std:net.vbus", "abcdef"],
  ]);
  const [fixed, second] = applyFixes(
    [
      one("first", { span: span(1, 3), text: "-" }),
      one("overlaps", { span: span(2, 4), text: "x" }),
      one("half of it overlaps", { span: span(5, 6), text: "y" }, { span: span(0, 2), text: "z" }),
      one("library", { span: span(0, 1, "std:net.vbus"), text: "" }),
      one("last", { span: span(5, 6), text: "!" }),
    ],
    sources,
  );
  expect(second).toBeUndefined();
  expect(fixed).toMatchObject({ file: ROOT, text: "a-de!" });
  expect(fixed?.applied.map(({ title }) => title)).toEqual(["first", "last"]);
});
