// `vbus check`: reads a configuration and says what is wrong with it. Boots nothing.

import { judgeFile } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { fixFiles } from "./apply-fixes.ts";
import { sourceOf, type SourceOptions } from "../source-options.ts";
import { counted } from "../text.ts";
import { diagnosticsRecord, showDiagnostics } from "./diagnostics-record.ts";

export interface CheckOptions extends SourceOptions {
  readonly json?: boolean;
  readonly fix?: boolean;
}

export async function check(
  { terminal }: Context,
  file: string | undefined,
  options: CheckOptions,
): Promise<Exit> {
  const source = sourceOf(file, options);
  const { checked, fixed } = options.fix
    ? await fixFiles(source)
    : { checked: await judgeFile(source), fixed: [] };
  const { counts } = checked;
  if (options.json) {
    const record = { ...diagnosticsRecord(checked), ...(options.fix && { fixed }) };
    terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
  } else {
    for (const { file: name, code, title } of fixed) terminal.err(`fixed ${name}: ${title} (${code})\n`);
    showDiagnostics(terminal, checked);
    if (counts) terminal.err(`${terminal.paint("green", "ok", "err")} ${source.file}: ${summary(counts)}\n`);
  }
  return counts ? EXIT.done : EXIT.invalid;
}

/** "2 guests, 1 network, 2 devices". */
function summary(counts: Readonly<Record<string, number>>): string {
  const found = Object.entries(counts).filter(([kind]) => kind !== "lab");
  if (found.length === 0) return "an empty lab";
  return found.map(([kind, count]) => counted(count, kind)).join(", ");
}
