// The manual page, made from the tree of commands. Plain `man` macros; nothing in it differs by machine.

import type { Command, Option } from "commander";
import { EXAMPLES } from "./examples.ts";

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ["0", "done"],
  ["1", "failed"],
  ["2", "changes are present (plan --detailed-exitcode)"],
  ["3", "partly applied"],
  ["4", "a test, or what capture expects, failed"],
  ["64", "a mistake in the call"],
  ["65", "the configuration is wrong"],
  ["69", "no such lab is running"],
  ["75", "locked by another process, or the time is up"],
  ["130, 143", "ended by SIGINT, by SIGTERM"],
];

/** The page as roff. */
export function manPage(program: Command, version: string): string {
  const commands = program.commands.flatMap((command) => commandSection(command));
  return `${[
    '.\\" Made by `vbus man`. Change the commands, not this page.',
    `.TH VBUS 1 "" "vbus ${version}" "User Commands"`,
    ".SH NAME",
    "vbus \\- labs of isolated guests on a virtual bus",
    ".SH SYNOPSIS",
    ".B vbus",
    "\\fICOMMAND\\fR [\\fIARGUMENT\\fR]... [\\fIOPTION\\fR]...",
    ".SH DESCRIPTION",
    text(
      "Runs labs of WebAssembly guests in one process, from .vbus files, and keeps them equal to these files.",
    ),
    ".PP",
    text(
      "Data goes to stdout; progress and diagnostics go to stderr. Without a file, lab.vbus or the only .vbus file",
    ),
    text("of the folder is meant. With --json every answer has a member schema, its version."),
    ".SH COMMANDS",
    ...commands,
    ".SH ENVIRONMENT",
    text(
      "Every option has a variable, named beside it; options win. One without a value is off for 0, false and no.",
    ),
    ...entry("VBUS_PARAM_NAME", "the value of the parameter NAME"),
    ...entry("NO_COLOR, TERM=dumb", "no colours"),
    ...entry("CI", "no animation and no questions"),
    ...entry("XDG_RUNTIME_DIR, XDG_STATE_HOME", "where sockets and states of labs are"),
    ".SH EXIT STATUS",
    ...EXIT_CODES.flatMap(([code, means]) => entry(code, means)),
    ".SH FILES",
    ...entry("$XDG_RUNTIME_DIR/vbus/*.sock", "control sockets of running labs, for their owner alone"),
    ...entry(
      "$XDG_STATE_HOME/vbus/",
      "what labs remember: generations, and the addresses that they gave out",
    ),
    ".SH SEE ALSO",
    ".BR tshark (1),",
    ".BR pcap\\-filter (7)",
  ].join("\n")}\n`;
}

function commandSection(command: Command): readonly string[] {
  const examples = EXAMPLES[command.name()] ?? [];
  const aliases = command.aliases();
  const also = aliases.length === 0 ? "" : ` (also: ${aliases.join(", ")})`;
  return [
    `.SS ${escaped(`vbus ${command.name()} ${command.usage()}`)}`,
    text(`${sentence(command.description())}${also}`),
    ...command.options.filter(({ hidden }) => !hidden).flatMap(optionEntry),
    ...(examples.length === 0 ? [] : [".PP", "Examples:", ".PP", ".nf", ".RS"]),
    ...examples.map(([call, does]) => `${escaped(call)}\n    \\fI${escaped(does)}\\fR`),
    ...(examples.length === 0 ? [] : [".RE", ".fi"]),
  ];
}

function optionEntry(option: Option): readonly string[] {
  const choices = option.argChoices === undefined ? "" : ` (${option.argChoices.join(", ")})`;
  const variable = option.envVar === undefined ? "" : ` [${option.envVar}]`;
  return entry(option.flags, `${option.description}${choices}${variable}`);
}

const entry = (term: string, means: string): readonly string[] => [".TP", `.B ${escaped(term)}`, text(means)];

/** A line of text: one that began with a dot would be a request. */
const text = (line: string): string => escaped(line).replace(/^[.']/, "\\&$&");

function escaped(line: string): string {
  return line.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("`", "");
}

function sentence(line: string): string {
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}.`;
}
