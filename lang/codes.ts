// The catalogue of all diagnostics: what `vbus explain` tells.

import { GRAPH_CODES } from "./codes/graph.ts";
import { NAME_CODES } from "./codes/names.ts";
import type { CodePage } from "./codes/page.ts";
import { VALUE_CODES } from "./codes/values.ts";
import { SYNTAX_CODES } from "./syntax/index.ts";

export type { CodePage } from "./codes/page.ts";

const PAGES: readonly CodePage[] = [...SYNTAX_CODES.values(), ...NAME_CODES, ...VALUE_CODES, ...GRAPH_CODES];

/** The page of a code such as `VB2004`, or undefined. */
export const explainCode = (code: string): CodePage | undefined => PAGES.find((page) => page.code === code);

/** Every page, by code. */
export const codePages = (): readonly CodePage[] => PAGES;
