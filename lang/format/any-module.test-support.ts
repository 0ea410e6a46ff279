// Random modules of the whole grammar, with names short and long, so that lines break in every way.

import fc from "fast-check";

const name = fc.constantFrom(
  "a",
  "b",
  "site",
  "in_use",
  "as",
  "seed",
  "subnet",
  "some_rather_long_name",
  "the_longest_of_all_these_names",
);
const attribute = fc.constantFrom("in", "when", "as", "for", "memory", "a", "goal", "another_long_attribute");
const literal = fc.constantFrom(
  "1",
  "0xff",
  "1.5",
  "64MiB",
  "20ms",
  "5%",
  "true",
  "none",
  "10.0.0.0/24",
  '"text"',
  '"--flag"',
  '"a ${b} c"',
);
const operator = fc.constantFrom("+", "-", "*", "/", "%", "??", "==", "in", "&&", "||", "..", "<");

const joined = (parts: readonly string[]): string => parts.join(", ");
const few = (of: fc.Arbitrary<string>, most = 5): fc.Arbitrary<string[]> => fc.array(of, { maxLength: most });

const { expr } = fc.letrec<{ expr: string; entry: string }>((tie) => ({
  entry: fc.oneof(
    fc.tuple(attribute, tie("expr")).map(([key, value]) => `${key} = ${value}`),
    fc.tuple(literal, tie("expr")).map(([, value]) => `"a key" = ${value}`),
    tie("expr").map((value) => `...${value}`),
    fc.constant("shorthand"),
  ),
  expr: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(name, literal),
    fc.tuple(tie("expr"), operator, tie("expr")).map(([a, sign, b]) => `(${a}) ${sign} (${b})`),
    fc.array(name, { minLength: 2, maxLength: 8 }).map((names) => names.join(" && ")),
    fc.array(name, { minLength: 2, maxLength: 6 }).map((names) => names.join(" - ")),
    fc.tuple(name, tie("expr"), tie("expr")).map(([c, a, b]) => `${c} ? ${a} : ${b}`),
    few(tie("expr"), 6).map((items) => `[${joined(items)}]`),
    few(tie("entry")).map((entries) => `{ ${joined(entries)} }`),
    fc.tuple(name, few(tie("expr"), 3)).map(([f, given]) => `${f}(${joined(given)})`),
    fc
      .tuple(name, fc.array(tie("expr"), { maxLength: 4 }))
      .map(([x, calls]) => x + calls.map((e) => `.map(${e})`).join("")),
    fc.tuple(name, tie("expr"), tie("expr")).map(([x, xs, e]) => `[for ${x} in ${xs} when ${x}: ${e}]`),
    fc.tuple(name, tie("expr"), tie("expr")).map(([x, xs, e]) => `{for ${x} in ${xs}: ${x} => ${e}}`),
    fc.tuple(name, tie("expr")).map(([x, e]) => `(${x} => ${e})`),
    tie("expr").map((e) => `!(${e})[1]?.member`),
  ),
}));

const { item } = fc.letrec<{ item: string }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(attribute, expr).map(([key, value]) => `${key} = ${value}`),
    fc.tuple(name, expr).map(([key, value]) => `let ${key}: [int]? = ${value}`),
    fc
      .tuple(expr, fc.boolean())
      .map(([e, message]) => `assert ${e}${message ? ', "it says why it matters"' : ""}`),
    fc.tuple(name, expr, expr).map(([key, a, b]) => `param ${key}: int = ${a} where ${b}, "a message"`),
    fc
      .tuple(name, expr, few(tie("item")))
      .map(([key, e, body]) => `guest ${key} for i in ${e} { ${joined(body)} }`),
    fc.tuple(name, few(tie("item"))).map(([key, body]) => `device ${key}: venet { ${joined(body)} }`),
    few(tie("item")).map((body) => `impair { ${joined(body)} }`),
    fc
      .tuple(name, expr, few(tie("item")))
      .map(([key, e, body]) => `component c(${key}: int = ${e}) { ${joined(body)} }`),
    fc
      .tuple(name, expr)
      .map(([key, e]) => `type T { ${key}: { a: int, in?: [T] } = ${e}   @live, as: (T) => U }`),
    fc
      .tuple(expr, expr)
      .map(([a, b]) => `test "t" { expect ${a} within ${b}, "why", do { set a.b = ${b}, c() } }`),
  ),
}));

/** Text without mistakes, an item a line. */
export const anyModule: fc.Arbitrary<string> = fc
  .array(item, { minLength: 1, maxLength: 6 })
  .map((items) => `${items.join("\n")}\n`);
