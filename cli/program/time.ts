// Commands on what a lab remembers, and the way back.

import { Option } from "commander";
import { ROLLBACK_HELP } from "../help.ts";
import { addSourceOptions } from "../source-options.ts";
import { inLab, json, type Registrar } from "./registrar.ts";

export function registerTime({ add, run, context }: Registrar): void {
  inLab(add("generations [file]", "the applies of a lab, by number"))
    .addOption(json())
    .addOption(new Option("--plain", "a record a line, without a head"))
    .addOption(new Option("--texts <generation>", "the texts that it was made from"))
    .action((file, options) =>
      run(
        import("../commands/generations.ts").then((command) => command.generations(context, file, options)),
      ),
    );
  inLab(
    addSourceOptions(
      add("diff [from] [to]", "what differs between two generations; `file` is what the file says now"),
    ),
  )
    .addOption(json())
    .action((from, to, options) =>
      run(import("../commands/diff.ts").then(({ diff }) => diff(context, from, to, options))),
    );
  inLab(add("rollback <generation>", "a running lab goes back to what a generation declared"))
    .addOption(json())
    .addOption(new Option("--write", "write its files as they were then, whether it runs or not"))
    .addOption(new Option("--yes", "write without a question").env("VBUS_ROLLBACK_YES"))
    .addOption(new Option("--no-input", "never ask"))
    .addHelpText("after", ROLLBACK_HELP)
    .action((generation, options) =>
      run(import("../commands/rollback.ts").then(({ rollback }) => rollback(context, generation, options))),
    );
  registerSnapshots({ add, run, context });
  inLab(add("events [file]", "what happened in a lab, and who did it"))
    .addOption(
      new Option("--since <moment>", "a number, a time such as 10m, or a moment in ISO 8601").env(
        "VBUS_EVENTS_SINCE",
      ),
    )
    .addOption(new Option("-f, --follow", "go on as more happens").env("VBUS_EVENTS_FOLLOW"))
    .addOption(json())
    .action((file, options) =>
      run(import("../commands/events.ts").then(({ events }) => events(context, file, options))),
    );
}

/** Of PCs that run. */
function registerSnapshots({ add, run, context }: Registrar): void {
  const load = async () => import("../commands/snapshot.ts");
  inLab(add("snapshot <guest> <name>", "keeps what a Linux guest is now, its memory and its devices"))
    .addOption(json())
    .action((guest, name, options) =>
      run(load().then(({ snapshot }) => snapshot(context, guest, name, options))),
    );
  inLab(add("restore <guest> <name>", "has a Linux guest go on from a snapshot, its own or another's"))
    .addOption(json())
    .action((guest, name, options) =>
      run(load().then(({ restore }) => restore(context, guest, name, options))),
    );
  inLab(add("snapshots [file]", "the snapshots that a lab keeps"))
    .addOption(json())
    .addOption(new Option("--plain", "a record a line, without a head"))
    .addOption(new Option("--remove <name>", "take this one away for good"))
    .action((file, options) => run(load().then(({ snapshots }) => snapshots(context, file, options))));
}
