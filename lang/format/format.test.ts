// Layouts, one by one: what is written on the left comes out as on the right.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codesOf, evaluateText } from "../world.test-support.ts";
import { format } from "./index.ts";

/** Lines joined; `after` left out where the text is a fixed point. */
interface Row {
  readonly what: string;
  readonly before: readonly string[];
  readonly after?: readonly string[];
}

const LONG = "a_name_of_fortytwo_columns_in_all_its_letters";

const ROWS: readonly Row[] = [
  { what: "an empty file stays empty", before: ["", "  ", ""], after: [] },
  {
    what: "spaces, separators and empty lines",
    before: ["", "let  x=1 , let y =[1,2 ,3,]", "", "", "", "let z= {a=1,}", "", ""],
    after: ["let x = 1", "let y = [1, 2, 3]", "", "let z = { a = 1 }"],
  },
  {
    what: "a block that was written on one line stays on it, others don't",
    before: ["guest a{image=echo,goal=completed}", "guest b {image=echo", "goal=completed}", "bus c{}"],
    after: [
      "guest a { image = echo, goal = completed }",
      "guest b {",
      "  image = echo",
      "  goal  = completed",
      "}",
      "bus c { }",
    ],
  },
  {
    what: "names are aligned in runs: an empty line or several lines end one, one-line records take part",
    before: [
      "guest a {",
      "  image = echo",
      "  memory = 4MiB",
      "  realtime { priority = 6 }",
      "",
      "  goal = completed",
      "  env = {",
      "    A = 1",
      "  }",
      "  use = []",
      "}",
    ],
    after: [
      "guest a {",
      "  image    = echo",
      "  memory   = 4MiB",
      "  realtime { priority = 6 }",
      "",
      "  goal = completed",
      "  env = {",
      "    A = 1",
      "  }",
      "  use = []",
      "}",
    ],
  },
  {
    what: "comments keep their places",
    before: [
      "// head",
      "",
      "/// doc",
      "guest a { // opens",
      "    // own",
      "  image = echo // one",
      "  memory=4MiB /* two */",
      "",
      "  // last",
      "} // closed",
      "let x = [ 1, // first",
      "  /* in */ 2, 3 /* after */",
      "  // end",
      "]",
      "// tail",
    ],
    after: [
      "// head",
      "",
      "/// doc",
      "guest a { // opens",
      "  // own",
      "  image  = echo   // one",
      "  memory = 4MiB   /* two */",
      "",
      "  // last",
      "}   // closed",
      "let x = [",
      "  1   // first",
      "  /* in */ 2",
      "  3   /* after */",
      "  // end",
      "]",
      "// tail",
    ],
  },
  {
    what: "what has a comment in its middle stays as written, but for its indentation",
    before: ["guest a {", "assert x   // why", "   && y", "goal=/* now */completed", "}"],
    after: ["guest a {", "  assert x   // why", "     && y", "  goal=/* now */completed", "}"],
  },
  {
    what: "a list that opened on a line of its own keeps its rows",
    before: ["let args = [", '  "--to", ip,', '    "--count",5', "]", "let one = [1,", "2]"],
    after: ["let args = [", '  "--to", ip', '  "--count", 5', "]", "let one = [1, 2]"],
  },
  {
    what: "a list that does not fit keeps flags with their values",
    before: [`let args = ["--to", ${LONG}, "--count", 5, "--verbose", "--from",`, `${LONG}]`],
    after: [
      "let args = [",
      `  "--to", ${LONG}`,
      '  "--count", 5',
      '  "--verbose"',
      `  "--from", ${LONG}`,
      "]",
    ],
  },
  {
    what: "a long chain breaks at every operator: they begin lines, but a minus ends them",
    before: [`let x = ${LONG}`, `&& ${LONG} && bbbbbbbbbbbb`, `let y = ${LONG} -`, `${LONG} - bbbbbbbbbbbb`],
    after: [
      `let x = ${LONG}`,
      `  && ${LONG}`,
      "  && bbbbbbbbbbbb",
      `let y = ${LONG} -`,
      `  ${LONG} -`,
      "  bbbbbbbbbbbb",
    ],
  },
  {
    what: "a long ternary breaks before its signs, a long call at its arguments",
    before: [
      `let x = ${LONG}`,
      `? ${LONG} : bbbbbbbbbbbbbbbbb`,
      `let y = f(${LONG},`,
      `${LONG}, bbbbbbbbbbbb)`,
    ],
    after: [
      `let x = ${LONG}`,
      `  ? ${LONG}`,
      "  : bbbbbbbbbbbbbbbbb",
      "let y = f(",
      `  ${LONG},`,
      `  ${LONG},`,
      "  bbbbbbbbbbbb",
      ")",
    ],
  },
  {
    what: "a message goes to a line of its own where it does not fit",
    before: [`assert ${LONG} ==`, `${LONG.slice(9)}, "a message"`, "assert a,", '"b"'],
    after: [`assert ${LONG} == ${LONG.slice(9)},`, '  "a message"', 'assert a, "b"'],
  },
  {
    what: "one line of up to 125 columns is left as it was written, and broken beyond",
    before: [`let x = [${LONG}, ${LONG}, 2, 3, 4, 5]`, `let y = [${LONG}, ${LONG}, ${LONG}]`],
    after: [
      `let x = [${LONG}, ${LONG}, 2, 3, 4, 5]`,
      "let y = [",
      `  ${LONG}`,
      `  ${LONG}`,
      `  ${LONG}`,
      "]",
    ],
  },
  {
    what: "a text of several lines moves with its item",
    before: ["guest a {", 'health = shell("""', "  one", "    ${ two }", "", '  """)', "}"],
    after: ["guest a {", '  health = shell("""', "    one", "      ${ two }", "", '    """)', "}"],
  },
  {
    what: "members: a space around marks, none lost",
    before: ["type T {", 'a:int=1 where a>0,"m" @live   @deprecated( "x" )', "b : string?", "...U", "}"],
    after: [
      "type T {",
      '  a: int = 1 where a > 0, "m"   @live @deprecated("x")',
      "  b: string?",
      "  ...U",
      "}",
    ],
  },
  {
    what: "a name that could go on with the line before has a comma before it",
    before: ["guest a {", "x = 1", ", in { b = 2 }", "as = 3", "}"],
    after: ["guest a {", "  x  = 1,", "  in { b = 2 }", "  as = 3", "}"],
  },
  {
    what: "parameters, comprehensions, strings",
    before: ['fn f( a :int=1,b:[string] ) : {[string] : int} = { for x in b : "${ x }!" => a }'],
    after: ['fn f(a: int = 1, b: [string]): {[string]: int} = {for x in b: "${x}!" => a}'],
  },
  {
    what: "line ends of other systems become our own",
    before: ["let x = 1\r", "", "let y = 2\r"],
    after: ["let x = 1", "", "let y = 2"],
  },
];

const joined = (lines: readonly string[]): string => (lines.length === 0 ? "" : `${lines.join("\n")}\n`);

for (const { what, before, after = before } of ROWS) {
  test(`layout: ${what}`, () => {
    const once = format("f", joined(before));
    expect(once).toEqual({ text: joined(after) });
    expect(format("f", joined(after))).toEqual({ text: joined(after) });
  });
}

test("a text with syntax errors is not laid out: its diagnostics are the answer", () => {
  const result = format("lab.vbus", "let x =\n");
  expect(result).not.toHaveProperty("text");
  expect(result).toMatchObject({ diagnostics: [{ code: "VB1033", span: { file: "lab.vbus" } }] });
});

test("the examples of the page about layouts are right, and laid out", () => {
  const page = readFileSync(new URL("../../docs/format.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```vbus\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");
  expect(blocks.length).toBeGreaterThan(1);
  for (const text of blocks) {
    expect(format("f", text)).toEqual({ text });
    expect(codesOf(evaluateText(text))).toEqual([]);
  }
});
