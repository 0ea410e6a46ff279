// `vbus why`: where the values of a thing came from. Secrets stay hidden.

import path from "node:path";
import { askFile } from "../../interpreter/index.ts";
import {
  diagnosticsJson,
  explainValues,
  renderDiagnostics,
  showValue,
  valueJson,
  type Explained,
  type JsonPlace,
  type Provenance,
} from "../../lang/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { sourceOf, type SourceOptions } from "../source-options.ts";
import type { Terminal } from "../terminal.ts";
import { tableText } from "../text.ts";

export const WHY_SCHEMA = 1;

export async function why(
  { terminal }: Context,
  address: string,
  file: string | undefined,
  options: SourceOptions & { readonly json?: boolean },
): Promise<Exit> {
  const told = await askFile(sourceOf(file, options), (world, input) => explainValues(world, input, address));
  const { thing, diagnostics, sources } = told;
  if (!told.ok) {
    if (options.json) {
      const record = { schema: WHY_SCHEMA, ok: false, diagnostics: diagnosticsJson(diagnostics, sources) };
      terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
    } else {
      const look = { colour: terminal.colour, width: terminal.columns };
      terminal.err(renderDiagnostics(diagnostics, sources, look));
    }
    return EXIT.invalid;
  }
  if (!thing) {
    const close = told.nearest === undefined ? "" : ` Did you mean \`${told.nearest}\`?`;
    throw new UsageError(`Nothing has the address \`${address}\`.${close}`);
  }
  if (options.json) {
    const { attributes, ...head } = thing;
    const record = { schema: WHY_SCHEMA, ok: true, ...head, attributes: attributes.map(asRecord) };
    terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
  } else {
    terminal.out(whyText(thing, terminal));
  }
  return EXIT.done;
}

const asRecord = ({ value, from, ...rest }: Provenance): Record<string, unknown> => ({
  ...rest,
  value: valueJson(value),
  from: from.map(asRecord),
});

const VALUE_MAX = 40;

function whyText(thing: Explained, terminal: Terminal): string {
  const what = thing.class === undefined ? thing.kind : `${thing.kind} of class ${thing.class}`;
  const head = `${terminal.paint("bold", thing.address)}  ${what}, declared at ${placeText(thing.place)}\n\n`;
  const rows = thing.attributes.flatMap((attribute) => rowsOf(attribute, 0));
  return head + tableText(rows.map((row) => ["", ...row]));
}

/** Name, value, and where it came from; below it, indented, what it was made from. */
function rowsOf(from: Provenance, depth: number): string[][] {
  const text = showValue(from.value);
  const value = [...text].length > VALUE_MAX ? `${[...text].slice(0, VALUE_MAX - 3).join("")}...` : text;
  const lead = depth === 0 ? "" : `${"  ".repeat(depth - 1)}└ `;
  return [[lead + from.name, value, howText(from)], ...from.from.flatMap((part) => rowsOf(part, depth + 1))];
}

function howText({ how, note, place }: Provenance): string {
  const at = place === undefined ? "" : ` ${placeText(place)}`;
  switch (how) {
    case "set":
      return `set${at}`;
    case "default":
      return `default${at}`;
    case "derived":
      return `derived${at}`;
    case "allocated":
      return `allocated ${note ?? ""}`.trim();
    case "given":
      return `given by ${note ?? "the caller"}, declared${at}`;
    case "variable":
      return "of the loop";
  }
}

function placeText({ file, line, column }: JsonPlace): string {
  const near = path.relative("", file);
  const shown = file.startsWith("std:") || near.startsWith("..") ? file : near;
  return `${shown}:${line}:${column}`;
}
