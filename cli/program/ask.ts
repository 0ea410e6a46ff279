// Commands that ask a configuration: a value, where values came from, what is joined to what.

import { Option } from "commander";
import { addSourceOptions } from "../source-options.ts";
import { json, type Registrar } from "./registrar.ts";

export function registerAsking({ add, run, context }: Registrar): void {
  addSourceOptions(
    add("eval <expression> [file]", "the value of an expression in the scope of a configuration"),
  )
    .addOption(json())
    .action((expression, file, options) =>
      run(
        import("../commands/eval.ts").then((command) =>
          command.evaluateCommand(context, expression, file, options),
        ),
      ),
    );
  addSourceOptions(
    add("why <address> [file]", "where the values of a thing came from; `server.eth0.mtu` is one of them"),
  )
    .addOption(json())
    .action((address, file, options) =>
      run(import("../commands/why.ts").then(({ why }) => why(context, address, file, options))),
    );
  addSourceOptions(add("graph [file]", "what is joined to what"))
    .addOption(
      new Option("--format <name>", "ascii, mermaid or dot").default("ascii").env("VBUS_GRAPH_FORMAT"),
    )
    .action((file, options) =>
      run(import("../commands/graph.ts").then(({ graph }) => graph(context, file, options))),
    );
}
