// Commands on configurations: nothing runs.

import { Option } from "commander";
import { PLAN_HELP } from "../help.ts";
import { addSelectionOptions, addSourceOptions } from "../source-options.ts";
import { json, type Registrar } from "./registrar.ts";

/** Here as texts: the command itself is loaded when it is called. */
const IMPORTED = ["containerlab", "compose", "kathara"];

const several = (value: string, before: readonly string[] = []): string[] => [...before, value];

export function registerWriting({ add, run, context }: Registrar): void {
  addSourceOptions(add("check [file]", "what is wrong with a configuration"))
    .addOption(json())
    .addOption(new Option("--fix", "put every fix that a machine can make into the files"))
    .action((file, options) =>
      run(import("../commands/check.ts").then(({ check }) => check(context, file, options))),
    );
  add("import <foreign>", "a containerlab topology, a compose file or a Kathará lab as a configuration")
    .addOption(
      new Option("--from <format>", "containerlab, compose or kathara; found by name and content").choices(
        IMPORTED,
      ),
    )
    .addOption(new Option("-o, --out <file>", "write it there, not to stdout"))
    .addOption(
      new Option("--image <name=class:path>", "what images of this name become; * is anything").argParser(
        several,
      ),
    )
    .addOption(new Option("--force", "write over a file that is there"))
    .addOption(json())
    .action((file, options) =>
      run(import("../commands/import.ts").then(({ importLab }) => importLab(context, file, options))),
    );
  addSelectionOptions(
    addSourceOptions(
      add("plan [file]", "what `up`, `apply` or a save would change, and how disruptive it is"),
    ),
  )
    .addOption(json())
    .addOption(
      new Option("--detailed-exitcode", "end with 2 where there is something to do").env(
        "VBUS_PLAN_DETAILED_EXITCODE",
      ),
    )
    .addOption(new Option("--out <file>", "keep the plan of a running lab, for `apply`").env("VBUS_PLAN_OUT"))
    .addHelpText("after", PLAN_HELP)
    .action((file, options) =>
      run(import("../commands/plan.ts").then(({ plan }) => plan(context, file, options))),
    );
  add("doc", "writes the manual of the standard library")
    .addOption(new Option("--out <folder>", "where its pages go").default("docs/manual").env("VBUS_DOC_OUT"))
    .action((options) => run(import("../commands/doc.ts").then(({ doc }) => doc(context, options))));
}
