// `vbus import`: a containerlab topology, a compose file or a Kathará lab as a `.vbus` file that checks.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { diagnosticsJson, renderDiagnostics, type Evaluation } from "../../lang/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { checkMade } from "../import/check-made.ts";
import { IMAGE_CLASSES, type Choice } from "../import/images.ts";
import { FORMATS, importText, type Format } from "../import/import.ts";
import { counted } from "../text.ts";

export interface ImportOptions {
  readonly from?: string;
  readonly out?: string;
  readonly image?: readonly string[];
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Larger files are refused before they are read. */
const BYTES_MAX = 1 << 20;
const IMPORT_SCHEMA = 1;
/** A parameter that has no value: whoever runs the lab gives it. */
const TO_BE_GIVEN = "VB3007";

export async function importLab(context: Context, file: string, options: ImportOptions): Promise<Exit> {
  const { out, json } = options;
  if (out !== undefined && existsSync(out) && options.force !== true)
    throw new UsageError(`There is a ${out} already: --force writes over it.`);
  const text = readForeign(file);
  const from = formatOf(options.from);
  const imported = importText({
    file,
    text,
    choices: (options.image ?? []).map(choiceOf),
    sibling: (name) => siblingOf(file, name),
    ...(from !== undefined && { from }),
  });
  const told = await judge(file, { text: imported.text, out, diagnostics: imported.diagnostics });
  const sources = new Map([[file, text], ...told.sources]);
  const without = imported.text?.match(/no counterpart/g)?.length ?? 0;
  if (out !== undefined && imported.text !== undefined) write(out, imported.text);
  if (json) {
    const place = out === undefined ? { text: imported.text } : { file: out };
    const diagnostics = diagnosticsJson(told.diagnostics, sources);
    const record = { schema: IMPORT_SCHEMA, ok: told.isRight, from: imported.from, without, ...place };
    context.terminal.out(`${JSON.stringify({ ...record, diagnostics }, undefined, 2)}\n`);
  } else {
    if (out === undefined) context.terminal.out(imported.text ?? "");
    const look = { colour: context.terminal.colour, width: context.terminal.columns };
    context.terminal.err(renderDiagnostics(told.diagnostics, sources, look));
    if (imported.text !== undefined) context.terminal.err(summary(imported.from, without, out));
  }
  return told.isRight ? EXIT.done : EXIT.invalid;
}

type Made = Pick<Evaluation, "diagnostics"> & {
  readonly text: string | undefined;
  readonly out: string | undefined;
};
type Told = Pick<Evaluation, "diagnostics" | "sources"> & { readonly isRight: boolean };

/** What is wrong with the foreign file, or else with what was made of it. */
async function judge(file: string, { text, out, diagnostics }: Made): Promise<Told> {
  if (text === undefined) return { diagnostics, sources: new Map(), isRight: false };
  // Not there yet, or about to be written over.
  const made = await checkMade(out ?? `${file}.vbus`, text);
  const isRight = made.diagnostics.every(
    ({ severity, code }) => severity !== "error" || code === TO_BE_GIVEN,
  );
  return { diagnostics: made.diagnostics, sources: made.sources, isRight };
}

function readForeign(file: string): string {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const facts = statSync(file);
  if (!facts.isFile()) throw new UsageError(`${file} is no file.`);
  if (facts.size > BYTES_MAX) throw new UsageError(`${file} is larger than 1 MiB.`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch {
    throw new UsageError(`${file} can't be read as UTF-8 text.`);
  }
}

/** A file beside the foreign one, such as `pc1.startup`. */
function siblingOf(file: string, name: string): string | undefined {
  const sibling = path.join(path.dirname(file), path.basename(name));
  return existsSync(sibling) ? readForeign(sibling) : undefined;
}

function write(out: string, text: string): void {
  try {
    writeFileSync(out, text);
  } catch (error) {
    throw new UsageError(`${out} can't be written: ${(error as Error).message}.`);
  }
}

function formatOf(name: string | undefined): Format | undefined {
  const format = FORMATS.find((one) => one === name);
  if (name !== undefined && format === undefined)
    throw new UsageError(`--from is one of ${FORMATS.join(", ")}, not ${name}.`);
  return format;
}

/** `frr*=wasm:./frr.wasm` */
function choiceOf(text: string): Choice {
  const match = /^([^=]+)=(\w+):(.+)$/.exec(text);
  const [, name = "", klass = "", place = ""] = match ?? [];
  if (!match || !Object.hasOwn(IMAGE_CLASSES, klass))
    throw new UsageError(
      `--image takes NAME=CLASS:PATH, as in --image 'frr*=wasm:./router.wasm'; a class is one of ${Object.keys(IMAGE_CLASSES).join(", ")}.`,
    );
  return { name, class: klass, path: place };
}

function summary(from: Format | undefined, without: number, out: string | undefined): string {
  const left =
    without === 0 ? "everything has a counterpart" : `${counted(without, "comment")} on what has none`;
  const next = out === undefined ? "" : `next: vbus check ${out}, vbus graph ${out}, vbus up ${out}\n`;
  return `${out === undefined ? "" : `wrote ${out}: `}imported as ${from}: ${left}\n${next}`;
}
