// Commands that start and stop labs.

import { Option } from "commander";
import { APPLY_HELP } from "../help.ts";
import { addPartOptions, addSelectionOptions, addSourceOptions, maxDisruption } from "../source-options.ts";
import { inLab, json, type Registrar } from "./registrar.ts";

export function registerRunning({ add, run, context }: Registrar): void {
  maxDisruption(
    addPartOptions(addSourceOptions(add("up [file]", "runs a lab and keeps it equal to its file"))),
    "pause",
  )
    .addOption(new Option("--no-watch", "don't follow the files").env("VBUS_UP_NO_WATCH"))
    .addOption(
      new Option("--wait", "end when every goal is met (with -d: come back then)").env("VBUS_UP_WAIT"),
    )
    .addOption(new Option("--timeout <time>", "how long --wait waits, such as 90s").env("VBUS_UP_TIMEOUT"))
    .addOption(new Option("-d, --detach", "in the background").env("VBUS_UP_DETACH"))
    .addOption(new Option("--no-dash", "events instead of the dashboard").env("VBUS_UP_NO_DASH"))
    .addOption(new Option("--ascii", "a dashboard without symbols beyond ASCII").env("VBUS_DASH_ASCII"))
    .addOption(
      new Option("--metrics <address>", "serve its numbers to Prometheus: a port, or host:port").env(
        "VBUS_UP_METRICS",
      ),
    )
    .addOption(new Option("--json", "a JSON record an event"))
    .addOption(new Option("--serve", "the lab's own process").hideHelp())
    .action((file, options) => run(import("../commands/up.ts").then(({ up }) => up(context, file, options))));
  maxDisruption(
    addSelectionOptions(
      addSourceOptions(add("apply [what]", "brings a running lab to its file, or to a plan that was kept")),
    ),
  )
    .addOption(
      new Option("--on-failure <what>", "undo takes everything back, keep leaves what was done")
        .choices(["undo", "keep"])
        .default("undo")
        .env("VBUS_APPLY_ON_FAILURE"),
    )
    .addOption(new Option("--yes", "also what is asked about otherwise").env("VBUS_APPLY_YES"))
    .addOption(new Option("--no-input", "ask nothing: refuse").env("VBUS_APPLY_NO_INPUT"))
    .addOption(json())
    .addHelpText("after", APPLY_HELP)
    .action((what, options) =>
      run(import("../commands/apply.ts").then(({ apply }) => apply(context, what, options))),
    );
  inLab(add("down [file]", "stops a running lab"))
    .addOption(new Option("--grace <time>", "for each guest, before it is killed").env("VBUS_DOWN_GRACE"))
    .addOption(new Option("--volumes", "delete what unprotected volumes have stored, too"))
    .addOption(new Option("--yes", "don't ask").env("VBUS_DOWN_YES"))
    .addOption(new Option("--no-input", "ask nothing: refuse").env("VBUS_DOWN_NO_INPUT"))
    .action((file, options) =>
      run(import("../commands/down.ts").then(({ down }) => down(context, file, options))),
    );
  registerParts({ add, run, context });
}

/** Of what a running lab has: its guests, its volumes. */
function registerParts({ add, run, context }: Registrar): void {
  inLab(add("commit <volume>", "writes what an overlay of a running lab has into its base"))
    .addOption(new Option("--yes", "don't ask").env("VBUS_COMMIT_YES"))
    .addOption(new Option("--no-input", "ask nothing: refuse").env("VBUS_COMMIT_NO_INPUT"))
    .addOption(json())
    .action((volume, options) =>
      run(import("../commands/commit.ts").then(({ commit }) => commit(context, volume, options))),
    );
  for (const [method, what] of [
    ["pause", "makes a guest of a running lab stand still"],
    ["resume", "lets a paused guest run on"],
  ] as const) {
    inLab(add(`${method} <guest>`, what)).action((guest, options) =>
      run(import("../commands/pause.ts").then(({ pause }) => pause(context, method, guest, options))),
    );
  }
}
