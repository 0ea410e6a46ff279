// By samples a lab is found as it is found whole: the same mistakes, the same counts.

import fc from "fast-check";
import { expect, test } from "vitest";
import { countsOf, type Allocations } from "../index.ts";
import { parse } from "../syntax/index.ts";
import { FOLDER, testWorld } from "../world.test-support.ts";
import { evaluateFiles, sampleFiles } from "./evaluate.ts";

const FILE = `${FOLDER}/lab.vbus`;
const SEED = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const LONG = process.env["SLOW"] === "1" ? 1500 : 150;

const head = (prefix: number): string => `
image echo: wasm { path = "std:guests/echo", memory = 1MiB }
network lan { subnet = 10.0.0.0/${prefix} }
volume scratch: memory { size = 1MiB }
bus shared_bus { device con: vconsole {} }
let base = 2
let words = ["a", "b", "c", "d"]
fn twice(n: int): int = n * 2
`;

/** How many resources were made, and what was found: by samples, and whole. */
function both(text: string, allocations: Allocations = {}) {
  const look = (evaluate: typeof evaluateFiles) => {
    const world = testWorld({ "lab.vbus": text });
    const { model, diagnostics, inputs } = evaluate(world, { root: FILE, allocations }, parse);
    const counts = model && (model.counts ?? countsOf(model.resources));
    return {
      made: model?.resources.length ?? 0,
      found: { counts, diagnostics, inputs, paths: model?.paths },
    };
  };
  return { some: look(sampleFiles), all: look(evaluateFiles) };
}

/** What a guest \`g\` number \`i\` says, where its neighbours can't be wrong without it. */
const UNIFORM: readonly string[] = [
  `image = echo`,
  `image = echo, args = ["--id", i]`,
  `image = echo, args = ["--to \${i + 1}", base, twice(base), i * 3 - 1]`,
  `image = echo, env = { ID = i, NAME = "n\${i}" }, labels = { n = "\${i}" }`,
  `image = echo, memory = 2MiB, vcpu = shared, goal = completed, restart = never`,
  `image = echo, bus = shared_bus`,
  `image = echo
   device eth0: venet { network = lan }`,
  `image = echo, args = [i]
   device eth0: venet { network = lan, mtu = 1300B, impair { loss = 1% }, labels = { n = "\${i}" } }
   device con: vconsole {}`,
  `image = echo
   assert base == 2`,
];

/** The same where samples may not tell: what is said of one number need not hold for another. */
const OTHERS: readonly string[] = [
  `image = echo, nice = i`,
  `image = echo, nice = i % 25`,
  `image = echo, args = [100 / (i - 7)]`,
  `image = echo, args = [i + 100 / (i - 7)]`,
  `image = echo, args = [words[i % 5]]`,
  `image = echo, args = [twice(i)]`,
  `image = echo, args = i == 9 ? [] : ["x"]`,
  `image = echo, memory = i == 9 ? 1KiB : 2MiB`,
  `image = echo, args = [g[1].memory]`,
  `image = echo, depends_on = i == 9 ? [g[10]] : [], labels = { x = "y" }
   device eth0: venet { network = lan }`,
  `image = echo
   let n = i
   args = [n]`,
  `image = echo
   assert i != 9, "nine"`,
  `image = echo
   device eth0: venet { network = lan, vlan = i * 100 }`,
  `image = echo
   device eth0: venet { network = lan, ip = 10.0.0.0/24.host(i) }`,
  `image = echo
   device eth0: venet { network = lan, ip = 10.0.0.9 }`,
  `image = echo
   device eth0: venet { network = lan, mac = 02:00:00:00:00:01 }`,
  `image = echo
   device disk: vblk { volume = scratch }`,
  `image = echo, bus = shared_bus
   device eth0: venet { network = lan }`,
  `image = echo
   device con for n in 1..(i % 3): vconsole {}`,
];

const plugged = (name: string): string =>
  `guest ${name} { image = echo\ndevice eth0: venet { network = lan } }`;
const family = (body: string, count: string, rest = "", prefix = 24): string =>
  `${head(prefix)}guest g for i in ${count} {\n${body}\n}\n${rest}\n`;

test.each(UNIFORM)("of a family of equals a few are made: %s", (body) => {
  const { some, all } = both(family(body, "1..40"));
  expect(some.found).toEqual(all.found);
  expect(all.found.diagnostics).toEqual([]);
  expect(some.made).toBeLessThan(all.made / 2);
});

test.each(OTHERS)("what may differ is looked at everywhere: %s", (body) => {
  const { some, all } = both(family(body, "1..40"));
  expect(some.found).toEqual(all.found);
});

test.each([
  ["an expression reads the family", `output n = g.len()`],
  ["an assertion reads one of it", `assert g[17].memory == 1MiB`],
  ["a thing names one of it", `guest h { image = echo, depends_on = [g[17]] }`],
  ["somebody asks for ways", `${["a", "b"].map(plugged).join("\n")}\nassert reachable(a, b)`],
])("where %s, all are made", (_, rest) => {
  const body = `image = echo\ndevice eth0: venet { network = lan }`;
  const { some, all } = both(family(body, "1..40", rest));
  expect(some.found).toEqual(all.found);
  expect(some.made).toBe(all.made);
});

test("a condition and a key that differ make all", () => {
  for (const loop of ["i in 1..40 when i != 9", "i in [for n in 1..40 : n]", "k, i in 1..40"]) {
    const text = `${head(24)}guest g for ${loop} { image = echo }`;
    const { some, all } = both(text);
    expect(some.found).toEqual(all.found);
    expect(some.made, loop).toBe(all.made);
  }
});

test("what is right of the first, the second and the last need not be of one between", () => {
  const { some, all } = both(
    family(`image = echo\ndevice eth0: venet { network = lan, ring = i * 64 }`, "1..16"),
  );
  expect(some.found).toEqual(all.found);
  expect(all.found.diagnostics.map(({ code }) => code)).toEqual(["VB3002"]);
});

test.each([
  [27, 29],
  [26, 61],
])("a pool of a /%d is full after as many guests, whoever counts: %d", (prefix, count) => {
  const body = `image = echo\ndevice eth0: venet { network = lan }`;
  for (const guests of [count - 2, count - 1, count, count + 1]) {
    const { some, all } = both(family(body, `1..${guests}`, "", prefix));
    expect(some.found).toEqual(all.found);
    expect(all.found.diagnostics.map(({ code }) => code)).toEqual(guests > count ? ["VB4003"] : []);
  }
});

test("a family that is too large for the limits is told as ever", () => {
  for (const count of ["600_000", "2_000_000", "4_000_000_000"]) {
    const { some, all } = both(`${head(24)}guest g for i in 1..${count} { image = echo }`);
    expect(some.found).toEqual(all.found);
    expect(all.found.diagnostics).toHaveLength(1);
  }
  const many = `image = echo, args = [${Array.from({ length: 99 }, (_, at) => at).join()}, i]`;
  const { some, all } = both(family(many, "1..20_000"));
  expect(some.found).toEqual(all.found);
  expect(all.found.diagnostics.map(({ code }) => code)).toEqual(["VB3008"]);
});

test("whatever families say, by samples the same is found", { timeout: 900_000 }, () => {
  console.log(`samples: seed ${SEED}`);
  const one = fc.record({
    body: fc.constantFrom(...UNIFORM, ...OTHERS),
    from: fc.integer({ min: -3, max: 5 }),
    count: fc.integer({ min: 14, max: 45 }),
    indent: fc.constantFrom("g", "h"),
  });
  const lab = fc.record({
    families: fc.uniqueArray(one, { minLength: 1, maxLength: 2, selector: ({ indent }) => indent }),
    prefix: fc.integer({ min: 24, max: 28 }),
    kept: fc.dictionary(fc.constantFrom("g[1].eth0", "g[9].eth0", "h[2].eth0", "x.eth0"), fc.ipV4()),
    near: fc.boolean(),
    rest: fc.constantFrom("", "", "", `output n = g`, `guest z { image = echo, memory = 1KiB }`),
  });
  fc.assert(
    fc.property(lab, ({ families, prefix, kept, near, rest }) => {
      const texts = families.map(
        ({ body, from, count, indent }) =>
          `guest ${indent} for i in ${from}..${from + count} {\n${body.replaceAll("g[", `${indent}[`)}\n}\n`,
      );
      const given = near
        ? Object.fromEntries(Object.keys(kept).map((key, at) => [key, `10.0.0.${at + 2}`]))
        : kept;
      const { some, all } = both(head(prefix) + texts.join("") + rest, given);
      expect(some.found).toEqual(all.found);
    }),
    { seed: SEED, numRuns: LONG },
  );
});
