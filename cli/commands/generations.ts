// `vbus generations`: the applies of a lab that are remembered, or the texts of one of them.

import { HISTORY_SCHEMA, readGenerations, readTexts, type GenerationHead } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { tableText } from "../text.ts";
import { fileOfLab } from "../which-lab.ts";
import { numberIn } from "./diff.ts";

export interface GenerationsOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly texts?: string;
  readonly file?: string;
  readonly lab?: string;
}

const HEAD = ["GENERATION", "TIME", "BY", "CHANGES", "SOURCE", ""];

export async function generations(
  { terminal }: Context,
  file: string | undefined,
  options: GenerationsOptions,
): Promise<Exit> {
  const source = { file: await fileOfLab({ file: file ?? options.file, lab: options.lab }) };
  if (options.texts !== undefined) {
    const texts = [...(await readTexts(source, numberIn(options.texts)))];
    if (options.json) {
      const files = texts.map(([name, text]) => ({ file: name, text }));
      terminal.out(`${JSON.stringify({ schema: HISTORY_SCHEMA, files }, undefined, 2)}\n`);
    } else for (const [name, text] of texts) terminal.out(`// ${name}\n${text}`);
    return EXIT.done;
  }
  const all = await readGenerations(source);
  if (options.json) {
    const record = { schema: HISTORY_SCHEMA, file: source.file, generations: all };
    terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
  } else if (options.plain) terminal.out(all.map((one) => `${row(one).join("\t")}\n`).join(""));
  else if (all.length === 0) terminal.err("No generation is kept: the lab was never applied.\n");
  else terminal.out(tableText([HEAD, ...all.map(row)]));
  return EXIT.done;
}

function row({ number, time, actor, changes, sourceDigest, origin }: GenerationHead): string[] {
  const what = origin === undefined ? "" : `back to ${origin}`;
  return [String(number), time, actor, changes?.toString() ?? "-", sourceDigest.slice(0, 12), what];
}
