// Diagnostics as commands show them: text for people, a record for programs.

import type { Verdict } from "../../interpreter/index.ts";
import { diagnosticsJson, renderDiagnostics, type RenderOptions } from "../../lang/index.ts";
import type { Terminal } from "../terminal.ts";

const CHECK_SCHEMA = 1;

/** What a reading found. */
type Found = Pick<Verdict, "diagnostics" | "sources">;

/** Prints what was found, for people. Nothing where nothing was. */
export function showDiagnostics(terminal: Terminal, checked: Found): void {
  terminal.err(diagnosticsText(checked, { colour: terminal.colour, width: terminal.columns }));
}

/** The same as text; empty where nothing was found. */
export function diagnosticsText({ diagnostics, sources }: Found, options: RenderOptions): string {
  return diagnostics.length === 0 ? "" : renderDiagnostics(diagnostics, sources, options);
}

/** The record that `--json` prints. */
export function diagnosticsRecord({ diagnostics, sources }: Found): Record<string, unknown> {
  return {
    schema: CHECK_SCHEMA,
    ok: diagnostics.every(({ severity }) => severity !== "error"),
    diagnostics: diagnosticsJson(diagnostics, sources),
  };
}
