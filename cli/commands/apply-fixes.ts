// `vbus check --fix`: puts the fixes of diagnostics into the project's files, until nothing changes.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { judgeFile, type Source, type Verdict } from "../../interpreter/index.ts";
import { applyFixes } from "../../lang/index.ts";

/** One fix may uncover a mistake that has another. */
const ROUNDS_MAX = 10;

export interface Fixed {
  /** As seen from the working folder. */
  readonly file: string;
  readonly code: string;
  readonly title: string;
}

/** Fixes what can be fixed; answers what was done and what the files say then. Never touches `std:`. */
export async function fixFiles(
  source: Source,
): Promise<{ readonly checked: Verdict; readonly fixed: readonly Fixed[] }> {
  const fixed: Fixed[] = [];
  let checked = await judgeFile(source);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const files = applyFixes(checked.diagnostics, checked.sources);
    if (files.length === 0) break;
    for (const { file, text, applied } of files) {
      writeFileSync(file, text);
      const name = path.relative("", file);
      fixed.push(...applied.map(({ code, title }) => ({ file: name, code, title })));
    }
    checked = await judgeFile(source);
  }
  return { checked, fixed };
}
