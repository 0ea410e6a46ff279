// Families of guests and of components made by chance: each is as its members are by themselves, also where
// they are wrong.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Evaluation, Resource } from "../index.ts";
import type { Span } from "../syntax/ast.ts";
import { evaluateText } from "../world.test-support.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_127);

const HEAD = `
param word: secret string = "hidden"
image echo: wasm { path = "std:guests/echo", memory = 1MiB }
image other: wasm { path = "std:guests/ping", memory = 2MiB }
network lan { subnet = 10.0.0.0/24 }
network wan { subnet = 10.1.0.0/24, mtu = 1400B }
volume data: memory { size = 64KiB }
guest server { image = echo, device eth0: venet { network = lan } }
let base = 2
let common = ["c", base]
let defaults = { A = "1", B = "2" }
let nicest = SECOND.nice
fn twice(n: int): int = n * 2
`;

/** What a body may say, at most one of each row. \`FIRST\` and \`SECOND\` are members by name. */
const ROWS: readonly (readonly string[])[] = [
  ["image = echo", "image = i == 2 ? other : echo", 'image = i == 1 ? echo : other, env = { n = "x" }'],
  [
    'args = ["a", base]',
    "args = [i]",
    'args = ["x${i}", base]',
    "args = [...common]",
    "args = [...common, i]",
    "args = [[1, 2].map(n => n + i).len(), [for x in common: [for y in 1..i: y].len()].len()]",
    "args = [word]",
    "args = i == 2 ? [word] : []",
    "args = [twice(i), twice(base)]",
    "args = [FIRST.nice, SECOND.nice]",
    "args = [SECOND.memory]",
    "args = [[][i]]",
  ],
  [
    "env = { ...defaults }",
    "env = { ...defaults, A = i }",
    "env = i == 2 ? { k = word } : defaults",
    "env = { n = server.eth0.ip }",
    "env = { n = i == 2 ? server.nice : base }",
  ],
  ["memory = 64MiB", "memory = i == 2 ? 64MiB : 32MiB", "memory = 3B", "memory = i == 1 ? 3B : 32MiB"],
  ["nice = 3", "nice = i", "nice = 40", "nice = i * 15", "nice = nicest", "nice = 7.div(i - 2)"],
  [
    'labels = { a = "x" }',
    "labels = { n = i }",
    "labels = { f = FIRST.nice }",
    "labels = { s = SECOND.nice }",
    "labels = { k = word }",
    "labels = i == 2 ? { k = word } : {}",
  ],
  ["goal = ready", "goal = i == 2 ? ready : running"],
  ["depends_on = [server]", "depends_on = i == 1 ? [] : [FIRST]", "depends_on = [SECOND]"],
  ["watchdog = none", "watchdog = i == 2 ? none : 5s"],
  ["protect = true", "protect = i == 2"],
  ['assert i != 2, "not two"', 'assert base == 3, "never"', "let own = i * 2", "let own = base"],
  ["stop = { grace = 1s }", "stop = { grace = i == 2 ? 1s : 2s }"],
  [
    "device eth0: venet { network = lan }",
    "device eth0: venet { network = i == 2 ? wan : lan }",
    "device eth0: venet { network = lan, ip = i == 2 ? 10.0.0.9 : auto }",
    "device eth0: venet { network = lan, ip = 10.0.0.9 }",
    "device eth0: venet { network = lan, ip = 10.9.0.9 }",
    "device eth0: venet { network = lan, mac = 02:00:00:00:00:01 }",
    "device eth0: venet { network = wan, mtu = 9000B }",
    "device eth0: venet { network = wan, mtu = 1300B, rate = i == 2 ? 1Mbps : none }",
    "device eth0: venet { network = lan, impair { loss = 1% } }",
    "device eth0: venet { network = lan, impair { loss = i == 1 ? 1% : 2%, seed = 7 } }",
    "device eth0 when i != 2: venet { network = lan, labels = { n = i } }",
    "device eth for k in 1..2: venet { network = k == 1 ? lan : wan, labels = { n = i, k = k } }",
    "device eth for k in 1..i: venet { network = lan, labels = { k = k } }",
  ],
  [
    "device disk: vblk { volume = data }",
    "device disk: vblk { volume = data, readonly = true }",
    "device disk: vblk { volume = data, readonly = i != 2 }",
    "device tty: vconsole { labels = { n = base } }",
  ],
];

interface Family {
  readonly body: string;
  readonly keys: readonly number[];
  /** Left out by a `when`; 0: none. */
  readonly without: number;
  readonly inComponent: boolean;
}

/** So many that a good part of the families is right. */
const EMPTY = Array<string>(12).fill("");

const family: fc.Arbitrary<Family> = fc.record({
  body: fc
    .tuple(...ROWS.map((row, at) => (at === 0 ? fc.constantFrom(...row) : fc.constantFrom(...EMPTY, ...row))))
    .map((lines) => lines.filter((line) => line !== "").join("\n")),
  keys: fc.constantFrom([1, 2, 3], [3, 1, 2], [2, 3, 1]),
  without: fc.constantFrom(0, 0, 3),
  inComponent: fc.boolean(),
});

const named = (text: string, name: (key: number) => string): string =>
  text.replaceAll("FIRST", name(1)).replaceAll("SECOND", name(2));

const overOf = (keys: readonly number[]): string => (keys[0] === 1 ? "1..3" : `[${keys.join(", ")}]`);

/** Of what stands in a component nothing can be named from outside. */
const hidden = (text: string): string =>
  text.replaceAll(/(FIRST|SECOND)\.\w+/g, "1").replaceAll(/FIRST|SECOND/g, "server");

function asFamily({ body, keys, without, inComponent }: Family): string {
  const when = without === 0 ? "" : ` when i != ${without}`;
  const head = `for i in ${overOf(keys)}${when}`;
  if (inComponent)
    return hidden(`${HEAD}component box(i: int) { guest own {\n${body}\n} }\nbox g ${head} { i = i }\n`);
  return named(`${HEAD}guest g ${head} {\n${body}\n}\n`, (key) => `g[${key}]`);
}

function writtenOut({ body, keys, without, inComponent }: Family): string {
  const left = keys.filter((key) => key !== without);
  if (inComponent) {
    const boxes = left.map((key) => `box g${key} { i = ${key} }\n`).join("");
    return hidden(`${HEAD}component box(i: int) { guest own {\n${body}\n} }\n${boxes}`);
  }
  const blocks = left.map((key) => `guest g${key} {\n${body.replaceAll(/\bi\b/g, `${key}`)}\n}\n`);
  return named(HEAD + blocks.join(""), (key) => `g${key}`);
}

const plainText = (text: string): string => text.replaceAll(/\bg\[(\d)\]/g, "g$1");

/** What things are, whatever they are called, and the text where each attribute was written. */
function whatIs({ model, sources }: Evaluation): unknown {
  const textAt = ({ file, start, end }: Span): string => sources.get(file)?.slice(start, end) ?? "";
  const plainOf = (resource: Resource): unknown => {
    const [, key = ""] = /^g\[?(\d)/.exec(resource.address) ?? [];
    const inComponent = /^g\[?\d\]?\.own/.test(resource.address);
    const attributes = Object.entries(resource.attributes).map(([name, { span, ...rest }]) => {
      const isOwn = rest.origin === "auto" && (name === "mac" || name === "seed");
      const text = inComponent ? textAt(span) : textAt(span).replaceAll(/\bi\b/g, key);
      return [name, isOwn ? rest.origin : rest, text];
    });
    return {
      ...resource,
      span: undefined,
      attributes: Object.fromEntries(attributes.map(([n, ...rest]) => [n, rest])),
    };
  };
  const text = JSON.stringify(model?.resources.map(plainOf), (key, value: unknown) =>
    key === "seed" ? undefined : value,
  );
  return text === undefined ? undefined : JSON.parse(plainText(text));
}

/** In a family one mistake that several make is one. */
const toldBy = ({ diagnostics }: Evaluation): readonly string[] =>
  [...new Set(diagnostics.map(({ code, message }) => plainText(`${code} ${message}`)))].sort();

test("a family is as its members are by themselves, right or wrong", () => {
  console.log(`families: seed ${SEED}`);
  let [right, wrong] = [0, 0];
  fc.assert(
    fc.property(family, (one) => {
      const [all, each] = [evaluateText(asFamily(one)), evaluateText(writtenOut(one))];
      expect(toldBy(all)).toEqual(toldBy(each));
      expect(whatIs(all)).toEqual(whatIs(each));
      if (all.model) right++;
      else wrong++;
    }),
    { seed: SEED, numRuns: 150 },
  );
  expect(right).toBeGreaterThan(10);
  expect(wrong).toBeGreaterThan(10);
}, 120_000);
