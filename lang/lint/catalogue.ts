// Every page of the catalogues in one list, by code: what `vbus explain` and the manual tell.

import { codePages } from "../codes.ts";
import { IMPORT_CODES } from "../codes/imports.ts";
import { SNAPSHOT_CODES } from "../codes/snapshots.ts";
import type { CodePage } from "../codes/page.ts";
import { TEST_CODES } from "../testing/codes.ts";
import { LINT_CODES } from "./codes.ts";

const PAGES: readonly CodePage[] = [
  ...codePages(),
  ...LINT_CODES,
  ...TEST_CODES,
  ...IMPORT_CODES,
  ...SNAPSHOT_CODES,
].toSorted((a, b) => (a.code < b.code ? -1 : 1));

/** Text, names and types, values, the graph, lints, tests, imports: every page, by code. */
export const allPages = (): readonly CodePage[] => PAGES;

/** The page of a code however it is written: `VB2004`, `vb2004`, `2004`. */
export function pageOf(code: string): CodePage | undefined {
  const wanted = normal(code);
  return PAGES.find((page) => page.code === wanted);
}

const normal = (code: string): string => code.toUpperCase().replace(/^(?:VB)?(?=\d)/, "VB");

/** The code that was most likely meant: most signs in common from the front, then the closest number. */
export function nearestCode(code: string): string {
  const wanted = normal(code);
  const number = Number.parseInt(wanted.replace(/\D/g, ""), 10) || 0;
  const common = (other: string): number => {
    let length = 0;
    while (length < other.length && other[length] === wanted[length]) length++;
    return length;
  };
  const distance = (other: string): number => Math.abs(Number(other.slice(2)) - number);
  const best = PAGES.toSorted(
    (a, b) => common(b.code) - common(a.code) || distance(a.code) - distance(b.code),
  );
  return best[0]?.code ?? "";
}
