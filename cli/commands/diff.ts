// `vbus diff`: what differs between two generations of a lab, or between one and what its file says.

import { diffGenerations, printPlan, type Side } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { sourceOf, type SourceOptions } from "../source-options.ts";
import { fileOfLab } from "../which-lab.ts";
import { diagnosticsRecord, showDiagnostics } from "./diagnostics-record.ts";

export interface DiffOptions extends SourceOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

export async function diff(
  { terminal }: Context,
  from: string | undefined,
  to: string | undefined,
  options: DiffOptions,
): Promise<Exit> {
  const file = await fileOfLab({ file: options.file, lab: options.lab });
  const [before, after] = sidesOf(from, to);
  const found = await diffGenerations(sourceOf(file, options), before, after);
  if (!("plan" in found)) {
    if (options.json) terminal.out(`${JSON.stringify(diagnosticsRecord(found), undefined, 2)}\n`);
    else showDiagnostics(terminal, found);
    return EXIT.invalid;
  }
  if (options.json) {
    const { schema, ...rest } = found.plan;
    terminal.out(`${JSON.stringify({ schema, from: found.from, to: found.to, ...rest }, undefined, 2)}\n`);
    return EXIT.done;
  }
  const names = [found.from, found.to].map((side) => (side === "file" ? "the file" : `generation ${side}`));
  terminal.err(`${names.join(" -> ")}\n`);
  if (found.plan.steps.length === 0) terminal.out("Nothing differs.\n");
  else terminal.out(printPlan(found.plan));
  return EXIT.done;
}

/** None: from what was applied last to the file; one: from it to what was applied last. */
function sidesOf(from: string | undefined, to: string | undefined): readonly [Side, Side] {
  if (from === undefined) return ["newest", "file"];
  return [sideIn(from), to === undefined ? "newest" : sideIn(to)];
}

function sideIn(text: string): Side {
  return text === "file" ? "file" : numberIn(text);
}

/** The number of a generation. */
export function numberIn(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new UsageError(
    `A generation is a number such as 3, as \`vbus generations\` lists them, not \`${text}\`.`,
  );
}
