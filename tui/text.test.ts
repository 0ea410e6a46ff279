import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { SYMBOL_SETS, sparkline } from "./symbols.ts";
import {
  clean,
  cut,
  fit,
  groupDigits,
  shortBytes,
  shortCount,
  shortDuration,
  widthOf,
  wrap,
  wrapWords,
} from "./text.ts";

const seed = Number(process.env["SEED"] ?? 1);
const texts = fc.string({ unit: "grapheme", maxLength: 40 }).map(clean);
const widths = fc.integer({ min: 0, max: 50 });

test("a fitted text takes exactly its width, whatever it is made of", () => {
  fc.assert(
    fc.property(texts, widths, fc.constantFrom("left", "right"), (text, width, align) => {
      expect(stringWidth(fit(text, width, align))).toBe(width);
    }),
    { seed },
  );
});

test("a cut text is its own beginning and never too wide", () => {
  fc.assert(
    fc.property(texts, widths, (text, width) => {
      const kept = cut(text, width);
      expect(stringWidth(kept)).toBeLessThanOrEqual(width);
      expect(text.startsWith(kept.replace(/…$/u, ""))).toBe(true);
    }),
    { seed },
  );
});

test("wrapped pieces are the whole text, and none is too wide unless one character is", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 50 }), (text, width) => {
      const pieces = wrap(text, width);
      expect(pieces.join("")).toBe(text);
      const one = (piece: string): boolean => [...new Intl.Segmenter().segment(piece)].length === 1;
      for (const piece of pieces) expect(stringWidth(piece) <= width || one(piece)).toBe(true);
    }),
    { seed },
  );
});

test("words are kept whole where they fit", () => {
  expect(wrapWords("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrapWords("a verylongwordindeed b", 8)).toEqual(["a", "verylong", "wordinde", "ed b"]);
  expect(wrapWords("", 8)).toEqual([""]);
});

test("a cleaned text has nothing that could steer a terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(clean(text)).not.toMatch(/\p{Cc}/u);
    }),
    { seed },
  );
  const cases: readonly (readonly [string, string])[] = [
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007after", "after"],
    ["a\tb", "a  b"],
    ["back\b\rspace", "backspace"],
    ["abc\u202egnp", "abcgnp"],
    ["äöü 漢字 👩‍👩‍👧", "äöü 漢字 👩‍👩‍👧"],
  ];
  for (const [dirty, expected] of cases) expect(clean(dirty)).toBe(expected);
});

test("glyphs that are measured in short are as wide as the library says", () => {
  const glyphs = Object.values(SYMBOL_SETS).flatMap(
    ({ state, spark, sparkPairs, slot, level, join, ...rest }) => [
      ...Object.values(state),
      ...Object.values(slot),
      ...Object.values(level),
      ...Object.values(join),
      ...spark,
      ...(sparkPairs ?? []).flat(),
      ...Object.values(rest).join(""),
    ],
  );
  for (const glyph of glyphs) expect([glyph, stringWidth(glyph), widthOf(glyph)]).toEqual([glyph, 1, 1]);
});

test("numbers in short", () => {
  const counts = [0, 1, 999, 999.6, 1000, 1234, 9949, 9999, 45_678, 999_499, 999_600, 1_200_000];
  expect(counts.map(shortCount)).toEqual("0 1 999 1k 1k 1.2k 9.9k 10k 46k 999k 1M 1.2M".split(" "));
  expect([0, 64, 1023, 1024, 65_536, 1_048_576, 1.5 * 1_048_576].map(shortBytes)).toEqual(
    "0B 64B 1023B 1K 64K 1M 1.5M".split(" "),
  );
  expect([0, 59_999, 60_000, 192_000, 7_500_000, 356_400_000].map(shortDuration)).toEqual(
    "0s 59s 1m00s 3m12s 2h05m 4d03h".split(" "),
  );
  expect([0, 999, 1000, 1_234_567].map(groupDigits)).toEqual(["0", "999", "1,000", "1,234,567"]);
});

test("values are drawn from the least to the most, the newest at the right", () => {
  const draw = (values: readonly number[], width: number): readonly string[] =>
    Object.values(SYMBOL_SETS).map((symbols) => sparkline(values, width, symbols));
  expect(draw([0, 1, 4, 8], 6)).toEqual(["  ▁▂▅█", "    ⣠⣾", "  _.=#"]);
  for (const line of draw([3, 2, 1], 2)) expect([...line]).toHaveLength(2);
  expect(draw([], 3)).toEqual(["   ", "   ", "   "]);
});
