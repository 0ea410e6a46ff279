// What holds for every text: printing and parsing agree, and no text crashes the parser, holds it up or is
// drowned in errors. The seed is printed; `SEED=42 npx vitest run lang/syntax/properties` repeats a run.

// oxlint-disable unicorn/no-useless-spread -- the spreads keep rows of short texts together

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, print } from "./index.ts";
import { EXAMPLES } from "../examples.test-support.ts";

const seed = Number(process.env["SEED"] ?? 20240 + new Date().getUTCDate());
process.stdout.write(`syntax properties: SEED=${seed}\n`);
const settings = { seed, numRuns: 300 };

const ROOT = new URL("../../", import.meta.url);
const files = [
  ...readdirSync(new URL("stdlib/prelude/", ROOT)).map((name) => `stdlib/prelude/${name}`),
  ...[...EXAMPLES.keys()].map((path) => `examples/${path}`),
].filter((name) => name.endsWith(".vbus"));
const texts = files.map((name) => readFileSync(new URL(name, ROOT), "utf8"));

const SPANS = new Set(["span", "head", "operatorSpan"]);
/** A tree without its places. */
const shape = (tree: unknown): string =>
  JSON.stringify(tree, (key, value: unknown) => (SPANS.has(key) ? undefined : value));

function roundTrip(text: string): void {
  const { module, diagnostics } = parse("f", text);
  if (diagnostics.length > 0) return;
  const printed = print(module);
  const again = parse("f", printed);
  expect(again.diagnostics).toEqual([]);
  expect(shape(again.module.items)).toBe(shape(module.items));
  expect(print(again.module)).toBe(printed);
}

test.each(files)("%s parses clean, and printed is the same", (name) => {
  const text = readFileSync(new URL(name, ROOT), "utf8");
  expect(parse(name, text).diagnostics).toEqual([]);
  roundTrip(text);
});

const name = fc.constantFrom("a", "b", "rack", "set", "type", "live", "output");
const leaf = fc.oneof(
  name,
  fc.constantFrom(
    "1",
    "0xff",
    "1.5GiB",
    "10%",
    "10.0.0.1",
    "10.0.0.0/24",
    "02:00:00:00:00:01",
    "true",
    "none",
  ),
  fc.string({ maxLength: 8 }).map((text) =>
    JSON.stringify(text)
      .replaceAll(/\\[bf]|\\u.{4}/g, "x")
      .replaceAll("$", "\\$"),
  ),
  fc.constantFrom('"""\n  a\n   ${b}\n  """', '"x ${a + "${b}"} y"', '"""\n\n  \\"\\"\\" $\n  """'),
);
const OPERATORS = ["||", "&&", "==", "<", "in", "??", "..", "+", "-", "*", "/", "%"];
const { expr } = fc.letrec<{ expr: string }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc
      .tuple(tie("expr"), fc.constantFrom(...OPERATORS), tie("expr"))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    fc
      .tuple(leaf, fc.constantFrom("+", "*", "??", "&&"), leaf, leaf)
      .map(([a, op, b, c]) => `${a} ${op} ${b} - ${c}`),
    fc.tuple(tie("expr"), tie("expr"), tie("expr")).map(([a, b, c]) => `(${a}) ? ${b} : ${c}`),
    tie("expr").map((a) => `(${a}).map((x, y) => ${a})?.b[0]`),
    tie("expr").map((a) => `x => !-(${a})`),
    fc.array(tie("expr"), { maxLength: 4 }).map((all) => `[${all.map((one) => `...(${one})`).join(", ")}]`),
    tie("expr").map((a) => `[for i, x in xs, y in ys when (${a}): ${a}]`),
    tie("expr").map((a) => `{for x in xs: x => ${a}}`),
    fc.tuple(name, tie("expr")).map(([key, a]) => `{ ${key} = ${a}, "q k" = 1, 7 = 2, short, ...rest }`),
    tie("expr").map((a) => `f(${a}, named = (${a}))`),
  ),
}));
const types = fc.constantFrom(
  "int",
  "[T]",
  "{[K]: T}",
  "T?",
  "(T, U) => V",
  "((T) => U)?",
  "range int",
  '"a" | "b"',
  "m.T",
);

test("parse and print agree on made-up items", () => {
  const item = fc.oneof(
    fc.tuple(name, expr).map(([key, a]) => `${key} = ${a}`),
    expr.map(
      (a) => `/// doc\n///\n/// more\nguest g for k, v in (${a}) when (${a}): m.c {\n  r { x = ${a} }\n}`,
    ),
    fc.tuple(types, expr).map(([of, a]) => `param p: ${of} = ${a} where (${a}), "why \${p}"`),
    fc
      .tuple(types, expr)
      .map(([of, a]) => `type T { f: ${of} = (${a}) where true, "no" @live @deprecated("x"), ...D, timed }`),
    expr.map(
      (a) =>
        `test "t" { expect ${a} within 1s, "m"\n always (${a}) for 2s\n do { set a.b[1] = ${a}, c.d() } }`,
    ),
  );
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 4 }), (items) => roundTrip(items.join("\n"))),
    settings,
  );
});

test("made-up expressions are mostly without mistakes", () => {
  const clean = fc
    .sample(expr, { ...settings, numRuns: 200 })
    .filter((a) => parse("f", `x = ${a}`).diagnostics.length === 0);
  expect(clean.length).toBeGreaterThan(150);
});

const PIECES = [
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  "${",
  '"',
  '"""',
  "\n",
  ",",
  "=",
  ":",
  "for",
  "in",
  "when",
  "where",
  "=>",
  "..",
  "?",
  "guest a",
  "param",
  'test "x"',
  "expect",
  "@live",
  "1",
  "10ms",
  "a",
  "/*",
  "//",
  "let x = ",
  "fn f",
  "type T {",
  "enum E {",
  "class a b {",
  "do {",
  "set",
  "at 1s for 2s",
  "-",
  "!",
  "é",
  "'",
  "true",
  " ",
  "\\",
  "\0",
  "\ud800",
  ";",
];

/** Parses and prints; a crash fails by itself. */
function survive(text: string): number {
  const { module, diagnostics, comments } = parse("f", text);
  print(module);
  for (const { span } of [...diagnostics, ...comments]) {
    if (!(span.start >= 0 && span.start <= span.end && span.end <= text.length))
      throw new Error("span out of text");
  }
  return diagnostics.length;
}

test("no soup of tokens crashes the parser", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...PIECES), { maxLength: 120 }),
      (pieces) => void survive(pieces.join(" ")),
    ),
    settings,
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => void survive(text)),
    settings,
  );
});

test("a mutated file still gives its items and few errors", () => {
  const mutation = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(...PIECES), fc.nat({ max: 2 }));
  const counts: number[] = [];
  fc.assert(
    fc.property(mutation, ([file, at, piece, how]) => {
      const text = texts[file % texts.length] as string;
      const place = at % text.length;
      counts.push(
        survive(text.slice(0, place) + (how === 0 ? "" : piece) + text.slice(place + (how === 1 ? 0 : 1))),
      );
    }),
    settings,
  );
  const sorted = counts.toSorted((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(1);
  expect(sorted[Math.floor(sorted.length * 0.9)]).toBeLessThanOrEqual(6);
});

/** With SLOW every byte; else every fifth, from the run's seed on. */
const STEP = process.env["SLOW"] === "1" ? 1 : 5;

test("a truncated file gives at most three errors, at every byte", () => {
  for (const text of texts) {
    for (let end = seed % STEP; end <= text.length; end += STEP) {
      const cut = text.slice(0, end);
      const count = survive(cut);
      if (count > 3) throw new Error(`${count} errors after ${JSON.stringify(cut.slice(-60))}`);
    }
  }
}, 300_000);

// The time limits are generous, so that a busy machine does not fail them; what they catch is quadratic time.
const REPEATED = [
  ...PIECES,
  ...[
    "a ",
    "a=",
    "x?",
    "1 ",
    "a?.",
    "[1,",
    "f(",
    '"${',
    '"""\n',
    "a?b:",
    "x=>",
    "secret ",
    "a b {}",
    "1??",
    "1<",
    "///\n",
  ],
  ...["10 ms ", "x ## \n", "}${", "[{(", '"""\na"""', "‘", "“", "😀", "1..", "/* ", "0x", "1.1.", "\\"],
];
test.each(REPEATED.filter((_, index) => (index + seed) % STEP === 0))(
  "100 KB of %j take less than a second of work",
  (piece) => {
    const text = piece.repeat(Math.ceil(100_000 / piece.length));
    for (const whole of [text, `x = ${text}`, `let x: ${text}`]) {
      const before = process.cpuUsage().user;
      survive(whole);
      expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(2);
    }
  },
  300_000,
);

test("ten thousand guests take no more than a second of work", () => {
  const guest = (index: number): string =>
    `guest web_${index} {\n  image = echo\n` +
    `  args = ["--to", server.eth0.ip, "--count", ${index} + 1, "n \${x}"]\n` +
    `  memory = 4MiB\n  device eth0: venet { network = lan, rate = 100Mbps }\n}\n`;
  const text = Array.from({ length: 10_000 }, (_, index) => guest(index)).join("");
  parse("f", text);
  const before = process.cpuUsage().user;
  expect(parse("f", text).module.items.length).toBe(10_000);
  expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(3);
}, 300_000);
