// Plans in files: made by `plan --out`, applied by `apply FILE`. Secrets are not in them; what they were made
// from is, as digests that only the lab can check.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Bound, Plan, Selection } from "../interpreter/index.ts";
import { UsageError } from "./context.ts";
import type { SelectionOptions } from "./source-options.ts";

const SAVED_SCHEMA = 1;
const WHAT = "vbus saved plan";

export interface SavedPlan {
  readonly what: typeof WHAT;
  readonly schema: typeof SAVED_SCHEMA;
  /** Real path of the root file. */
  readonly file: string;
  readonly selection: Selection;
  readonly bound: Bound;
  readonly plan: Plan;
}

/** A file that is no text of the language, and no folder. */
export function isSavedPlan(named: string): boolean {
  if (named.endsWith(".vbus")) return false;
  return statSync(named, { throwIfNoEntry: false })?.isFile() ?? named.endsWith(".plan");
}

/** For its owner alone (0600). */
export function writeSavedPlan(to: string, saved: Omit<SavedPlan, "what" | "schema">): void {
  const text = JSON.stringify({ what: WHAT, schema: SAVED_SCHEMA, ...saved }, undefined, 2);
  try {
    writeFileSync(to, `${text}\n`, { mode: 0o600 });
  } catch {
    throw new UsageError(`The plan can't be written to ${to}.`);
  }
}

export function readSavedPlan(from: string, options: SelectionOptions): SavedPlan {
  if (options.target ?? options.exclude ?? options.replace)
    throw new UsageError("A saved plan already says what is meant: leave --target and its like out.");
  const saved = parse(from);
  if (saved?.what !== WHAT) throw new UsageError(`${from} is not a plan that \`vbus plan --out\` wrote.`);
  if (saved.schema !== SAVED_SCHEMA)
    throw new UsageError(`${from} was written by another version of vbus. Make it anew.`);
  if (!path.isAbsolute(saved.file) || typeof saved.bound !== "object")
    throw new UsageError(`${from} is damaged. Make it anew with \`vbus plan --out\`.`);
  return saved;
}

function parse(from: string): SavedPlan | undefined {
  let text: string;
  try {
    text = readFileSync(from, "utf8");
  } catch {
    throw new UsageError(`The plan ${from} can't be read.`);
  }
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null ? (found as SavedPlan) : undefined;
  } catch {
    return undefined;
  }
}
