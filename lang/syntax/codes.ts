// The catalogue of syntax diagnostics, for `explain` and the manual. Codes are stable: none is ever given a
// new meaning. Refuses to build messages; the stages do that, with the values of the case.

import { GRAMMAR_CODES } from "./codes-grammar.ts";

/** What is told of one code. `bad` gives it, `good` is the same without the mistake. */
export interface CodePage {
  readonly code: string;
  readonly title: string;
  readonly explanation: string;
  readonly bad: string;
  readonly good: string;
}

type Row = readonly [code: string, title: string, explanation: string, bad: string, good: string];

const LEXICAL_CODES: readonly Row[] = [
  [
    "VB1001",
    "a character that means nothing here",
    "Outside of strings and comments only letters, digits and a few signs have a meaning. Everything else is skipped.",
    "x = 1 ~",
    "x = 1",
  ],
  [
    "VB1002",
    "a string that is not closed",
    'A string in `"` ends on its line, and what stands in `${ }` belongs to it. A text of several lines stands between two `"""`, the second on a line of its own.',
    'x = "abc\ny = 2',
    'x = "abc"\ny = 2',
  ],
  [
    "VB1003",
    "no such escape",
    'A backslash in a string begins one of \\n \\t \\r \\" \\\\ \\$ and \\u{1F600}. A backslash that is meant as itself is written twice.',
    'x = "C:\\dir"',
    'x = "C:\\\\dir"',
  ],
  [
    "VB1004",
    "a comment that is not closed",
    "A comment that begins with `/*` goes to the next `*/`. They do not nest: the first `*/` ends it.",
    "x = 1 /* one",
    "x = 1 /* one */",
  ],
  [
    "VB1005",
    "no such unit",
    "Letters at a number are its unit: B kB MB GB TB KiB MiB GiB TiB for sizes, ns us ms s min h d for durations, bps kbps Mbps Gbps, pps kpps Mpps, Hz kHz MHz GHz, and %. There is no exponent.",
    "x = 5KB",
    "x = 5kB",
  ],
  [
    "VB1006",
    "a unit apart from its number",
    "A unit touches its number, so that the two are read as one.",
    "x = 10 ms",
    "x = 10ms",
  ],
  [
    "VB1007",
    "an address out of range",
    "The four numbers of an address are 0 to 255, a prefix length is 0 to 32. An IPv6 address is written as a string.",
    "x = 10.0.0.256",
    "x = 10.0.0.255",
  ],
  [
    "VB1008",
    "a bad hexadecimal number",
    "After `0x` stand the digits 0 to 9 and a to f.",
    "x = 0xfg",
    "x = 0xff",
  ],
  [
    "VB1009",
    'the shape of a `"""` text',
    'The text begins on the line after the opening `"""`. The indentation of the closing `"""` is taken off every line, so each line but an empty one begins with it.',
    'x = """abc"""',
    'x = """\n  abc\n  """',
  ],
  ["VB1010", "other quotes", 'Strings stand in double quotes, `"`.', "x = 'abc'", 'x = "abc"'],
  [
    "VB1011",
    "a comment with #",
    "A comment begins with `//` and goes to the end of the line.",
    "# one\nx = 1",
    "// one\nx = 1",
  ],
  [
    "VB1012",
    "a semicolon",
    "A newline or a comma separates, everywhere. There is no `;`.",
    "x = 1; y = 2",
    "x = 1, y = 2",
  ],
  [
    "VB1013",
    "letters that names can't have",
    "Names are made of ASCII letters, digits and `_`. Other letters stand in strings and comments.",
    "größe = 1",
    "size = 1",
  ],
  ["VB1014", "a single &", "And is `&&`.", "x = a & b", "x = a && b"],
  [
    "VB1020",
    "a bracket that is not closed",
    "Each `(`, `[` and `{` has a closing bracket of its own kind. This one is missing, or is one of another kind.",
    "x = f(1\ny = 2",
    "x = f(1)\ny = 2",
  ],
  ["VB1021", "a bracket that closes nothing", "No bracket of this kind is open here.", "x = 1)", "x = 1"],
  [
    "VB1022",
    "the end of the text inside a bracket",
    "The text ends before everything is closed. Named is the innermost bracket that is open; if one further up was meant to be closed earlier, its `}` is missing there.",
    "guest a {\n  x = 1",
    "guest a {\n  x = 1\n}",
  ],
  [
    "VB1023",
    "nested too deep",
    "Brackets, blocks and types nest at most 128 levels, and one expression is at most 400 operators deep. Name the inner parts with `let`.",
    `x = ${"[".repeat(200)}${"]".repeat(200)}`,
    "x = [[[1]]]",
  ],
];

const pageOf = ([code, title, explanation, bad, good]: Row): [string, CodePage] => [
  code,
  { code, title, explanation, bad, good },
];

/** Every syntax code, VB1000 to VB1999. */
export const SYNTAX_CODES: ReadonlyMap<string, CodePage> = new Map(
  [...LEXICAL_CODES, ...GRAMMAR_CODES].map(pageOf),
);
