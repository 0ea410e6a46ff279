// A family has the model that its things have when each is written by itself, and takes as many steps.

import { expect, test } from "vitest";
import type { Resource } from "../index.ts";
import { parse } from "../syntax/index.ts";
import { evaluateText, FOLDER, testWorld } from "../world.test-support.ts";
import { evaluateFiles, type Whole } from "./evaluate.ts";

const HEAD = `
image echo: wasm { path = "std:guests/echo", memory = 1MiB }
network lan { subnet = 10.0.0.0/24 }
network wan { subnet = 10.1.0.0/24, mtu = 1400B }
let base = 2
fn twice(n: int): int = n * 2
`;

/** Bodies of a guest \`g\` number \`i\`. */
const BODIES: readonly string[] = [
  `image = echo`,
  `image = echo, args = ["a", base], env = { n = base }`,
  `image = echo, args = [i]`,
  `image = echo, args = [[1, 2].map(n => n + i).len()]`,
  `image = echo, args = [[1, 2].map(n => n + base).len(), twice(base)]`,
  `image = echo, args = [twice(i)]`,
  `image = echo, memory = i == 2 ? 64MiB : 32MiB`,
  `image = echo, memory = 32MiB
   device eth0: venet { network = lan }`,
  `image = echo
   device eth0: venet { network = i == 2 ? wan : lan }`,
  `image = echo
   device eth0: venet { network = wan, mtu = 1300B }
   device eth1: venet { network = lan, impair { loss = 1% } }`,
  `image = echo
   device eth0: venet { network = lan, mac = i == 2 ? 02:00:00:00:00:02 : auto }`,
  `image = echo, labels = { first = FIRST.nice }`,
  `image = echo, nice = 3, labels = { first = FIRST.nice }, depends_on = i == 1 ? [] : [FIRST.image]`,
  `image = echo, depends_on = i == 1 ? [] : [FIRST]`,
  `image = echo
   device eth0: venet { network = lan, labels = { n = i } }`,
];

const FILE = `${FOLDER}/lab.vbus`;

const familyOf = (body: string, count: number): string =>
  `${HEAD}guest g for i in 1..${count} {\n${body.replaceAll("FIRST", "g[1]")}\n}\n`;

function writtenOut(body: string, count: number): string {
  const blocks = Array.from({ length: count }, (_, at) => {
    const own = body.replaceAll(/\bi\b/g, `${at + 1}`).replaceAll("FIRST", "g1");
    return `guest g${at + 1} {\n${own}\n}\n`;
  });
  return HEAD + blocks.join("");
}

/** The model, and how many steps it took. */
function evaluated(text: string): { readonly resources: readonly Resource[]; readonly steps: number } {
  const begun: { whole?: Whole } = {};
  const { model, diagnostics } = evaluateFiles(testWorld({ "lab.vbus": text }), { root: FILE }, parse, {
    test: () => undefined,
    begin: (whole) => (begun.whole = whole),
  });
  expect(diagnostics).toEqual([]);
  return { resources: model?.resources ?? [], steps: begun.whole?.machine.steps ?? 0 };
}

/** What things are, whatever they are called and wherever they are written. */
function plain(resources: readonly Resource[]): unknown {
  const text = JSON.stringify(resources, (key, value: unknown) =>
    key === "span" || key === "seed" || isAutoMac(key, value) ? undefined : value,
  );
  return JSON.parse(text.replaceAll(/\bg\[(\d)\]/g, "g$1"));
}

/** As a seed it follows from the address. */
const isAutoMac = (key: string, value: unknown): boolean =>
  key === "mac" && (value as Resource["attributes"][string]).origin === "auto";

test.each(BODIES)("a family is as its members are by themselves: %s", (body) => {
  expect(plain(evaluated(familyOf(body, 3)).resources)).toEqual(
    plain(evaluated(writtenOut(body, 3)).resources),
  );
});

// `g[1]` takes steps that `g1` doesn't.
test.each(BODIES.filter((body) => !body.includes("FIRST")))(
  "another member takes as many steps as another block: %s",
  (body) => {
    const another = (make: typeof familyOf): number =>
      evaluated(make(body, 3)).steps - evaluated(make(body, 2)).steps;
    expect(another(familyOf)).toBe(another(writtenOut));
  },
);

test("where one can't be computed, what it has alike with the others is not taken from them", () => {
  const text = `${HEAD}let nicest = g[2].nice\nguest g for i in 1..3 {\nimage = echo\nnice = nicest\n}\n`;
  const told = evaluateText(text).diagnostics.map(({ message }) => message);
  expect(told).toEqual(["A value needs itself: nicest → g[2].nice → nicest."]);
});

test("things of a family that wait for each other are told as a circle", () => {
  const text = `${HEAD}guest g for i in 1..3 {\nimage = echo\ndepends_on = [g[i % 3 + 1]]\n}\n`;
  const told = evaluateText(text).diagnostics.map(({ message }) => message);
  expect(told).toEqual(["These things wait for each other: g[1] → g[2] → g[3] → g[1]."]);
});
