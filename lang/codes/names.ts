// The diagnostics about names and types: what each means, with a text that has it and one that has not.

import type { CodePage } from "./page.ts";

export const NAME_CODES: readonly CodePage[] = [
  {
    code: "VB2001",
    title: "unknown name",
    explanation:
      "A name that is read must be declared: in the block around it, the component, the " +
      "module, or the standard library.",
    bad: `image echo: wasm { path = "std:guests/echo" }
guest a { image = ecko }`,
    good: `image echo: wasm { path = "std:guests/echo" }
guest a { image = echo }`,
  },
  {
    code: "VB2002",
    title: "unknown kind or component",
    explanation: "The first word of a declaration is a kind of the standard library or a component.",
    bad: `netwrok lan { subnet = 10.0.0.0/24 }`,
    good: `network lan { subnet = 10.0.0.0/24 }`,
  },
  {
    code: "VB2003",
    title: "unknown class",
    explanation: "The word after the colon is a class of that kind: it says which driver serves the thing.",
    bad: `image echo: wsam { path = "std:guests/echo" }`,
    good: `image echo: wasm { path = "std:guests/echo" }`,
  },
  {
    code: "VB2004",
    title: "unknown attribute or member",
    explanation: "Things, records and addresses have the members that their declarations say, and no others.",
    bad: `network lan { subnet = 10.0.0.0/24, mut = 9000B }`,
    good: `network lan { subnet = 10.0.0.0/24, mtu = 9000B }`,
  },
  {
    code: "VB2005",
    title: "a name twice",
    explanation: "Names are unique in a scope, across kinds; an attribute is set once.",
    bad: `network lan { subnet = 10.0.0.0/24 }
channel lan { }`,
    good: `network lan { subnet = 10.0.0.0/24 }
channel orders { }`,
  },
  {
    code: "VB2007",
    title: "unknown type",
    explanation: "A type is one of the language's own, a kind, or declared with `type` or `enum`.",
    bad: `param count: itn = 1`,
    good: `param count: int = 1`,
  },
  {
    code: "VB2008",
    title: "another type is expected",
    explanation:
      "A value must fit the type of its place. Only ints become floats, scalars `scalar`, and " +
      "texts addresses and paths by themselves.",
    bad: `network lan { subnet = 10.0.0.0/24, dhcp = 1 }`,
    good: `network lan { subnet = 10.0.0.0/24, dhcp = true }`,
  },
  {
    code: "VB2009",
    title: "something required is missing",
    explanation: "An attribute without a default must be set, unless its type is optional.",
    bad: `network lan { }`,
    good: `network lan { subnet = 10.0.0.0/24 }`,
  },
  {
    code: "VB2010",
    title: "not in this place",
    explanation:
      "Each item has its places: parameters at the top of a module, devices on a bus or in a " +
      "guest, kinds in the standard library.",
    bad: `network lan { subnet = 10.0.0.0/24 }
device eth0: venet { network = lan }`,
    good: `network lan { subnet = 10.0.0.0/24 }
bus office { device eth0: venet { network = lan } }`,
  },
  {
    code: "VB2011",
    title: "no driver",
    explanation:
      "The standard library declares the class, but this version has no driver on the host " +
      "side that could run it.",
    bad: `image box: pc { }`,
    good: `image box: wasm { path = "std:guests/echo" }`,
  },
  {
    code: "VB2012",
    title: "a class is missing or too many",
    explanation: "Kinds such as `image` and `device` need a class; others have none.",
    bad: `image echo { }`,
    good: `image echo: wasm { path = "std:guests/echo" }`,
  },
  {
    code: "VB2013",
    title: "an operator does not apply",
    explanation:
      "Operators take numbers, or quantities of one dimension; a few pairs of dimensions make a third.",
    bad: `let odd = 1s + 1MiB`,
    good: `let odd = 1MiB / 1s`,
  },
  {
    code: "VB2014",
    title: "wrong arguments",
    explanation: "A function takes its parameters in order or by name, each once.",
    bad: `let n = [1, 2].len(3)`,
    good: `let n = [1, 2].len()`,
  },
  {
    code: "VB2015",
    title: "no function",
    explanation:
      "What is called must be a function; in method style the name is looked up among functions only.",
    bad: `let n = [1, 2].lenght()`,
    good: `let n = [1, 2].len()`,
  },
  {
    code: "VB2016",
    title: "a value may be absent",
    explanation: "A value of type `T?` is used after `??`, with `?.`, or after a test against `none`.",
    bad: `let first = [1, 2].first()
let n: int = first`,
    good: `let first = [1, 2].first()
let n: int = first ?? 0`,
  },
  {
    code: "VB2017",
    title: "a definition needs itself",
    explanation:
      "Functions do not call themselves, components do not contain themselves, types neither, " +
      "and a `let` is not made from itself.",
    bad: `fn f(n: int): int = g(n)
fn g(n: int): int = f(n)`,
    good: `fn f(n: int): int = g(n)
fn g(n: int): int = n + 1`,
  },
  {
    code: "VB2018",
    title: "an import can't be followed",
    explanation: "An import names a module by its path or its `std:` name; imports make no circle.",
    bad: `import "std:nett" as net`,
    good: `import "std:net" as net`,
  },
  {
    code: "VB2019",
    title: "a file can't be read",
    explanation: "A module is UTF-8 text of at most 1 MiB.",
    bad: `import "./binary.vbus" as other`,
    good: `import "std:net" as other`,
  },
  {
    code: "VB2020",
    title: "a live fact outside a test",
    explanation: "What is observed while the lab runs is read only in `expect`, `always` and a test's `let`.",
    bad: `network lan { subnet = 10.0.0.0/24 }
output seen = lan.frames.count`,
    good: `network lan { subnet = 10.0.0.0/24 }
test "frames" { expect lan.frames.count == 0 }`,
  },
  {
    code: "VB2021",
    title: "a private name",
    explanation: "A name that starts with `_` is private to its module.",
    bad: `import "./parts.vbus" as parts
output n = parts._secret`,
    good: `import "./parts.vbus" as parts
output n = parts.public`,
  },
  {
    code: "VB2022",
    title: "not supported yet",
    explanation: "The language has it, and no driver of this version serves it. Leave it out.",
  },
  {
    code: "VB2023",
    title: "unknown member of an enum",
    explanation: "An enum has the members that its declaration lists.",
    bad: `enum Role { source, sink }
let r = Role.sonk`,
    good: `enum Role { source, sink }
let r = Role.sink`,
  },
  {
    code: "VB2025",
    title: "deprecated",
    explanation: "The member still works and will go; the message says what to use.",
    bad: `type Site { name: string, title: string = "" @deprecated("use \`name\`") }
let site: Site = { name = "oslo", title = "Oslo" }`,
    good: `type Site { name: string, title: string = "" @deprecated("use \`name\`") }
let site: Site = { name = "oslo" }`,
  },
];
