// Commands that look at running labs, and at vbus itself.

import { Option } from "commander";
import { CAPTURE_HELP } from "../help.ts";
import { inLab, json, type Registrar } from "./registrar.ts";
import { addLintOptions } from "./tidy.ts";

export function registerLooking({ add, run, context }: Registrar, version: string): void {
  registerDash({ add, run, context });
  inLab(add("ps [file]", "the guests of a running lab"))
    .addOption(json())
    .addOption(new Option("--plain", "a record a line, without a head"))
    .action((file, options) => run(import("../commands/ps.ts").then(({ ps }) => ps(context, file, options))));
  inLab(add("metrics [file]", "every number of a running lab, for Prometheus")).action((file, options) =>
    run(import("../commands/metrics.ts").then(({ metrics }) => metrics(context, file, options))),
  );
  inLab(add("logs [guests...]", "what guests printed"))
    .addOption(json())
    .addOption(new Option("-f, --follow", "go on as more is printed").env("VBUS_LOGS_FOLLOW"))
    .addOption(new Option("-n, --lines <count>", "only the last lines").env("VBUS_LOGS_LINES"))
    .addOption(new Option("-t, --timestamps", "with the time of each line").env("VBUS_LOGS_TIMESTAMPS"))
    .action((names, options) =>
      run(import("../commands/logs.ts").then(({ logs }) => logs(context, names, options))),
    );
  inLab(add("capture [paths...]", "frames of a running lab, as pcapng, to a file or a pipe"))
    .addOption(
      new Option("-w, --write <file>", "to this file; - is stdout, as without it").env("VBUS_CAPTURE_WRITE"),
    )
    .addOption(new Option("--filter <filter>", "only frames that fit").env("VBUS_CAPTURE_FILTER"))
    .addOption(
      new Option("--expect <filter>", "end with 0 when a frame fits, else with 4").env("VBUS_CAPTURE_EXPECT"),
    )
    .addOption(new Option("--within <time>", "how long --expect waits").env("VBUS_CAPTURE_WITHIN"))
    .addOption(new Option("-c, --count <frames>", "end after so many").env("VBUS_CAPTURE_COUNT"))
    .addOption(
      new Option("-s, --snaplen <bytes>", "keep so much of a frame, 14 to 262144").env(
        "VBUS_CAPTURE_SNAPLEN",
      ),
    )
    .addOption(new Option("--duration <time>", "end after so long, such as 10s").env("VBUS_CAPTURE_DURATION"))
    .addOption(json())
    .addHelpText("after", CAPTURE_HELP)
    .action((paths, options) =>
      run(import("../commands/capture.ts").then(({ capture }) => capture(context, paths, options))),
    );
  // Editors add `--stdio`, whether it is asked for or not.
  addLintOptions(add("lsp", "the language server, for an editor on stdin and stdout"))
    .addOption(new Option("--stdio", "as it is anyway").hideHelp())
    .action((options) => run(import("../commands/lsp.ts").then(({ lsp }) => lsp(context, version, options))));
  add("version", "versions of vbus and of what it runs on")
    .addOption(json())
    .action((options) =>
      run(import("../commands/version.ts").then((command) => command.version(context, version, options))),
    );
}

function registerDash({ add, run, context }: Pick<Registrar, "add" | "run" | "context">): void {
  inLab(add("dash [file]", "a dashboard on a running lab").alias("top"))
    .addOption(new Option("--once", "draw once, for pipes and scripts"))
    .addOption(json())
    .addOption(new Option("--plain", "a record a line"))
    .addOption(new Option("--markdown", "a table in Markdown"))
    .addOption(new Option("--ascii", "no symbols beyond ASCII").env("VBUS_DASH_ASCII"))
    .addOption(new Option("--read-only", "look, and change nothing").env("VBUS_DASH_READ_ONLY"))
    .addOption(
      new Option("--symbols <set>", "block, braille or ascii")
        .choices(["block", "braille", "ascii"])
        .env("VBUS_DASH_SYMBOLS"),
    )
    .addOption(
      new Option("--theme <name>", "default, light, contrast or mono")
        .choices(["default", "light", "contrast", "mono"])
        .env("VBUS_DASH_THEME"),
    )
    .addOption(new Option("--mouse", "take clicks and the wheel").env("VBUS_DASH_MOUSE"))
    .action((file, options) =>
      run(import("../commands/dash.ts").then(({ dash }) => dash(context, file, options))),
    );
}
