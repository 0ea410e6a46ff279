// Commands on configurations: nothing runs.

import { Option } from "commander";
import { addSourceOptions } from "../source-options.ts";
import { json, type Registrar } from "./registrar.ts";

export function registerWriting({ add, run, context }: Registrar): void {
  addSourceOptions(add("check [file]", "what is wrong with a configuration"))
    .addOption(json())
    .addOption(new Option("--fix", "put every fix that a machine can make into the files"))
    .action((file, options) =>
      run(import("../commands/check.ts").then(({ check }) => check(context, file, options))),
    );
  addSourceOptions(add("plan [file]", "what `up` or a save would change, and how disruptive it is"))
    .addOption(json())
    .addOption(new Option("--detailed-exitcode", "end with 2 where there is something to do"))
    .action((file, options) =>
      run(import("../commands/plan.ts").then(({ plan }) => plan(context, file, options))),
    );
  add("doc", "writes the manual of the standard library")
    .addOption(new Option("--out <folder>", "where its pages go").default("docs/manual").env("VBUS_DOC_OUT"))
    .action((options) => run(import("../commands/doc.ts").then(({ doc }) => doc(context, options))));
}
