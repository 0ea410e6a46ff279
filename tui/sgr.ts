// How a terminal is told to draw a text: looks become the numbers of its escape sequences, in as many colours
// as it has.

import type { Look } from "./line.ts";

/** Colours that a terminal has; 0: it is not sent anything but text. */
export type Depth = 0 | 16 | 256 | 16_777_216;

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
/** Steps of a colour in the cube of 216. */
const STEPS = [0, 95, 135, 175, 215, 255];
/** Foreground, bright foreground, foreground by number; the background's are ten more. */
const [FOREGROUND, BRIGHT, NUMBERED] = [30, 90, 38];
const BACKGROUND = 10;

/** What the terminal says of itself. */
export function depthOf(environment: Readonly<Record<string, string | undefined>>): Depth {
  const { TERM = "", COLORTERM = "" } = environment;
  if (TERM === "dumb") return 0;
  if (/truecolor|24bit/.test(COLORTERM) || /direct|kitty|alacritty|ghostty|wezterm/.test(TERM))
    return 16_777_216;
  return TERM.includes("256") || COLORTERM !== "" ? 256 : 16;
}

/** The numbers of a look, between `ESC [` and `m`; none for one that is like all text. */
export function sgrOf({ color, backgroundColor, bold, inverse, underline }: Look, depth: Depth): string {
  if (depth === 0) return "";
  const parts = [
    ...(bold === true ? ["1"] : []),
    ...(underline === true ? ["4"] : []),
    ...(inverse === true ? ["7"] : []),
    ...(color === undefined ? [] : colourCodes(color, depth, 0)),
    ...(backgroundColor === undefined ? [] : colourCodes(backgroundColor, depth, BACKGROUND)),
  ];
  return parts.join(";");
}

/** Of `red`, `redBright`, `ansi256(9)` and `#rrggbb`; what is none of them stays as it is. */
function colourCodes(colour: string, depth: Depth, more: number): readonly string[] {
  const named = NAMES.indexOf(colour.replace(/Bright$/, ""));
  if (named >= 0) return [basicCode(colour.endsWith("Bright") ? named + 8 : named, more)];
  const number = /^ansi256\((\d+)\)$/.exec(colour)?.[1];
  const rgb = number === undefined ? rgbOf(colour) : rgbOfNumber(Number(number));
  if (rgb === undefined) return [];
  if (depth === 16) return [basicCode(nearestBasic(rgb), more)];
  if (number !== undefined) return [`${NUMBERED + more};5;${number}`];
  return depth === 256
    ? [`${NUMBERED + more};5;${nearestNumber(rgb)}`]
    : [`${NUMBERED + more};2;${rgb.join(";")}`];
}

const basicCode = (colour: number, more: number): string =>
  String(more + (colour < 8 ? FOREGROUND + colour : BRIGHT + colour - 8));

type Rgb = readonly [red: number, green: number, blue: number];

function rgbOf(colour: string): Rgb | undefined {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return undefined;
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

/** The first sixteen as most terminals have them, the cube, and the greys. */
function rgbOfNumber(number: number): Rgb {
  if (number < 16) {
    const full = number < 8 ? 170 : 255;
    return [number & 1, (number >> 1) & 1, (number >> 2) & 1].map((bit) => bit * full) as unknown as Rgb;
  }
  const grey = 8 + (number - 232) * 10;
  if (number >= 232) return [grey, grey, grey];
  const at = number - 16;
  return [at / 36, (at / 6) % 6, at % 6].map((step) => STEPS[Math.floor(step)] ?? 0) as unknown as Rgb;
}

/** In the cube, or of the greys where it is one. */
function nearestNumber([red, green, blue]: Rgb): number {
  if (red === green && green === blue && red >= 8 && red < 248) return 232 + Math.round((red - 8) / 10.35);
  const [r, g, b] = [red, green, blue].map((value) => {
    const distances = STEPS.map((step) => Math.abs(step - value));
    return distances.indexOf(Math.min(...distances));
  }) as unknown as Rgb;
  return 16 + r * 36 + g * 6 + b;
}

/** Of the sixteen: which of the three colours are in it, and whether it is bright. */
function nearestBasic(rgb: Rgb): number {
  const most = Math.max(...rgb);
  if (most < 64) return 0;
  const [red, green, blue] = rgb.map((value) => (value > most / 2 ? 1 : 0)) as unknown as Rgb;
  return red + green * 2 + blue * 4 + (most > 200 ? 8 : 0);
}
