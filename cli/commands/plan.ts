// `vbus plan`: what `up`, `apply` or a save would do now. Changes nothing.

import { realpathSync } from "node:fs";
import { OperationError, planFile, printPlan, type Planned } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { writeSavedPlan } from "../saved-plan.ts";
import { selectionOf, sourceOf, type SelectionOptions, type SourceOptions } from "../source-options.ts";
import type { Style } from "../terminal.ts";
import { diagnosticsRecord, showDiagnostics } from "./diagnostics-record.ts";

export interface PlanOptions extends SourceOptions, SelectionOptions {
  readonly json?: boolean;
  readonly detailedExitcode?: boolean;
  readonly out?: string;
}

export async function plan(
  { terminal }: Context,
  file: string | undefined,
  options: PlanOptions,
): Promise<Exit> {
  const source = sourceOf(file, options);
  const planned = await planFile(source, selectionOf(options));
  const made = planned.plan;
  if (!made) {
    if (options.json) terminal.out(`${JSON.stringify(diagnosticsRecord(planned), undefined, 2)}\n`);
    else showDiagnostics(terminal, planned);
    return EXIT.invalid;
  }
  showDiagnostics(terminal, planned);
  if (options.json) terminal.out(`${JSON.stringify(made, undefined, 2)}\n`);
  else terminal.out(painted(printPlan(made), (style, text) => terminal.paint(style, text)));
  if (options.out !== undefined) {
    keep(options.out, source.file, planned, options);
    terminal.err(`kept in ${options.out}: vbus apply ${options.out}\n`);
  }
  if (planned.refused !== undefined) terminal.err(`This would be refused: ${planned.refused}.\n`);
  return options.detailedExitcode && made.steps.length > 0 ? EXIT.changes : EXIT.done;
}

/** Only a running lab can say what a plan was made from. */
function keep(to: string, file: string, { plan: made, bound }: Planned, options: PlanOptions): void {
  if (bound === undefined || made === undefined) {
    const message = "Only the plan of a running lab can be kept: this one starts from nothing.";
    throw new OperationError("not-running", message, "Start it with `vbus up`.");
  }
  writeSavedPlan(to, { file: realpathSync(file), selection: selectionOf(options), bound, plan: made });
}

const COLOURS: readonly (readonly [RegExp, Style])[] = [
  [/^ *\+ create/, "green"],
  [/^ *- destroy/, "red"],
  [/^ *(~ change|-\/\+ re\w+)/, "yellow"],
  [/^warning:/, "yellow"],
];

function painted(text: string, paint: (style: Style, text: string) => string): string {
  return text
    .split("\n")
    .map((line) => {
      const found = COLOURS.find(([mark]) => mark.test(line));
      return found === undefined ? line : line.replace(found[0], (mark) => paint(found[1], mark));
    })
    .join("\n");
}
