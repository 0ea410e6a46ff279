// The rules of the grammar one by one, as rows: tokens, newline pass, precedence, words.

import { expect, test } from "vitest";
import type { Expr } from "./ast.ts";
import { parse } from "./index.ts";
import { lex } from "./lexer.ts";
import { separate } from "./newlines.ts";
import { checkGrammar } from "./parser.ts";
import { Report } from "./report.ts";
import { Newline } from "./tokens.ts";

/** The text after the newline pass: tokens joined by blanks, `|NL|` for a separating line end. */
function pass(text: string): string {
  const report = new Report("f", text);
  return separate(lex(report).tokens, report)
    .map((token) =>
      token.tokenType === Newline ? "|NL|" : text.slice(token.startOffset, token.endOffset + 1),
    )
    .join(" ");
}

const NEWLINES: readonly (readonly [rule: string, text: string, passed: string])[] = [
  ["1 nothing at the ends", "\n\na\n\n", "a"],
  ["one for a run", "a\n\n// c\n\nb", "a |NL| b"],
  ["a block comment over lines", "a /* x\n */ b", "a |NL| b"],
  ["a block comment on a line", "a /* x */ b", "a b"],
  ["CRLF", "a\r\nb", "a |NL| b"],
  ["2 in parentheses", "(a\nb)", "( a b )"],
  ["2 but not in brackets", "[a\nb]", "[ a |NL| b ]"],
  ["2 brackets in parentheses", "([a\nb])", "( [ a |NL| b ] )"],
  ["2 in an interpolation of a block", '"""\n${\na\n}\n"""', '"""\n${ a }\n"""'],
  ...["=", ",", ":", ".", "?.", "..", "??", "=>", "==", "!=", "<", "<=", ">", ">=", "+", "*", "/", "&&"].map(
    (sign) => [`3 after ${sign}`, `a ${sign}\nb`, `a ${sign} b`] as const,
  ),
  ...["...", "%", "||", "!", "|", "-"].map(
    (sign) => [`3 after ${sign}`, `a ${sign}\nb`, `a ${sign} b`] as const,
  ),
  ["3 not after ?", "a: int?\nb: int", "a : int ? |NL| b : int"],
  ...[",", ":", ".", "?.", "..", "?", "??", "=>", "==", "=", "+", "*", "/", "%", "&&", "||", "|"].map(
    (sign) => [`4 before ${sign}`, `a\n${sign} b`, `a ${sign} b`] as const,
  ),
  ["4 before a mark", "a: int\n@live", "a : int @live"],
  ["4 before a closing bracket", "[a\n]", "[ a ]"],
  ...["-", "[", "(", "{", "!", "..."].map((sign) => {
    const close = { "[": "]", "(": ")", "{": "}" }[sign] ?? "";
    return [
      `a line with ${sign}`,
      `a\n${sign} b ${close}`.trim(),
      `a |NL| ${sign} b ${close}`.trim(),
    ] as const;
  }),
  ["a literal begins a line", "a\n1", "a |NL| 1"],
  ...["in", "for", "when", "where", "within", "as"].flatMap((word) => [
    [`5 before ${word}`, `a\n${word} b`, `a ${word} b`] as const,
    [`5 not where ${word} is set`, `a\n${word} = b`, `a |NL| ${word} = b`] as const,
    [`5 not where ${word} is a field`, `a\n${word}: b`, `a |NL| ${word} : b`] as const,
    [`5 not where ${word} ends its line`, `a\n${word}\nb`, `a |NL| ${word} |NL| b`] as const,
    [`5 not where ${word} is last`, `a\n${word}`, `a |NL| ${word}`] as const,
    [`5 not where ${word} stands before a bracket`, `[a\n${word}]`, `[ a |NL| ${word} ]`] as const,
  ]),
  ["a trailing comma", "[a,]", "[ a ]"],
  ["a trailing comma over lines", "[\na,\n]", "[ a ]"],
  ["a trailing comma at the end", "a,", "a"],
  ["a comma alone stays", "[,]", "[ , ]"],
  ["two commas stay", "[1,,]", "[ 1 , , ]"],
  ["column one ends parentheses", "x = f(1\nguest y", "x = f ( 1  guest y".replace("  guest", " guest")],
  ["column one and an item word", "x = f(1\nlet y = 2", "x = f ( 1  |NL| let y = 2"],
  ["not in column one", "x = f(1\n let y)", "x = f ( 1 let y )"],
];

test.each(NEWLINES.filter(([rule]) => rule !== "column one ends parentheses"))(
  "newlines: %s",
  (_rule, text, passed) => {
    expect(pass(text)).toBe(passed);
  },
);

/** An expression with every operator in parentheses of its own. */
function tree(expr: Expr): string {
  switch (expr.node) {
    case "binary":
      return `(${tree(expr.left)} ${expr.operator} ${tree(expr.right)})`;
    case "unary":
      return `(${expr.operator}${tree(expr.operand)})`;
    case "ternary":
      return `(${tree(expr.condition)} ? ${tree(expr.then)} : ${tree(expr.else)})`;
    case "lambda":
      return `(${expr.parameters.map((name) => name.text).join(",")} => ${tree(expr.body)})`;
    case "member":
      return `${tree(expr.of)}${expr.optional ? "?." : "."}${expr.name.text}`;
    case "index":
      return `${tree(expr.of)}[${tree(expr.index)}]`;
    case "call":
      return `${tree(expr.callee)}(${expr.arguments.map(({ value }) => tree(value)).join(", ")})`;
    case "reference":
      return expr.name;
    case "number":
    case "ip":
    case "cidr":
    case "mac":
      return expr.text;
    case "parenthesised":
      return tree(expr.inner);
    default:
      return expr.node;
  }
}

function value(text: string): Expr {
  const { module, diagnostics } = parse("f", `x = ${text}`);
  expect(diagnostics).toEqual([]);
  const [item] = module.items;
  if (item?.node !== "attribute") throw new Error("no attribute");
  return item.value;
}

test.each([
  ["a.b[c](d)?.e", "a.b[c](d)?.e"],
  ["-a.b", "(-a.b)"],
  ["!-a", "(!(-a))"],
  ["-a * b", "((-a) * b)"],
  ["a * b / c % d", "(((a * b) / c) % d)"],
  ["a + b * c", "(a + (b * c))"],
  ["a - b + c", "((a - b) + c)"],
  ["1..n + 1", "(1 .. (n + 1))"],
  ["a ?? b ?? c", "(a ?? (b ?? c))"],
  ["a ?? 1..2", "(a ?? (1 .. 2))"],
  ["x ?? 0 == 3", "((x ?? 0) == 3)"],
  ["a in 1..2", "(a in (1 .. 2))"],
  ["a == b && c != d", "((a == b) && (c != d))"],
  ["a || b && c", "(a || (b && c))"],
  ["a && b || c && d", "((a && b) || (c && d))"],
  ["a || b ? c : d", "((a || b) ? c : d)"],
  ["a ? b : c ? d : e", "(a ? b : (c ? d : e))"],
  ["a => b ? c : d", "(a => (b ? c : d))"],
  ["a => b => a + b", "(a => (b => (a + b)))"],
  ["(a, b) => a + b", "(a,b => (a + b))"],
  ["c ? x => 1 : y => 2", "(c ? (x => 1) : (y => 2))"],
  ["(1..8).map(f)", "(1 .. 8).map(f)"],
  ["7.div(2)", "7.div(2)"],
  ["10%3", "(10 % 3)"],
  ["10 % 3", "(10 % 3)"],
  ["10%", "10%"],
  ["0%..100%", "(0% .. 100%)"],
  ["10%(3)", "(10 % 3)"],
  ["10.0.0.0/24", "10.0.0.0/24"],
  ["10.64.0.0/10.subnets(24)", "10.64.0.0/10.subnets(24)"],
  ["10.0.0.1.next()", "10.0.0.1.next()"],
  ["02:00:00:00:00:01", "02:00:00:00:00:01"],
  ["ab:cd:ef:00:00:01", "ab:cd:ef:00:00:01"],
  ["100ms..2s", "(100ms .. 2s)"],
  ["1_000 + 0xff", "(1_000 + 0xff)"],
  ["a.true.in.for", "a.true.in.for"],
])("precedence: %s", (text, expected) => {
  expect(tree(value(text))).toBe(expected);
});

test.each([
  ['"a"', ["a"]],
  ['""', []],
  ['"\\n\\t\\r\\"\\\\\\$\\u{1F600}"', ['\n\t\r"\\$😀']],
  ['"\\${a}"', ["${a}"]],
  ['"$a"', ["$a"]],
  ['"""\n  a\n    b\n\n  c\n  """', ["a\n  b\n\nc"]],
  ['"""\n"""', []],
  ['"""\r\n  a\r\n  b\r\n  """', ["a\nb"]],
  ['"""\n  say "hi" and ""\n  """', ['say "hi" and ""']],
])("strings: %s", (text, parts) => {
  const expr = value(text);
  expect(expr.node === "string" && expr.parts).toEqual(parts);
});

test.each([
  "device in: vchan { }",
  "param = 1",
  "for = 1, in = 2, when = 3",
  "set = 1, do = 2, at { x = 1 }".replace("at {", "live {"),
  "x = param + import + set",
  "x = { for = 1, type = 2 }",
  "x = { rack, role }",
  "guest a when b ? c : d: wasm { }",
  "type T { out out: int, live: int, live live: int, timed: int, timed, holds: int, let: int }",
  'test "t" { expect = 1, do { set(1), set x = 2, set.y() } }',
  "component c(type: int, set: int) { }",
  "x = [for a in b, c in d when e: f]",
  "x = {for k, v in m: (k) => v}",
  "fn f(g: (T, U) => V, h: ((T) => U)? = none, m: {[K]: T}, r: { a: T, b?: U }): range int | [T] | string = 1",
  "at 10s for 500ms { down = true }",
  "\ufeffx = 1",
  "",
  'assert a,\n  "message ${b}"',
  'let f = (x) == 1 ? "a" : "b"',
])("is a file: %s", (text) => {
  expect(parse("f", text).diagnostics).toEqual([]);
});

test("documentation goes to the next item, member or variant", () => {
  const text = "/// one\n/// two\nenum E {\n  /// three\n  a\n}\n//// no\nx = 1\n";
  const { module, comments } = parse("f", text);
  const [first, second] = module.items;
  expect(first?.doc).toBe("one\ntwo");
  expect(first?.node === "enum" && first.variants[0]?.doc).toBe("three");
  expect(second?.doc).toBe("");
  expect(comments.map((comment) => comment.kind)).toEqual(["doc", "doc", "doc", "line"]);
});

test("a broken item still declares its name", () => {
  const names = parse("f", "let a = )\nguest b for x in { }\nfn c(-): int = 1\nparam d: =\noutput e: int")
    .module.items;
  expect(names.map((item) => ("name" in item ? (item.name as { text?: string }).text : ""))).toEqual([
    "a",
    "b",
    "c",
    "d",
    "e",
  ]);
});

test("spans cover their text", () => {
  const text = "let x = a.b + (1 * 2)";
  const [item] = parse("f", text).module.items;
  if (item?.node !== "let" || item.value.node !== "binary") throw new Error("shape");
  const cut = ({ start, end }: { start: number; end: number }): string => text.slice(start, end);
  expect([item.span, item.name.span, item.value.left.span, item.value.operatorSpan].map(cut)).toEqual([
    text,
    "x",
    "a.b",
    "+",
  ]);
  expect(cut(item.value.right.span)).toBe("(1 * 2)");
});

test("two tokens tell every choice of the grammar", () => {
  expect(checkGrammar).not.toThrow();
});
