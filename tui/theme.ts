// How each tone looks, and which theme a terminal gets. The only file that names colours. Good is blue and
// bad is orange, which colour-blind people tell apart; no meaning is carried by colour alone.

import type { Tone } from "./line.ts";

export interface Look {
  readonly color?: string;
  readonly backgroundColor?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
  readonly inverse?: boolean;
  readonly underline?: boolean;
}
export type Theme = Readonly<Record<Tone, Look>>;

/** 256 colours and more. */
const RICH: Theme = {
  plain: {},
  dim: { color: "#8a8a8a" },
  strong: { bold: true },
  title: { color: "#000000", backgroundColor: "#5fafff", bold: true },
  head: { color: "#87afd7", bold: true },
  accent: { color: "#5fd7d7" },
  good: { color: "#5fafff" },
  busy: { color: "#ffd75f" },
  bad: { color: "#ff8700", bold: true },
  key: { color: "#ffd75f", bold: true },
  selected: { color: "#ffffff", backgroundColor: "#005f87", bold: true },
  tab: { color: "#000000", backgroundColor: "#87afd7", bold: true },
  badge: { color: "#000000", backgroundColor: "#ffd75f", bold: true },
  alarm: { color: "#000000", backgroundColor: "#ff8700", bold: true },
  hue0: { color: "#5fafff" },
  hue1: { color: "#ffaf5f" },
  hue2: { color: "#5fd7d7" },
  hue3: { color: "#d7afff" },
  hue4: { color: "#ffd75f" },
  hue5: { color: "#afd7ff" },
};

/** The sixteen colours that every terminal has, whatever they are there. */
const BASIC: Theme = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  title: { color: "black", backgroundColor: "cyan" },
  head: { color: "cyan", bold: true },
  accent: { color: "cyan" },
  good: { color: "cyanBright" },
  busy: { color: "yellow" },
  bad: { color: "redBright", bold: true },
  key: { color: "yellow", bold: true },
  selected: { inverse: true, bold: true },
  tab: { color: "black", backgroundColor: "white" },
  badge: { color: "black", backgroundColor: "yellow" },
  alarm: { color: "white", backgroundColor: "red", bold: true },
  hue0: { color: "cyan" },
  hue1: { color: "yellow" },
  hue2: { color: "cyanBright" },
  hue3: { color: "magentaBright" },
  hue4: { color: "yellowBright" },
  hue5: { color: "white" },
};

/** No colours: weight and inversion only. */
const MONO: Theme = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  title: { inverse: true, bold: true },
  head: { bold: true, underline: true },
  accent: {},
  good: {},
  busy: {},
  bad: { bold: true },
  key: { bold: true },
  selected: { inverse: true },
  tab: { inverse: true },
  badge: { inverse: true, bold: true },
  alarm: { inverse: true, bold: true },
  hue0: {},
  hue1: {},
  hue2: {},
  hue3: {},
  hue4: {},
  hue5: {},
};

/** By `NO_COLOR`, `TERM` and `COLORTERM`. */
export function chooseTheme(environment: Readonly<Record<string, string | undefined>>): Theme {
  const noColour = environment["NO_COLOR"];
  const term = environment["TERM"] ?? "";
  if ((noColour !== undefined && noColour !== "") || term === "dumb") return MONO;
  const rich = /256|direct|truecolor|kitty|alacritty|ghostty|wezterm/.test(term) || environment["COLORTERM"];
  return rich ? RICH : BASIC;
}
