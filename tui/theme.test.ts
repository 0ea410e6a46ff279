import { expect, test } from "vitest";
import { chooseTheme } from "./theme.ts";
import type { Look } from "./theme.ts";

const rich = Object.entries(chooseTheme({ TERM: "xterm-256color" }));

/** Relative luminance of `#rrggbb`, as the contrast rules for the web define it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast({ color = "#d0d0d0", backgroundColor = "#000000" }: Look): number {
  const [low = 0, high = 0] = [luminance(color), luminance(backgroundColor)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test.each(rich)("%s is read on a dark screen", (_, look) => {
  expect(contrast(look)).toBeGreaterThanOrEqual(4.5);
});

test.each([
  [{ TERM: "xterm", NO_COLOR: "1" }],
  [{ TERM: "xterm-256color", COLORTERM: "truecolor", NO_COLOR: "1" }],
  [{ TERM: "dumb" }],
])("%j has no colours", (environment) => {
  for (const look of Object.values(chooseTheme(environment))) {
    expect([look.color, look.backgroundColor]).toEqual([undefined, undefined]);
  }
});

test("an empty NO_COLOR says nothing", () => {
  expect(chooseTheme({ TERM: "xterm", NO_COLOR: "" })).toEqual(chooseTheme({ TERM: "xterm" }));
});
