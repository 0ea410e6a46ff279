// All keys in one table, put together from the common ones and those of each view. The reducer, the footer
// and the help read it; no key is handled anywhere else.

import { COMMON_KEYS, OWN_VIEWS, PROMPT_KEYS, STEP_KEYS } from "./keys.ts";
import type { KeyEntry } from "./keys.ts";
import { PARTS } from "./views/all.ts";

/** The keys that show a view work in all the others. */
const SHOW_KEYS: readonly KeyEntry[] = PARTS.flatMap(({ view, key, help, footerModes }): KeyEntry[] => {
  if (key === undefined) return [];
  const modes = view === "help" ? OWN_VIEWS.filter((other) => other !== view) : OWN_VIEWS;
  const footer = footerModes === undefined ? {} : { footer: view, footerModes };
  return [{ keys: [key], shown: key, command: { do: "view", view }, help, ...footer, modes }];
});

/** In the order of the footer and the help. */
export const KEYS: readonly KeyEntry[] = [
  ...PROMPT_KEYS,
  ...STEP_KEYS,
  ...PARTS.flatMap(({ keys }) => keys),
  ...SHOW_KEYS.filter(({ command }) => command.do === "view" && command.view !== "help"),
  ...COMMON_KEYS.filter(({ command }) => command.do !== "leave"),
  ...SHOW_KEYS.filter(({ command }) => command.do === "view" && command.view === "help"),
  ...COMMON_KEYS.filter(({ command }) => command.do === "leave"),
];
