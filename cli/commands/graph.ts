// `vbus graph`: a lab as a picture of what is joined to what, for a terminal, Mermaid or Graphviz.

import { askFile } from "../../interpreter/index.ts";
import { evaluate, renderDiagnostics } from "../../lang/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { asciiGraph } from "../graph/ascii.ts";
import { dotGraph, mermaidGraph } from "../graph/drawn.ts";
import { joinedOf } from "../graph/joined.ts";
import { sourceOf, type SourceOptions } from "../source-options.ts";

export const GRAPH_FORMATS = ["ascii", "mermaid", "dot"] as const;

/** Of a picture that goes into a file. */
const WIDTH_MAX = 120;

export async function graph(
  { terminal }: Context,
  file: string | undefined,
  options: SourceOptions & { readonly format: string },
): Promise<Exit> {
  const format = GRAPH_FORMATS.find((name) => name === options.format);
  if (!format) throw new UsageError(`--format is one of ${GRAPH_FORMATS.join(", ")}, not ${options.format}.`);
  // Only what the language says counts: a lab can be looked at before this version can run it.
  const { model, diagnostics, sources } = await askFile(sourceOf(file, options), evaluate);
  const look = { colour: terminal.colour, width: terminal.columns };
  if (diagnostics.length > 0) terminal.err(renderDiagnostics(diagnostics, sources, look));
  if (!model) return EXIT.invalid;
  const joined = joinedOf(model);
  const draw = {
    ascii: () => asciiGraph(joined, Math.min(terminal.columns, WIDTH_MAX)),
    mermaid: () => mermaidGraph(joined),
    dot: () => dotGraph(joined),
  };
  terminal.out(draw[format]());
  return EXIT.done;
}
