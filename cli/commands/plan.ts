// `vbus plan`: what `up` or a save would do now. Changes nothing.

import { planFile, printPlan } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { sourceOf, type SourceOptions } from "../source-options.ts";
import { diagnosticsRecord, showDiagnostics } from "./diagnostics-record.ts";

export interface PlanOptions extends SourceOptions {
  readonly json?: boolean;
  readonly detailedExitcode?: boolean;
}

export async function plan(
  { terminal }: Context,
  file: string | undefined,
  options: PlanOptions,
): Promise<Exit> {
  const planned = await planFile(sourceOf(file, options));
  const made = planned.plan;
  if (!made) {
    if (options.json) terminal.out(`${JSON.stringify(diagnosticsRecord(planned), undefined, 2)}\n`);
    else showDiagnostics(terminal, planned);
    return EXIT.invalid;
  }
  showDiagnostics(terminal, planned);
  if (options.json) terminal.out(`${JSON.stringify(made, undefined, 2)}\n`);
  else terminal.out(printPlan(made));
  if (planned.refused !== undefined) terminal.err(`This would be refused: ${planned.refused}.\n`);
  return options.detailedExitcode && made.steps.length > 0 ? EXIT.changes : EXIT.done;
}
