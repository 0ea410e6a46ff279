// Lints: what works, and most likely is not what was meant. All are warnings; who calls may make errors of
// some.

import type { Diagnostic } from "../diagnostics.ts";
import { nearest } from "../resolve/nearest.ts";
import { parse } from "../syntax/index.ts";
import { LINT_CODES } from "./codes.ts";
import { constantConditions } from "./constants.ts";
import { impliedOrders } from "./implied.ts";
import { literalSecrets } from "./secrets.ts";
import { suppressions } from "./suppress.ts";
import { suspiciousUnits } from "./units.ts";
import { nameLints } from "./unused.ts";

export interface LintInput {
  /**
   * The texts of the project, by file, without syntax errors. Those of the standard library are left alone.
   */
  readonly sources: ReadonlyMap<string, string>;
  /** The root module: its file, or its folder. */
  readonly root: string;
}

export interface LintOptions {
  /** Codes or names that are not told. */
  readonly disable?: readonly string[];
  /** Codes or names that are told as errors; `all` is every one. */
  readonly deny?: readonly string[];
}

/** What the project's own files could be wrong about, by file and place. */
export function lint({ sources, root }: LintInput, options: LintOptions = {}): Diagnostic[] {
  const files = [...sources].filter(([file]) => !file.startsWith("std:"));
  const parsed = files.map(([file, text]) => ({ text, ...parse(file, text) }));
  const modules = parsed.map(({ module }) => module);
  const found = [
    ...nameLints(modules, root, sources),
    ...parsed.flatMap(({ module, text }) => [
      ...suspiciousUnits(module),
      ...literalSecrets(module),
      ...constantConditions(module, text),
      ...impliedOrders(module, text),
    ]),
  ];
  const off = parsed.map(({ module, comments }) => suppressions(module, comments));
  const left = found.filter((one) => !off.some(({ hides }) => hides(one)));
  const told = [...left, ...off.flatMap(({ diagnostics }) => diagnostics)];
  const [disabled, denied] = [codesOf(options.disable), codesOf(options.deny)];
  return told
    .filter(({ code }) => !disabled.has(code))
    .map((one) => (denied.has(one.code) ? { ...one, severity: "error" as const } : one))
    .toSorted(byPlace);
}

const byPlace = (a: Diagnostic, b: Diagnostic): number =>
  a.span.file === b.span.file ? a.span.start - b.span.start : a.span.file < b.span.file ? -1 : 1;

/** Codes and names of lints, and `all`: what `disable` and `deny` take. */
export const lintNames = (): string[] => [...LINT_CODES.flatMap(({ code, name }) => [code, name]), "all"];

/** The one that was most likely meant by something else. */
export const nearestLint = (name: string): string | undefined => nearest(name, lintNames());

function codesOf(names: readonly string[] = []): ReadonlySet<string> {
  const wanted = new Set(names);
  const chosen = LINT_CODES.filter(
    ({ code, name }) => wanted.has("all") || wanted.has(code) || wanted.has(name),
  );
  return new Set(chosen.map(({ code }) => code));
}
