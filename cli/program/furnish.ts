// What every command has: a variable for each option, and examples before the rest of its help.

import { Command, type Option } from "commander";
import { EXAMPLES } from "../examples.ts";

/** Parameters have variables of their own: `VBUS_PARAM_<NAME>`. */
const WITHOUT_VARIABLE = new Set(["--param"]);
/** What a variable of an option without a value says when it means no. */
const NO = new Set(["", "0", "false", "no"]);

/** A command, or the whole program, whose options get variables as they are added. */
export class FurnishedCommand extends Command {
  readonly #env: NodeJS.ProcessEnv;

  /** Variables that say no are taken out of `env`: to commander, one that is there is a yes. */
  constructor(name: string, env: NodeJS.ProcessEnv) {
    super(name);
    this.#env = env;
  }

  override createCommand(name: string): Command {
    return new FurnishedCommand(name, this.#env);
  }

  override addOption(option: Option): this {
    // Of the program itself only `--version`.
    if (this.parent !== null) this.#giveVariable(option);
    return super.addOption(option);
  }

  #giveVariable(option: Option): void {
    if (option.envVar === undefined) {
      if (option.hidden || WITHOUT_VARIABLE.has(option.long ?? "")) return;
      option.env(`VBUS_${this.name()}_${option.name()}`.replaceAll("-", "_").toUpperCase());
    }
    const name = option.envVar ?? "";
    const takesValue = option.required || option.optional;
    if (!takesValue && NO.has(this.#env[name]?.toLowerCase() ?? "")) delete this.#env[name];
  }
}

/** Puts the examples before the help of each command. */
export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const examples = EXAMPLES[command.name()];
    if (examples !== undefined) command.addHelpText("before", () => `${examplesText(examples)}\n`);
  }
}

function examplesText(examples: (typeof EXAMPLES)[string]): string {
  const width = Math.max(...examples.map(([call]) => call.length));
  return `Examples\n${examples.map(([call, does]) => `  ${call.padEnd(width)}   ${does}\n`).join("")}`;
}
