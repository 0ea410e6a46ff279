// The catalogue of lints: what works, and most likely is not what was meant. Each has a name, by which it is
// turned off. The bad text of a page is right for `check`.

import type { CodePage } from "../codes/page.ts";

export interface LintPage extends CodePage {
  /** For `// vbus-lint: off NAME` and `--disable NAME`. */
  readonly name: string;
  readonly bad: string;
  readonly good: string;
}

const OFF = (name: string): string =>
  `A comment \`// vbus-lint: off ${name}\` turns it off for the item below.`;

export const LINT_CODES: readonly LintPage[] = [
  {
    code: "VB5001",
    name: "unused",
    title: "declared and never used",
    explanation:
      "Nothing reads this name. In a module that others import only private names are looked at: others " +
      `may use the rest. ${OFF("unused")}`,
    bad: `let mtu = 9000B
network lan { subnet = 10.0.0.0/24 }`,
    good: `let mtu = 9000B
network lan { subnet = 10.0.0.0/24, mtu = mtu }`,
  },
  {
    code: "VB5002",
    name: "shadowed",
    title: "a name hides another",
    explanation:
      "The inner name wins, so the outer one can't be read here, and whoever looks for it reads the wrong " +
      `value. Give one of them another name. ${OFF("shadowed")}`,
    bad: `let site = "oslo"
output names = [for site in ["paris", "rome"]: site.upper()]
output here = site`,
    good: `let site = "oslo"
output names = [for other in ["paris", "rome"]: other.upper()]
output here = site`,
  },
  {
    code: "VB5003",
    name: "units",
    title: "a suspicious unit",
    explanation:
      "`MB` is 1,000,000 bytes and `MiB` is 1,048,576: side by side one of them is often a slip. Rates are " +
      "in bits per second, and rate × duration is already a size in bytes: a factor of 8, or a text " +
      `such as \`10MB/s\`, mixes the two. ${OFF("units")}`,
    bad: `volume a: memory { size = 64MiB }
volume b: memory { size = 64MB }`,
    good: `volume a: memory { size = 64MiB }
volume b: memory { size = 64MiB }`,
  },
  {
    code: "VB5004",
    name: "secret",
    title: "a secret in the text",
    explanation:
      "Whoever reads the file reads the secret, and so does whoever reads its history. A `param` of type " +
      "`secret string` takes it from outside (`VBUS_PARAM_TOKEN`), and is shown as `<secret>` everywhere. " +
      OFF("secret"),
    bad: `image echo: wasm { path = "std:guests/echo" }
guest a { image = echo, env = { API_TOKEN = "hunter2" } }`,
    good: `param token: secret string = ""
image echo: wasm { path = "std:guests/echo" }
guest a { image = echo, env = { API_TOKEN = token } }`,
  },
  {
    code: "VB5005",
    name: "constant",
    title: "a condition that is always the same",
    explanation:
      "It doesn't depend on anything, so one of its two ways is never taken, or the constraint never holds " +
      `anything back. ${OFF("constant")}`,
    bad: `network lan when 1 < 2 { subnet = 10.0.0.0/24 }`,
    good: `param routed: bool = true
network lan when routed { subnet = 10.0.0.0/24 }`,
  },
  {
    code: "VB5006",
    name: "parameter",
    title: "a parameter that changes nothing",
    explanation:
      "Whoever instantiates the component, or calls the function, gives a value that nothing reads; its " +
      `own constraint doesn't count. ${OFF("parameter")}`,
    bad: `component segment(subnet: cidr, mtu: size = 1500B) { network lan { subnet = subnet } }
segment s { subnet = 10.0.0.0/24 }`,
    good: `component segment(subnet: cidr, mtu: size = 1500B) { network lan { subnet = subnet, mtu = mtu } }
segment s { subnet = 10.0.0.0/24 }`,
  },
  {
    code: "VB5007",
    name: "depends_on",
    title: "an order that holds anyway",
    explanation:
      "What refers to a thing comes up after it and goes down before it; saying the same in `depends_on` " +
      `adds nothing. A value such as \`server.eth0.ip\` orders nothing, so that one is needed. ${OFF("depends_on")}`,
    bad: `volume base: memory { size = 1MiB }
volume top: overlay { base = base, depends_on = [base] }`,
    good: `volume base: memory { size = 1MiB }
volume top: overlay { base = base }`,
  },
  {
    code: "VB5008",
    name: "comment",
    title: "a comment that turns nothing off",
    explanation:
      "After `// vbus-lint: off` stand names of lints with commas between them, or none for all. The " +
      "comment is meant for the item below it.",
    bad: `// vbus-lint: off unsed
network lan { subnet = 10.0.0.0/24 }`,
    good: `// vbus-lint: off unused
network lan { subnet = 10.0.0.0/24 }`,
  },
];
