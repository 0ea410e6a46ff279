// Labs of other tools as text of the language. Pure: texts in, a text and diagnostics out.

import path from "node:path";
import type { Diagnostic } from "../../lang/index.ts";
import { Topology } from "./clab.ts";
import { Compose } from "./compose.ts";
import type { Draft } from "./draft.ts";
import { Kathara, type Beside } from "./kathara.ts";
import { Report } from "./report.ts";
import { readYaml, type Tree } from "./tree.ts";
import { write } from "./write.ts";

export const FORMATS = ["containerlab", "compose", "kathara"] as const;
export type Format = (typeof FORMATS)[number];

export interface Foreign extends Beside {
  /** What the file is called: in diagnostics, in the text, and where its format is not said. */
  readonly file: string;
  readonly text: string;
  readonly from?: Format;
}

export interface Imported {
  readonly from?: Format;
  /** Absent where the file is wrong. */
  readonly text?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a foreign file. A mistake in it is a diagnostic, never an exception. */
export function importText(foreign: Foreign): Imported {
  const report = new Report(foreign.file, foreign.text);
  const { from, draft } = readDraft(foreign, report);
  if (from === undefined || draft === undefined || report.diagnostics.length > 0)
    return { ...(from !== undefined && { from }), diagnostics: report.diagnostics };
  draft.notes.unshift(`Imported from ${path.basename(foreign.file)} (${from}).`);
  return { from, text: write("imported.vbus", draft), diagnostics: [] };
}

interface Read {
  readonly from?: Format;
  readonly draft?: Draft;
}

function readDraft(foreign: Foreign, report: Report): Read {
  const named = foreign.from ?? formatOfName(foreign.file);
  if (named === "kathara") return { from: named, draft: new Kathara(foreign.text, report, foreign).draft };
  const tree = readYaml(foreign.text, report);
  if (tree === undefined) return named === undefined ? {} : { from: named };
  const from = named ?? formatOfContent(tree);
  if (from === undefined) {
    const message = "This is neither a containerlab topology nor a compose file.";
    report.error("VB7005", [0, 1], message, `Say what it is: --from ${FORMATS.join(", --from ")}.`);
    return {};
  }
  const draft =
    from === "compose"
      ? new Compose(tree, report, foreign.choices).draft
      : new Topology(tree, report, foreign.choices).draft;
  return { from, draft };
}

function formatOfName(file: string): Format | undefined {
  const name = path.basename(file).toLowerCase();
  if (/\.clab\.ya?ml$/.test(name)) return "containerlab";
  if (/^(docker-)?compose(\..+)?\.ya?ml$/.test(name)) return "compose";
  return name === "lab.conf" ? "kathara" : undefined;
}

function formatOfContent(tree: Tree): Format | undefined {
  if (tree.is !== "map") return undefined;
  if (tree.entries.has("topology")) return "containerlab";
  return tree.entries.has("services") ? "compose" : undefined;
}
