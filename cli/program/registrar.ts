// What the files of this folder register commands with. Commands themselves are loaded when they are called.

import { Option, type Command } from "commander";
import type { Context, Exit } from "../context.ts";

export interface Registrar {
  readonly context: Context;
  /** A new command: its name with arguments, and what it does. */
  add(usage: string, about: string): Command;
  /** Runs a command's work and keeps its exit code. */
  run(work: Promise<Exit>): Promise<void>;
}

/** Takes whatever is said of a command that is not asked for. */
export const UNWANTED: Command = new Proxy<Partial<Command>>(
  { name: (() => "") as Command["name"] },
  { get: (said, what) => Reflect.get(said, what) ?? (() => UNWANTED) },
) as Command;

export const json = (): Option => new Option("--json", "JSON on stdout");

/** Adds the ways to name a running lab. */
export function inLab(command: Command): Command {
  return command
    .addOption(new Option("--file <file>", "the lab of this file").env("VBUS_FILE"))
    .addOption(new Option("--lab <name>", "the running lab of this name").env("VBUS_LAB"));
}
