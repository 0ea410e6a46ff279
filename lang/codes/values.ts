// The diagnostics about values: what each means, with a text that has it and one that has not.

import type { CodePage } from "./page.ts";

export const VALUE_CODES: readonly CodePage[] = [
  {
    code: "VB3001",
    title: "a value needs itself",
    explanation:
      "Values are computed when they are asked for; a value that asks for itself on the way has no answer.",
    bad: `network a { subnet = 10.0.0.0/24, mtu = b.mtu }
network b { subnet = 10.1.0.0/24, mtu = a.mtu }`,
    good: `network a { subnet = 10.0.0.0/24, mtu = b.mtu }
network b { subnet = 10.1.0.0/24, mtu = 9000B }`,
  },
  {
    code: "VB3002",
    title: "a constraint is broken",
    explanation: "`where` says what values may be; the values of its parts are drawn under it.",
    bad: `network lan { subnet = 10.0.0.0/24, mtu = 100B }`,
    good: `network lan { subnet = 10.0.0.0/24, mtu = 1400B }`,
  },
  {
    code: "VB3003",
    title: "arithmetic without a result",
    explanation: "Whole numbers and quantities are exact up to 2^53; nothing is divided by zero.",
    bad: `output n = 1 % 0`,
    good: `output n = 7 % 4`,
  },
  {
    code: "VB3004",
    title: "no such element",
    explanation: "`m[key]` and `xs[i]` ask for what must be there; `get` and `first` answer `none` instead.",
    bad: `output n = [1, 2][2]`,
    good: `output n = [1, 2][1]`,
  },
  {
    code: "VB3005",
    title: "a key twice",
    explanation: "The keys of a map or family are distinct.",
    bad: `output m = {for x in [1, 1]: x => x}`,
    good: `output m = {for x in [1, 2]: x => x}`,
  },
  {
    code: "VB3006",
    title: "not a value of this type",
    explanation: "A text is checked where an address is expected, and plain data where it is given a type.",
    bad: `network lan { subnet = "10.0.0/24" }`,
    good: `network lan { subnet = "10.0.0.0/24" }`,
  },
  {
    code: "VB3007",
    title: "a parameter can't be given so",
    explanation:
      "Parameters are given by name with `-p`, `--params` or VBUS_PARAM_NAME; those without a " +
      "default must be given.",
    bad: `param count: int`,
    good: `param count: int = 1`,
  },
  {
    code: "VB3008",
    title: "a limit",
    explanation:
      "Everything is computed within fixed limits of steps, elements, text and nesting, so " +
      "that no file can hang.",
    bad: `output n = [for a in 1..2000, b in 1..2000: a * b].len()`,
    good: `output n = [for a in 1..20, b in 1..20: a * b].len()`,
  },
  {
    code: "VB3009",
    title: "no such file",
    explanation: "A `path` names a file that is there when the lab is checked.",
    bad: `image own: wasm { path = "./own.wasm" }`,
    good: `image own: wasm { path = "std:guests/echo" }`,
  },
  {
    code: "VB3010",
    title: "a driver can't tell",
    explanation:
      "A value that only the driver knows can't be known: the file is malformed, or the value must be said.",
    bad: `image broken: wasm { path = "std:guests/broken" }`,
    good: `image sound: wasm { path = "std:guests/echo" }`,
  },
  {
    code: "VB3011",
    title: "a function has no answer",
    explanation:
      "Some functions have no answer for some arguments: the index of what is not in a list, " +
      "an unreadable pattern.",
    bad: `output n = ["a", "b"].index("c")`,
    good: `output n = ["a", "b"].index("b")`,
  },
  {
    code: "VB3012",
    title: "a secret would be shown",
    explanation:
      "What is computed from a secret goes to `env`, `args` and addresses, never into keys, labels, " +
      "other attributes, messages or outputs.",
    bad: `param token: secret string = "hidden"
output shown = "token \${token}"`,
    good: `param token: secret string = "hidden"
output shown = "a token"`,
  },
];
