// A parser with a kept table reads as one that analyses itself: every text that there is here, whole, cut off
// and with holes.

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { afterAll, expect, test } from "vitest";
import { parse } from "./index.ts";
import { lookaheadTable, parseBy } from "./parser.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
afterAll(() => parseBy(undefined));

const written = globSync(["stdlib/**/*.vbus", "examples/*/*.vbus", "lang/corpus/**/*.{vbus,txt}"], {
  cwd: root,
}).map((name) => readFileSync(root + name, "utf8"));

/** Every text; its beginning, cut in the middle of something; the text without each of some short parts. */
function* texts(): Generator<string> {
  for (const text of written) {
    yield text;
    const step = Math.max(20, Math.floor(text.length / 3));
    for (let at = step; at < text.length; at += step) {
      yield text.slice(0, at);
      yield text.slice(0, at) + text.slice(at + 3);
    }
  }
}

test("the same trees and the same mistakes come of the table and of chevrotain's own analysis", () => {
  const all = [...texts()];
  parseBy(undefined);
  const own = all.map((text) => parse("a.vbus", text));
  // As the build writes it.
  parseBy(JSON.parse(JSON.stringify(lookaheadTable())));
  const kept = all.map((text) => parse("a.vbus", text));
  expect(own.some(({ diagnostics }) => diagnostics.length > 0)).toBe(true);
  // A hundredfold quicker than `toEqual`, which tells the difference.
  for (const [i, parsed] of kept.entries())
    if (!isDeepStrictEqual(parsed, own[i])) expect(parsed).toEqual(own[i]);
}, 60_000);

test("a table of another grammar is refused where it names what this one has not", () => {
  parseBy(JSON.parse(JSON.stringify(lookaheadTable()).replaceAll('"sign ', '"other ')));
  expect(() => written.map((text) => parse("a.vbus", text))).toThrow(/a token type other/);
});
