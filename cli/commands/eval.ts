// `vbus eval`: the value of an expression in the scope of a configuration. Boots nothing.

import { askFile } from "../../interpreter/index.ts";
import {
  diagnosticsJson,
  evaluateExpression,
  renderDiagnostics,
  showValue,
  valueJson,
} from "../../lang/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { sourceOf, type SourceOptions } from "../source-options.ts";

export const EVAL_SCHEMA = 1;

export async function evaluateCommand(
  { terminal }: Context,
  expression: string,
  file: string | undefined,
  options: SourceOptions & { readonly json?: boolean },
): Promise<Exit> {
  const answer = await askFile(sourceOf(file, options), (world, input) =>
    evaluateExpression(world, input, expression),
  );
  const { value, type, diagnostics, sources } = answer;
  if (options.json) {
    const record = {
      schema: EVAL_SCHEMA,
      ok: value !== undefined,
      ...(value && { type, value: valueJson(value), text: showValue(value) }),
      diagnostics: diagnosticsJson(diagnostics, sources),
    };
    terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
  } else {
    const look = { colour: terminal.colour, width: terminal.columns };
    if (diagnostics.length > 0) terminal.err(renderDiagnostics(diagnostics, sources, look));
    if (value) terminal.out(`${showValue(value)}\n`);
  }
  return value ? EXIT.done : EXIT.invalid;
}
