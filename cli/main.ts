// The command line: arguments in, an exit code out. Commands are loaded when they are called.

import { createRequire } from "node:module";
import { Command, CommanderError, Option } from "commander";
import { OperationError } from "../interpreter/operation-error.ts";
import { systemClock } from "./clock.ts";
import { UsageError, type Context, type Exit } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { HELP } from "./help.ts";
import { addSourceOptions } from "./source-options.ts";
import { createTerminal } from "./terminal.ts";

/** Runs one call of `vbus`. Sets the process's exit code; ends the process when nothing is left to do. */
export async function main(argv: readonly string[]): Promise<void> {
  const context: Context = { terminal: createTerminal(process.env), clock: systemClock, env: process.env };
  let exit: Exit = EXIT.done;
  try {
    const program = createProgram(context, (code) => {
      exit = code;
    });
    if (argv.length <= 2) context.terminal.out(HELP);
    else await program.parseAsync([...argv]);
  } catch (error) {
    exit = report(context, error);
  }
  process.exitCode = exit;
}

function report({ terminal }: Context, error: unknown): Exit {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UsageError) {
    terminal.err(`${terminal.paint("red", "error:", "err")} ${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof OperationError) {
    const hint = error.hint === undefined ? "" : ` ${error.hint}`;
    terminal.err(`${terminal.paint("red", "error:", "err")} ${error.message}${hint}\n`);
    return error.exitCode;
  }
  throw error;
}

const FILE_HELP = "the root file, or its folder; lab.vbus or the only .vbus file here where left out";
const json = (): Option => new Option("--json", "JSON on stdout");
const inLab = (command: Command): Command =>
  command
    .addOption(new Option("--file <file>", "the lab of this file").env("VBUS_FILE"))
    .addOption(new Option("--lab <name>", "the running lab of this name").env("VBUS_LAB"));

function createProgram(context: Context, done: (exit: Exit) => void): Command {
  const { version } = createRequire(import.meta.url)(packageFile()) as { version: string };
  const program = new Command("vbus");
  program.exitOverride().configureOutput({
    writeOut: context.terminal.out,
    writeErr: context.terminal.err,
    outputError: (text, write) =>
      write(text.replace(/^error: /, context.terminal.paint("red", "error: ", "err"))),
  });
  program.showSuggestionAfterError().helpCommand("help [command]", "tells about a command");
  program.helpInformation = () => HELP;
  // A child takes its settings when it is made: the ones above must stand before.
  const add = (usage: string, about: string): Command => program.command(usage).description(about);

  addSourceOptions(add("check [file]", "what is wrong with a configuration"))
    .addOption(json())
    .action(async (file, options) =>
      done(await (await import("./commands/check.ts")).check(context, file, options)),
    );
  addSourceOptions(add("plan [file]", "what `up` or a save would change, and how disruptive it is"))
    .addOption(json())
    .addOption(new Option("--detailed-exitcode", "end with 2 where there is something to do"))
    .action(async (file, options) =>
      done(await (await import("./commands/plan.ts")).plan(context, file, options)),
    );
  addUp(addSourceOptions(add("up [file]", "runs a lab and keeps it equal to its file")), context, done);
  inLab(add("dash [file]", "a dashboard on a running lab").alias("top"))
    .addOption(new Option("--once", "draw once, for pipes and scripts"))
    .addOption(json())
    .addOption(new Option("--plain", "a record a line"))
    .addOption(new Option("--markdown", "a table in Markdown"))
    .addOption(new Option("--ascii", "no symbols beyond ASCII").env("VBUS_DASH_ASCII"))
    .action(async (file, options) =>
      done(await (await import("./commands/dash.ts")).dash(context, file, options)),
    );
  inLab(add("ps [file]", "the guests of a running lab"))
    .addOption(json())
    .addOption(new Option("--plain", "a record a line, without a head"))
    .action(async (file, options) =>
      done(await (await import("./commands/ps.ts")).ps(context, file, options)),
    );
  inLab(add("logs [guests...]", "what guests printed"))
    .addOption(json())
    .addOption(new Option("-f, --follow", "go on as more is printed").env("VBUS_LOGS_FOLLOW"))
    .addOption(new Option("-n, --lines <count>", "only the last lines").env("VBUS_LOGS_LINES"))
    .addOption(new Option("-t, --timestamps", "with the time of each line").env("VBUS_LOGS_TIMESTAMPS"))
    .action(async (names, options) =>
      done(await (await import("./commands/logs.ts")).logs(context, names, options)),
    );
  inLab(add("down [file]", "stops a running lab"))
    .addOption(new Option("--grace <seconds>", "for each guest, before it is killed").env("VBUS_DOWN_GRACE"))
    .action(async (file, options) =>
      done(await (await import("./commands/down.ts")).down(context, file, options)),
    );
  add("version", "versions of vbus and of what it runs on")
    .addOption(json())
    .action(async (options) =>
      done((await import("./commands/version.ts")).version(context, version, options)),
    );
  program.version(version, "-V, --version", "the version alone");
  return program;
}

function addUp(command: Command, context: Context, done: (exit: Exit) => void): void {
  command
    .addOption(new Option("--no-watch", "don't follow the files").env("VBUS_UP_NO_WATCH"))
    .addOption(
      new Option("--wait", "end when every goal is met (with -d: come back then)").env("VBUS_UP_WAIT"),
    )
    .addOption(new Option("--timeout <seconds>", "how long --wait waits").env("VBUS_UP_TIMEOUT"))
    .addOption(new Option("-d, --detach", "in the background").env("VBUS_UP_DETACH"))
    .addOption(new Option("--no-dash", "events instead of the dashboard").env("VBUS_UP_NO_DASH"))
    .addOption(new Option("--ascii", "a dashboard without symbols beyond ASCII").env("VBUS_DASH_ASCII"))
    .addOption(new Option("--json", "a JSON record an event"))
    .addOption(new Option("--serve", "the lab's own process").hideHelp())
    .action(async (file, options) =>
      done(await (await import("./commands/up.ts")).up(context, file, options)),
    );
}

/** package.json, from cli/ in source and from dist/cli/. */
function packageFile(): string {
  return import.meta.url.endsWith(".ts") ? "../package.json" : "../../package.json";
}
