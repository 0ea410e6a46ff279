// How well a character is read on what is behind it, as the contrast rules for the web define it.

import type { Look } from "./theme.ts";

/** What terminals show for the names of the sixteen colours: xterm's. */
const NAMED: Readonly<Record<string, string>> = {
  black: "#000000",
  red: "#cd0000",
  green: "#00cd00",
  yellow: "#cdcd00",
  blue: "#0000ee",
  magenta: "#cd00cd",
  cyan: "#00cdcd",
  white: "#e5e5e5",
  redBright: "#ff0000",
  yellowBright: "#ffff00",
  magentaBright: "#ff00ff",
  cyanBright: "#00ffff",
  whiteBright: "#ffffff",
};
/** Text and background of a terminal that nobody asked for colours. */
export const SCREENS = { dark: ["#d0d0d0", "#000000"], light: ["#202020", "#ffffff"] } as const;

/** From 1, the same, to 21. */
export function contrastOf(look: Look, screen: keyof typeof SCREENS): number {
  const [text, background] = SCREENS[screen];
  const hex = (colour: string): string => {
    const [, number] = /^ansi256\((\d+)\)$/.exec(colour) ?? [];
    return number === undefined ? (NAMED[colour] ?? colour) : (paletteColour(Number(number)) ?? colour);
  };
  return contrastBetween(hex(look.color ?? text), hex(look.backgroundColor ?? background));
}

/** The colour of a number as xterm has it; undefined for the sixteen that each terminal has its own way. */
export function paletteColour(number: number): string | undefined {
  const hex = (parts: readonly number[]): string =>
    `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  if (number < 16) return undefined;
  if (number >= 232) return hex(Array.from({ length: 3 }, () => 8 + (number - 232) * 10));
  const place = number - 16;
  return hex([Math.floor(place / 36), Math.floor(place / 6) % 6, place % 6].map((step) => STEPS[step] ?? 0));
}

/** Steps of red, green and blue in the cube of 216 colours. */
const STEPS = [0, 95, 135, 175, 215, 255];

/** Of two colours as `#rrggbb`. */
export function contrastBetween(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
