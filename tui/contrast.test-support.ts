// How well a character is read on what is behind it, as the contrast rules for the web define it.

import type { Look } from "./theme.ts";

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
/** The sixteen colours by number: eight, and the same brighter. */
export const BASIC_NAMES: readonly string[] = [...NAMES, ...NAMES.map((name) => `${name}Bright`)];
/** What terminals show for them. */
const PALETTES = {
  xterm: `000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5
          7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff`.split(/\s+/u),
  vga: `000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa
        555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff`.split(/\s+/u),
} as const;
type Palette = keyof typeof PALETTES;

/** Text and background of a terminal that nobody asked for colours. */
const SCREENS = { dark: ["#d0d0d0", "#000000"], light: ["#202020", "#ffffff"] } as const;

/** From 1, the same, to 21. */
export function contrastOf(look: Look, screen: keyof typeof SCREENS, palette: Palette = "xterm"): number {
  const [text, background] = SCREENS[screen];
  const hex = (colour: string): string => {
    const [, number] = /^ansi256\((\d+)\)$/.exec(colour) ?? [];
    if (number !== undefined) return paletteColour(Number(number)) ?? colour;
    const basic = BASIC_NAMES.indexOf(colour);
    return basic < 0 ? colour : `#${PALETTES[palette][basic]}`;
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
function contrastBetween(one: string, other: string): number {
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
