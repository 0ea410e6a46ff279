// `vbus fmt`: lays files out as everybody does. A file with syntax errors is not touched.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format, renderDiagnostics } from "../../lang/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { diffText } from "../diff-text.ts";
import { EXIT } from "../exit-codes.ts";
import { counted } from "../text.ts";

export interface FmtOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
}

const STDIN = "-";
const STDIN_NAME = "<stdin>";

export function fmt(context: Context, named: readonly string[], options: FmtOptions): Exit {
  const fromStdin = named.length === 0 ? !process.stdin.isTTY : named.includes(STDIN);
  if (fromStdin) {
    if (named.length > 1) throw new UsageError("`-` is the standard input: no files beside it.");
    const text = readFileSync(0);
    // In CI nobody types and nothing is piped: what is to be checked is this folder then, as on a terminal.
    const isNothing = text.length === 0 && named.length === 0 && options.check === true;
    if (!isNothing) return formatStdin(context, text, options);
  }
  return formatFiles(context, filesOf(named.length === 0 ? ["."] : named), options);
}

function formatStdin(context: Context, text: Uint8Array, { check, diff }: FmtOptions): Exit {
  const before = decode(text, STDIN_NAME);
  const after = formatted(context, STDIN_NAME, before);
  if (after === undefined) return EXIT.invalid;
  if (diff) context.terminal.out(diffText(STDIN_NAME, before, after));
  else if (check) context.terminal.out(after === before ? "" : `${STDIN_NAME}\n`);
  else context.terminal.out(after);
  return check && after !== before ? EXIT.failed : EXIT.done;
}

function formatFiles(context: Context, files: readonly string[], { check, diff }: FmtOptions): Exit {
  const { terminal } = context;
  let [changed, broken] = [0, 0];
  for (const file of files) {
    const before = decode(readFileSync(file), file);
    const after = formatted(context, file, before);
    if (after === undefined) broken++;
    if (after === undefined || after === before) continue;
    changed++;
    if (diff) terminal.out(diffText(file, before, after));
    else terminal.out(`${file}\n`);
    if (!check && !diff) writeFileSync(file, after);
  }
  const what = check || diff ? "would be formatted" : "formatted";
  terminal.err(`${changed} of ${counted(files.length, "file")} ${what}\n`);
  if (broken > 0) return EXIT.invalid;
  return check && changed > 0 ? EXIT.failed : EXIT.done;
}

/** Shows what is wrong with the syntax, and answers nothing then. */
function formatted({ terminal }: Context, file: string, text: string): string | undefined {
  const result = format(file, text);
  if ("text" in result) return result.text;
  const look = { colour: terminal.colour, width: terminal.columns };
  terminal.err(renderDiagnostics(result.diagnostics, new Map([[file, text]]), look));
  return undefined;
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError(`${file} is not UTF-8 text.`);
  }
}

/** Files as named, and the `.vbus` files of folders; each once, in order. */
function filesOf(named: readonly string[]): string[] {
  const found = named.flatMap((place) => {
    if (!existsSync(place)) throw new UsageError(`There is no file or folder ${place}.`);
    return statSync(place).isDirectory() ? filesBelow(place) : [place];
  });
  return [...new Set(found.map((file) => path.normalize(file)))];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const place = path.join(folder, entry.name);
      // Links are not followed: they may lead in circles.
      if (entry.isDirectory()) return isOurs(entry.name) ? filesBelow(place) : [];
      return entry.isFile() && entry.name.endsWith(".vbus") ? [place] : [];
    });
}

const isOurs = (name: string): boolean => !name.startsWith(".") && name !== "node_modules";
