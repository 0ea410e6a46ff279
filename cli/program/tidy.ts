// Commands on texts: their layout, their lints, and what the codes of diagnostics mean.

import { Option, type Command } from "commander";
import { addSourceOptions } from "../source-options.ts";
import { json, type Registrar } from "./registrar.ts";

const several = (value: string, before: readonly string[] = []): string[] => [...before, ...value.split(",")];

/** Which lints are told, and how; the same for whoever tells them. */
export const addLintOptions = (command: Command): Command =>
  command
    .addOption(new Option("--disable <code>", "don't tell this lint; also by name").argParser(several))
    .addOption(new Option("--deny <code>", "tell this lint as an error; `all` for any").argParser(several));

export function registerTidying({ add, run, context }: Registrar): void {
  add("fmt [files...]", "lays files out as everybody does; `-` is stdin to stdout")
    .addOption(new Option("--check", "change nothing, list what is not formatted, and end with 1 for it"))
    .addOption(new Option("--diff", "change nothing, show what would change"))
    .action((files, options) =>
      run(import("../commands/fmt.ts").then(({ fmt }) => fmt(context, files, options))),
    );
  addLintOptions(addSourceOptions(add("lint [file]", "what works and most likely is not what was meant")))
    .addOption(json())
    .action((file, options) =>
      run(import("../commands/lint.ts").then(({ lint }) => lint(context, file, options))),
    );
  add("explain [code]", "what the code of a diagnostic means; all codes where left out")
    .addOption(json())
    .action((code, options) =>
      run(import("../commands/explain.ts").then(({ explain }) => explain(context, code, options))),
    );
}
