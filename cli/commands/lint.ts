// `vbus lint`: what works, and most likely is not what was meant. Changes nothing.

import { realpathSync } from "node:fs";
import { judgeFile } from "../../interpreter/index.ts";
import {
  diagnosticsJson,
  lint as lintProject,
  lintNames,
  nearestLint,
  renderDiagnostics,
  type LintOptions,
} from "../../lang/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { sourceOf, type SourceOptions } from "../source-options.ts";
import { counted } from "../text.ts";
import { diagnosticsRecord, showDiagnostics } from "./diagnostics-record.ts";

export const LINT_SCHEMA = 1;

export interface LintCommandOptions extends SourceOptions, LintOptions {
  readonly json?: boolean;
}

export async function lint(
  { terminal }: Context,
  file: string | undefined,
  options: LintCommandOptions,
): Promise<Exit> {
  knownLints(options);
  const source = sourceOf(file, options);
  const checked = await judgeFile(source);
  if (checked.diagnostics.some(({ severity }) => severity === "error")) {
    if (options.json) terminal.out(`${JSON.stringify(diagnosticsRecord(checked), undefined, 2)}\n`);
    else showDiagnostics(terminal, checked);
    return EXIT.invalid;
  }
  const { sources } = checked;
  const diagnostics = lintProject({ sources, root: realpathSync(source.file) }, options);
  const denied = diagnostics.filter(({ severity }) => severity === "error").length;
  if (options.json) {
    const record = {
      schema: LINT_SCHEMA,
      ok: denied === 0,
      diagnostics: diagnosticsJson(diagnostics, sources),
    };
    terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
  } else {
    const look = { colour: terminal.colour, width: terminal.columns };
    if (diagnostics.length > 0) terminal.err(`${renderDiagnostics(diagnostics, sources, look)}\n`);
    const told = diagnostics.length === 0 ? "nothing suspicious" : counted(diagnostics.length, "lint");
    terminal.err(`${source.file}: ${told}${denied > 0 ? `, ${denied} denied` : ""}\n`);
  }
  return denied > 0 ? EXIT.failed : EXIT.done;
}

/** Throws where a name is of no lint. */
export function knownLints({ disable = [], deny = [] }: LintOptions): void {
  const name = [...disable, ...deny].find((one) => !lintNames().includes(one));
  if (name === undefined) return;
  const meant = nearestLint(name);
  const hint = meant === undefined ? `Lints are ${lintNames().join(", ")}.` : `Did you mean ${meant}?`;
  throw new UsageError(`There is no lint ${name}. ${hint}`);
}
