import { expect, test } from "vitest";
import { contrastOf } from "./contrast.test-support.ts";
import { draw, makeWorld, stateAfter } from "./drawing.test-support.ts";
import { makeGuest } from "./fixtures.test-support.ts";
import { frameLines } from "./frame.ts";
import { VIEWS } from "./model.ts";
import { PARTS } from "./views/all.ts";
import { SYMBOL_SETS } from "./symbols.ts";
import { chooseTheme, THEME_NAMES, themeFor, TONES, withColours } from "./theme.ts";
import type { ThemeName } from "./theme.ts";

const RICH = { TERM: "xterm-256color" };
const BASIC = { TERM: "xterm" };
/** How much brighter than what is behind it a character is at least, and on what screen. */
const LEAST: Readonly<Record<ThemeName, readonly [contrast: number, screen: "dark" | "light"]>> = {
  default: [4.5, "dark"],
  light: [4.5, "light"],
  contrast: [7, "dark"],
  mono: [7, "dark"],
};

for (const [kind, environment, palette] of [
  ["rich", RICH, "xterm"],
  ["of 16 colours as xterm has them", BASIC, "xterm"],
  ["of 16 colours as VGA has them", BASIC, "vga"],
] as const) {
  test.each(THEME_NAMES)(`on a terminal that is ${kind}, each tone of the theme %s is read`, (name) => {
    const [least, screen] = LEAST[name];
    const looks = chooseTheme(environment, name);
    for (const tone of TONES) {
      const contrast = contrastOf(looks[tone], screen, palette);
      expect([tone, contrast >= least, contrast]).toEqual([tone, true, contrast]);
    }
  });
}

test("every tone that any view draws is one of the theme's", () => {
  const drawn = new Set<string>();
  for (const { key = "", view } of PARTS) {
    const world = makeWorld();
    const state = stateAfter({ columns: 120, rows: 40 }, { keys: view === "guests" ? [] : [key] }, world);
    for (const line of frameLines(state, world, SYMBOL_SETS.block))
      for (const { tone } of line) drawn.add(tone);
  }
  expect(PARTS.map(({ view }) => view)).toEqual([...VIEWS]);
  for (const tone of drawn) expect(TONES).toContain(tone);
});

/** What colours tell apart; the others are for the eye alone. */
const TELLING: readonly string[] = ["good", "busy", "bad", "alarm"];

test("nothing is told by colour alone: what has different colours has different words", () => {
  const world = makeWorld();
  const guests = (["running", "failed", "paused", "waiting", "quarantined", "completed"] as const).map(
    (state) => makeGuest({ address: state, state, goalMet: state === "running" }),
  );
  const link = { state: "lost", reason: "gone" } as const;
  const colours = new Map<string, Set<string>>();
  for (const part of [{}, { guests, ready: false, failures: 1 }, { watch: "held", held: "why" }] as const) {
    for (const { view, key = "" } of PARTS) {
      for (const then of [[], ["space"], [{ type: "link", link } as const]]) {
        const keys = view === "guests" ? then : [key, ...then];
        const state = stateAfter({ columns: 120, rows: 40 }, { keys, part }, world);
        for (const { text, tone } of frameLines(state, world, SYMBOL_SETS.block).flat()) {
          if (!TELLING.includes(tone) || text.trim() === "") continue;
          colours.set(text.trim(), (colours.get(text.trim()) ?? new Set()).add(tone));
        }
      }
    }
  }
  expect(colours.size).toBeGreaterThan(10);
  expect([...colours].filter(([, tones]) => tones.size > 1).map(([text, tones]) => [text, ...tones])).toEqual(
    [],
  );
});

test.each([
  [{ TERM: "xterm", NO_COLOR: "1" }],
  [{ TERM: "xterm-256color", COLORTERM: "truecolor", NO_COLOR: "1" }],
  [{ TERM: "dumb" }],
])("%j has no colours, whatever is asked for", (environment) => {
  const own = { good: { color: "#ff0000" } };
  for (const name of THEME_NAMES) {
    for (const look of Object.values(withColours(chooseTheme(environment, name), own)))
      expect([look.color, look.backgroundColor]).toEqual([undefined, undefined]);
  }
});

test("an empty NO_COLOR says nothing", () => {
  expect(chooseTheme({ TERM: "xterm", NO_COLOR: "" })).toEqual(chooseTheme({ TERM: "xterm" }));
});

test("a light terminal gets the light theme", () => {
  expect([themeFor({}), themeFor({ COLORFGBG: "15;0" }), themeFor({ COLORFGBG: "0;default;15" })]).toEqual([
    "default",
    "default",
    "light",
  ]);
  expect(chooseTheme({ ...RICH, COLORFGBG: "0;15" })).toBe(chooseTheme(RICH, "light"));
});

test("colours of one's own are laid over the theme's", () => {
  const theme = withColours(chooseTheme(RICH), { bad: { color: "#ff0000" } });
  expect(theme.bad).toEqual({ ...chooseTheme(RICH).bad, color: "#ff0000" });
  expect(theme.good).toEqual(chooseTheme(RICH).good);
});

test("in every set of symbols every view is drawn in its width", () => {
  for (const symbols of Object.values(SYMBOL_SETS)) {
    for (const { key = "", view } of PARTS)
      draw({ columns: 100, rows: 30 }, { symbols, keys: view === "guests" ? [] : [key] });
  }
});
