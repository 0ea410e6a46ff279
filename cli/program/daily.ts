// Commands for every day with a running lab.

import { Option } from "commander";
import { inLab, json, type Registrar } from "./registrar.ts";

export function registerDaily({ add, run, context }: Registrar): void {
  inLab(add("stats [file]", "what each guest costs and carries"))
    .addOption(json())
    .addOption(new Option("--plain", "a record a line, without a head"))
    .addOption(new Option("-w, --watch", "go on as it changes"))
    .action((file, options) =>
      run(import("../commands/stats.ts").then(({ stats }) => stats(context, file, options))),
    );
  inLab(add("wait <guest>", "comes back when a guest is as far as is said"))
    .addOption(
      new Option("--for <state>", "what to wait for")
        .choices(["running", "ready", "completed", "exited"])
        .default("ready"),
    )
    .addOption(new Option("--timeout <time>", "for so long, such as 10s"))
    .addOption(json())
    .action((guest, options) =>
      run(import("../commands/wait.ts").then(({ wait }) => wait(context, guest, options))),
    );
  inLab(add("exec <guest> <command...>", "runs a command in a guest that has a shell, and ends as it did"))
    .addOption(new Option("--timeout <time>", "for so long at most; half a minute where it isn't said"))
    .addOption(json())
    .action((guest, command, options) =>
      run(import("../commands/exec.ts").then(({ exec }) => exec(context, guest, command, options))),
    );
  inLab(add("cp <from> <to>", "copies a file into a Linux guest, or out of it: one is GUEST:PATH"))
    .addOption(json())
    .action((from, to, options) =>
      run(import("../commands/cp.ts").then(({ cp }) => cp(context, from, to, options))),
    );
  inLab(add("console <guest>", "types at a guest's console and shows what it prints; ctrl-] leaves"))
    .addOption(new Option("--echo", "show what is typed, for guests that don't"))
    .addOption(new Option("-n, --lines <count>", "so many lines from before").default("10"))
    .action((guest, options) =>
      run(import("../commands/console.ts").then((command) => command.console(context, guest, options))),
    );
}
