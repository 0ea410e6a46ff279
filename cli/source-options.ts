// The options of commands that read a configuration: parameters from flags and from a file.

import { readFileSync } from "node:fs";
import { Option, type Command } from "commander";
import type { Source } from "../interpreter/index.ts";
import { UsageError } from "./context.ts";
import { chooseFile } from "./choose-file.ts";

export interface SourceOptions {
  readonly param?: Readonly<Record<string, string>>;
  readonly params?: string;
}

/** Adds `-p name=value` and `--params FILE`. */
export function addSourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-p, --param <name=value>", "a parameter's value; may be given several times").argParser(
        (text: string, before: Record<string, string> | undefined) => {
          const at = text.indexOf("=");
          // What was written is not repeated: it may be a secret with its name left out.
          if (at < 1) throw new UsageError("-p takes NAME=VALUE, as in `-p replicas=3`.");
          return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
        },
      ),
    )
    .addOption(new Option("--params <file>", "parameters from a JSON file").env("VBUS_PARAMS"));
}

export function sourceOf(file: string | undefined, options: SourceOptions): Source {
  return {
    file: chooseFile(file),
    params: {
      ...(options.param && { flags: options.param }),
      ...(options.params !== undefined && { values: readParams(options.params) }),
    },
  };
}

function readParams(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UsageError(`The parameter file ${file} can't be read.`);
  }
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values === "object" && values !== null && !Array.isArray(values)) {
      return values as Record<string, unknown>;
    }
  } catch (error) {
    throw new UsageError(`The parameter file ${file} is not JSON${placeOf(error, text)}.`);
  }
  throw new UsageError(`The parameter file ${file} must hold one JSON object, a member for each parameter.`);
}

/** Where the text stops being JSON. The parser's own sentence quotes what is there: it may be a secret. */
function placeOf(error: unknown, text: string): string {
  const at = /at position (\d+)/.exec((error as Error).message)?.[1];
  if (at === undefined) return "";
  const before = text.slice(0, Number(at)).split("\n");
  return `: see line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
