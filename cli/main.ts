// The command line: arguments in, an exit code out. Commands are loaded when they are called.

import { CommanderError, type Command } from "commander";
import type { OperationError } from "../interpreter/index.ts";
import type { Candidate } from "./complete.ts";
import { systemClock } from "./clock.ts";
import { UsageError, type Context, type Exit } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { HELP } from "./help.ts";
import { packageVersion } from "./package-folder.ts";
import { registerAdmin } from "./program/admin.ts";
import { registerAsking } from "./program/ask.ts";
import { registerBeginning } from "./program/begin.ts";
import { registerDaily } from "./program/daily.ts";
import { addExamples, FurnishedCommand } from "./program/furnish.ts";
import { registerLooking } from "./program/look.ts";
import { UNWANTED, type Registrar } from "./program/registrar.ts";
import { registerRunning } from "./program/run.ts";
import { registerTesting } from "./program/test.ts";
import { registerTime } from "./program/time.ts";
import { registerTidying } from "./program/tidy.ts";
import { registerWriting } from "./program/write.ts";
import { createTerminal } from "./terminal.ts";

/** Runs one call of `vbus`. Sets the process's exit code; ends the process when nothing is left to do. */
export async function main(argv: readonly string[]): Promise<void> {
  const context: Context = { terminal: createTerminal(process.env), clock: systemClock, env: process.env };
  process.exitCode = await call(argv, context);
  // Left alone, Node waits for what V8 still compiles and collects beside us. Where anything else is open, a
  // connection to a lab that goes down or a pipe that is written to, the end of that is waited for.
  if (process.getActiveResourcesInfo().every((kind) => kind === "TTYWrap")) process.exit();
}

/** The same with streams and environment of somebody's own, for one call; answers the exit code. */
export async function call(argv: readonly string[], context: Context): Promise<Exit> {
  let exit: Exit = EXIT.done;
  try {
    const keep = (code: Exit): void => {
      exit = code;
    };
    const program = programFor(argv[2], context, keep);
    if (argv.length <= 2) context.terminal.out(HELP);
    else if (argv[2] === COMPLETE) await tellCandidates(context, program, argv.slice(3));
    else await program.parseAsync([...argv]);
  } catch (error) {
    exit = report(context, error);
  }
  return exit;
}

/** Asked by shells, and no command: it takes whatever was typed so far. */
const COMPLETE = "__complete";

async function tellCandidates(
  { terminal, env }: Context,
  program: Command,
  words: readonly string[],
): Promise<void> {
  const { complete } = await import("./complete.ts");
  for (const { word, about } of await complete(program, words, env))
    terminal.out(about === undefined ? `${word}\n` : `${word}\t${about}\n`);
}

/** What fits in place of the last word, for whoever types in another place than a shell. */
export async function candidatesFor(
  context: Context,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const { complete } = await import("./complete.ts");
  return complete(
    createProgram(context, () => undefined),
    words,
    context.env,
  );
}

function report({ terminal }: Context, error: unknown): Exit {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UsageError) {
    terminal.err(`${terminal.paint("red", "error:", "err")} ${error.message}\n`);
    return EXIT.usage;
  }
  if (isOperationError(error)) {
    const hint = error.hint === undefined ? "" : ` ${error.hint}`;
    terminal.err(`${terminal.paint("red", "error:", "err")} ${error.message}${hint}\n`);
    return error.exitCode;
  }
  throw error;
}

/** By its name: its class would load the whole interpreter for `--help`. */
function isOperationError(error: unknown): error is OperationError {
  return error instanceof Error && error.name === "OperationError";
}

/** The command that tells about all the others. */
const MANUAL = "man";

/** With the called command alone: what is said of the others takes longer than some commands. */
function programFor(called: string | undefined, context: Context, done: (exit: Exit) => void): Command {
  if (called !== undefined && called !== MANUAL) {
    const program = createProgram(context, done, called);
    if (program.commands.length > 0) return program;
  }
  return createProgram(context, done);
}

/** With `only` no other command, and none where there is no such. */
export function createProgram(context: Context, done: (exit: Exit) => void, only?: string): Command {
  const version = packageVersion();
  const program: Command = new FurnishedCommand("vbus", context.env);
  program.exitOverride().configureOutput({
    writeOut: context.terminal.out,
    writeErr: context.terminal.err,
    outputError: (text, write) =>
      write(text.replace(/^error: /, context.terminal.paint("red", "error: ", "err"))),
  });
  program.showSuggestionAfterError().helpCommand("help [command]", "tells about a command");
  program.helpInformation = () => HELP;
  // A child takes its settings when it is made: the ones above must stand before.
  const registrar: Registrar = {
    context,
    add: (usage, about) =>
      only === undefined || usage.split(" ", 1)[0] === only
        ? program.command(usage).description(about)
        : UNWANTED,
    run: async (work) => done(await work),
  };
  registerBeginning(registrar, program);
  registerWriting(registrar);
  registerTidying(registrar);
  registerAsking(registrar);
  registerTesting(registrar);
  registerRunning(registrar);
  registerDaily(registrar);
  registerTime(registrar);
  registerLooking(registrar, version);
  registerAdmin(registrar);
  program.version(version, "-V, --version", "the version alone");
  addExamples(program);
  return program;
}
