// How each tone looks, and which theme a terminal gets. The only file that names colours. Good is blue and
// bad is orange, which colour-blind people tell apart; no meaning is carried by colour alone, and nothing is
// faint: terminals make that as weak as they like.

import type { Tone } from "./line.ts";

export interface Look {
  readonly color?: string;
  readonly backgroundColor?: string;
  readonly bold?: boolean;
  readonly inverse?: boolean;
  readonly underline?: boolean;
}
export type Theme = Readonly<Record<Tone, Look>>;

/** All tones, in the order of the theme. */
export const TONES: readonly Tone[] = [
  "plain",
  "dim",
  "strong",
  "title",
  "head",
  "accent",
  "good",
  "busy",
  "bad",
  "key",
  "selected",
  "tab",
  "badge",
  "alarm",
  "hue0",
  "hue1",
  "hue2",
  "hue3",
  "hue4",
  "hue5",
];

/** In the order in which the key for it goes through them. */
export const THEME_NAMES = ["default", "light", "contrast", "mono"] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

/** Steps of red, green and blue in the cube. */
const STEPS = ["00", "5f", "87", "af", "d7", "ff"];

/** 256 colours and more, on dark: of the cube of 216, or of the 24 greys, that such terminals have. */
const RICH: Theme = sent({
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
});

/** The same on white. */
const LIGHT: Theme = sent({
  plain: {},
  dim: { color: "#5f5f5f" },
  strong: { bold: true },
  title: { color: "#ffffff", backgroundColor: "#005faf", bold: true },
  head: { color: "#005f87", bold: true },
  accent: { color: "#005f5f" },
  good: { color: "#005faf" },
  busy: { color: "#5f5f00" },
  bad: { color: "#af5f00", bold: true },
  key: { color: "#875f00", bold: true },
  selected: { color: "#ffffff", backgroundColor: "#005f87", bold: true },
  tab: { color: "#ffffff", backgroundColor: "#005faf", bold: true },
  badge: { color: "#000000", backgroundColor: "#ffd75f", bold: true },
  alarm: { color: "#ffffff", backgroundColor: "#af5f00", bold: true },
  hue0: { color: "#005faf" },
  hue1: { color: "#875f00" },
  hue2: { color: "#005f5f" },
  hue3: { color: "#5f00af" },
  hue4: { color: "#5f5f00" },
  hue5: { color: "#00005f" },
});

/** Seven times as bright as what is behind it, everywhere; on dark. */
const CONTRAST: Theme = sent({
  plain: { color: "#ffffff" },
  dim: { color: "#bcbcbc" },
  strong: { color: "#ffffff", bold: true },
  title: { color: "#000000", backgroundColor: "#ffffff", bold: true },
  head: { color: "#ffffff", bold: true, underline: true },
  accent: { color: "#5fffff" },
  good: { color: "#87d7ff" },
  busy: { color: "#ffff5f" },
  bad: { color: "#ffaf5f", bold: true, underline: true },
  key: { color: "#ffff5f", bold: true },
  selected: { color: "#000000", backgroundColor: "#87d7ff", bold: true },
  tab: { color: "#000000", backgroundColor: "#ffffff", bold: true },
  badge: { color: "#000000", backgroundColor: "#ffff5f", bold: true },
  alarm: { color: "#000000", backgroundColor: "#ffaf5f", bold: true },
  hue0: { color: "#87d7ff" },
  hue1: { color: "#ffaf5f" },
  hue2: { color: "#5fffff" },
  hue3: { color: "#d7afff" },
  hue4: { color: "#ffff5f" },
  hue5: { color: "#ffffff" },
});

/**
 * The theme with the numbers of its colours: what makes a number of `#rrggbb` by itself takes the steps of
 * the cube for even ones, and misses by one.
 */
function sent(theme: Theme): Theme {
  const looks = Object.entries(theme).map(([tone, { color, backgroundColor, ...rest }]) => [
    tone,
    {
      ...rest,
      ...(color !== undefined && { color: numbered(color) }),
      ...(backgroundColor !== undefined && { backgroundColor: numbered(backgroundColor) }),
    },
  ]);
  return Object.fromEntries(looks) as Theme;
}

function numbered(colour: string): string {
  const [red = -1, green = -1, blue = -1] = [1, 3, 5].map((at) => STEPS.indexOf(colour.slice(at, at + 2)));
  if (Math.min(red, green, blue) >= 0) return `ansi256(${16 + red * 36 + green * 6 + blue})`;
  return `ansi256(${232 + Math.round((Number.parseInt(colour.slice(1, 3), 16) - 8) / 10)})`;
}

/** The sixteen colours that every terminal has, whatever they are there. */
const BASIC: Theme = {
  plain: {},
  dim: {},
  strong: { bold: true },
  title: { color: "black", backgroundColor: "cyan" },
  head: { color: "cyan", bold: true },
  accent: { color: "cyan" },
  good: { color: "cyanBright" },
  busy: { color: "yellowBright" },
  bad: { color: "redBright", bold: true },
  key: { color: "yellowBright", bold: true },
  selected: { inverse: true, bold: true },
  tab: { color: "black", backgroundColor: "white" },
  badge: { color: "black", backgroundColor: "yellowBright" },
  alarm: { color: "whiteBright", backgroundColor: "red", bold: true },
  hue0: { color: "cyan" },
  hue1: { color: "yellowBright" },
  hue2: { color: "cyanBright" },
  hue3: { color: "magentaBright" },
  hue4: { color: "green" },
  hue5: { color: "white" },
};

/** Those of them that are read on white. */
const BASIC_LIGHT: Theme = {
  ...BASIC,
  title: { color: "whiteBright", backgroundColor: "blue" },
  head: { color: "blue", bold: true },
  accent: { color: "blue" },
  good: { color: "blue" },
  busy: { color: "magenta" },
  bad: { color: "red", bold: true },
  key: { bold: true },
  tab: { color: "whiteBright", backgroundColor: "blue" },
  hue0: { color: "blue" },
  hue1: { color: "red" },
  hue2: { color: "black" },
  hue3: { color: "magenta" },
  hue4: { color: "blue" },
  hue5: { color: "black" },
};

/** No colours: weight and inversion only. */
const MONO: Theme = {
  plain: {},
  dim: {},
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

type Environment = Readonly<Record<string, string | undefined>>;

/** The name of the theme where nobody names one: what the terminal says of its background. */
export function themeFor(environment: Environment): ThemeName {
  const background = environment["COLORFGBG"]?.split(";").at(-1);
  return background === "7" || background === "15" ? "light" : "default";
}

/** With colours of somebody's own over those of a theme that has some. */
export function withColours(theme: Theme, colours: Partial<Theme> = {}): Theme {
  if (theme === MONO) return theme;
  const own = Object.entries(colours).map(([tone, look]) => [tone, { ...theme[tone as Tone], ...look }]);
  return { ...theme, ...(Object.fromEntries(own) as Partial<Theme>) };
}

/** By its name, and by `NO_COLOR`, `TERM` and `COLORTERM`, which say what the terminal may be sent. */
export function chooseTheme(environment: Environment, name: ThemeName = themeFor(environment)): Theme {
  const noColour = environment["NO_COLOR"];
  const term = environment["TERM"] ?? "";
  const isPlain = (noColour !== undefined && noColour !== "") || term === "dumb";
  if (isPlain || name === "mono") return MONO;
  const rich = /256|direct|truecolor|kitty|alacritty|ghostty|wezterm/.test(term) || environment["COLORTERM"];
  if (!rich) return name === "contrast" ? MONO : name === "light" ? BASIC_LIGHT : BASIC;
  return name === "contrast" ? CONTRAST : name === "light" ? LIGHT : RICH;
}
