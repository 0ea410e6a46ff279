// The options of commands that read a configuration: parameters from flags and from a file.

import { readFileSync } from "node:fs";
import { Option, type Command } from "commander";
import type { Disruption, Parameters, Selection, Source } from "../interpreter/index.ts";
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
  return { file: chooseFile(file), params: parametersOf(options) };
}

export function parametersOf(options: SourceOptions): Parameters {
  return {
    ...(options.param && { flags: options.param }),
    ...(options.params !== undefined && { values: readParams(options.params) }),
  };
}

/** A part of a lab. */
export interface SelectionOptions {
  readonly target?: readonly string[];
  readonly exclude?: readonly string[];
  readonly replace?: readonly string[];
}

const several = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** Adds `--target` and `--exclude`; for commands whose variables begin with `VBUS_NAME`. */
export function addPartOptions(command: Command): Command {
  const name = `VBUS_${command.name().toUpperCase()}`;
  return command
    .addOption(
      new Option("--target <address>", "only this and what it needs; may be given several times")
        .env(`${name}_TARGET`)
        .argParser(several),
    )
    .addOption(
      new Option("--exclude <address>", "not this, nor what needs it; may be given several times")
        .env(`${name}_EXCLUDE`)
        .argParser(several),
    );
}

/** The same, and `--replace`. */
export function addSelectionOptions(command: Command): Command {
  return addPartOptions(command).addOption(
    new Option("--replace <address>", "make this anew, also where nothing differs")
      .env(`VBUS_${command.name().toUpperCase()}_REPLACE`)
      .argParser(several),
  );
}

export function selectionOf({ target, exclude, replace }: SelectionOptions): Selection {
  return {
    ...(target && { targets: target }),
    ...(exclude && { excludes: exclude }),
    ...(replace && { replace }),
  };
}

/** Written out, and held complete by its type: the language's own list would load all of it for a help. */
const DISRUPTIONS: Readonly<Record<Disruption, true>> = {
  live: true,
  pause: true,
  restart: true,
  recreate: true,
  data_loss: true,
};

/** What an apply may disturb. */
export function maxDisruption(command: Command, otherwise?: Disruption): Command {
  const option = new Option("--max-disruption <class>", "what may be disturbed without a word")
    .choices(Object.keys(DISRUPTIONS))
    .env(`VBUS_${command.name().toUpperCase()}_MAX_DISRUPTION`);
  return command.addOption(otherwise === undefined ? option : option.default(otherwise));
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
