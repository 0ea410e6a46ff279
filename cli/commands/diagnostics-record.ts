// Diagnostics as commands show them: text for people, a record for programs.

import type { Checked } from "../../interpreter/index.ts";
import { diagnosticsJson, renderDiagnostics, type RenderOptions } from "../../lang/index.ts";
import type { Terminal } from "../terminal.ts";

const CHECK_SCHEMA = 1;

/** Prints what was found, for people. Nothing where nothing was. */
export function showDiagnostics(terminal: Terminal, checked: Checked): void {
  terminal.err(diagnosticsText(checked, { colour: terminal.colour, width: terminal.columns }));
}

/** The same as text; empty where nothing was found. */
export function diagnosticsText({ diagnostics, sources }: Checked, options: RenderOptions): string {
  return diagnostics.length === 0 ? "" : renderDiagnostics(diagnostics, sources, options);
}

/** The record that `--json` prints. */
export function diagnosticsRecord({ model, diagnostics, sources }: Checked): Record<string, unknown> {
  return {
    schema: CHECK_SCHEMA,
    ok: model !== undefined,
    diagnostics: diagnosticsJson(diagnostics, sources),
  };
}
