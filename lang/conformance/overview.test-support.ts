// Rows: what the page says of the whole. And the sentences that rows cannot hold: the tests that do, by file
// and name, and those that nothing holds.

import type { Rows } from "./rows.test-support.ts";

export const OVERVIEW: Rows = {
  "A `.vbus` file says what should exist": [
    [
      "network n { subnet = 10.0.0.0/24 }\nvolume v: memory { size = 1MiB }\n" +
        'image i: wasm { path = "std:guests/echo" }\nbus b { device tty: vconsole { } }\n' +
        "guest g { image = i, bus = b }",
      "has n",
      "has v",
      "has i",
      "has b",
      "has b.tty",
      "has g",
    ],
  ],
  "It is a small, typed, declarative language": [
    ["output it = a\nlet a = b\nlet b = 1", "it = 1"],
    ["guest g { image = late }\nimage late: wasm { path = b }\nlet b = a\nlet a = 1", "VB2008"],
    [
      'guest g { image = late }\nimage late: wasm { path = b }\nlet b = a\nlet a: path = "std:guests/echo"',
      "has g",
    ],
    ['let a: int = "one"', "VB2008"],
    ["network n { subnet = 10.0.0.0/24 }\nn.mtu = 9000B", "VB1035"],
    ["let a = 1\na = 2", "VB2010"],
    ["let a = 1\nlet a = 2", "VB2005"],
  ],
  "`network`, `image`, `guest` and `device` are _kinds_": [
    ["guest any_name { image = echo, device another: venet { network = lan } }", "has any_name.another"],
    ["server guest { image = echo }", "VB2002"],
    ["image echo: venet { }", "VB2003"],
    ["guest g { image = echo, device eth0: wasm { } }", "VB2003"],
    ["wasm server { }", "VB2002"],
  ],
  "Every thing is declared in one shape": [
    [
      'guest g for x in ["a", "b"] when x != "b" {\n' +
        "  image = echo\n  device e for i in 1..2 when i > 1: venet { network = lan }\n}",
      'has g["a"].e[2]',
      'lacks g["a"].e[1]',
      'lacks g["b"]',
    ],
    ["volume v for i in 1..2 when i == 2: memory { size = 1MiB }", "has v[2]", "lacks v[1]"],
    ["component c(n: int) { }\nc p for i in 1..2 when i == 2 { n = i }\noutput it = p.keys()", "it = [2]"],
  ],
  "An attribute says its type, its default": [
    ["guest g { image = echo, device e: venet { network = lan } }\noutput it = g.e.mtu", "it = 1500B"],
    ["guest g { image = echo, device e: venet { network = lan, mtu = 5s } }", "VB2008"],
    ["guest g { image = echo, device e: venet { network = lan, mtu = 9000B } }", "VB3002"],
    ["guest g { image = echo, device e: venet { network = lan } }\noutput it = g.e.id >= 0", "it = true"],
    ["guest g { image = echo, device e: venet { network = lan, id = 1 } }", "VB2010"],
    ["guest g { image = echo, device e: venet { network = lan } }\noutput it = g.e.rx.count", "VB2020"],
    ['guest g { image = echo }\ntest "t" { expect g.exit == 0, do { g.restart() } }', "has g"],
    ["guest g { image = echo }\noutput it = g.restart()", "VB2015"],
  ],
};

/** Sentences about what commands and the running lab do, each with the test that holds it. */
export const ELSEWHERE: Readonly<Record<string, readonly [file: string, test: string][]>> = {
  "What each kind, class and function takes stands in": [
    ["cli/doc.test.ts", "docs/manual is current: `vbus doc` writes the same"],
  ],
  "Every example on this page is run by a test": [
    ["lang/conformance/blocks.test.ts", "docs/language.md:$line"],
    ["lang/conformance/blocks.test.ts", "the page has its blocks"],
  ],
  "`vbus check` says what is wrong with a file": [
    ["cli/commands.test.ts", "a wrong configuration ends with 65, one diagnostic with code and place"],
    ["cli/commands.test.ts", "plan tells what it would create, in text, in JSON and by exit code"],
    ["cli/labs.test.ts", "a saved change is applied to the running lab, and a bad save leaves it as it is"],
  ],
  "Every attribute has a mark": [
    ["lang/examples.test.ts", "01: marks and defaults come from the standard library's texts"],
    ["interpreter/plan/plan.test.ts", "a rate is changed while it runs"],
  ],
  "A change takes the strongest mark": [
    ["interpreter/plan/plan.test.ts", "a larger MTU makes the segment anew, and all that is plugged into it"],
  ],
  "A plan says of a changed one": [
    ["cli/secrets.test.ts", "a changed secret is seen as one, saved or given, before and after a kill"],
    ["cli/secrets.test.ts", "values that don't fit, in flags, files and variables, are not quoted"],
  ],
  "The state holds an HMAC of each secret": [
    ["interpreter/state/state.test.ts", "a secret is stored as an HMAC, the same for the same secret"],
    ["interpreter/state/state.test.ts", "secrets of every type are stored as HMACs"],
  ],
  "Of an address given out of a secret pool": [
    ["lang/allocation.test.ts", "of a secret pool the place is kept, not the address"],
  ],
  "A value in `-p` stands in the arguments": [
    ["cli/secrets.test.ts", "the lab's own process has none of them in its arguments"],
  ],
  "A test starts the lab for itself": [
    ["cli/test.test.ts", "each way to fail has its code, ends its own test and no other"],
    ["cli/test.test.ts", "guests are stopped, killed and started, and changes come as `set` would make them"],
  ],
  "`vbus explain VB2013` tells more": [
    ["cli/fmt.test.ts", "explain tells a page, lists all, and knows the nearest"],
    ["lang/codes.test.ts", "${page.code}: the bad text has this one mistake, the good text none"],
  ],
  "`vbus check --fix` makes": [
    ["cli/fmt.test.ts", "check --fix repairs what it can, in every file, and says what"],
    ["lang/lint/fixes.test.ts", "fixes end, and leave no more errors than there were"],
  ],
  "`vbus lint` warns": [
    [
      "cli/fmt.test.ts",
      "lint warns and ends with 0, with 1 for what is denied, and with 65 for what is wrong",
    ],
    ["lang/lint/lint.test.ts", "fixes of lints do what they say, and leave none"],
  ],
  "The same seed does the same": [
    ["hypervisor/lines.test.ts", "%s: a seed does the same to the same frames"],
    ["hypervisor/line/fate.test.ts", "the same seed does the same to the same frames"],
  ],
};

/** Sentences that no test holds, and why. */
export const UNHELD: Readonly<Record<string, string>> = {
  "Read this page once": "advice, not a rule",
  "Who can read the state can therefore try guesses": "a warning, not a rule",
  "What a guest prints is the guest's": "what a guest may do, which nothing checks",
};
