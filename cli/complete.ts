// What fits at the end of a half-typed call: commands, options, values, and the names of what runs. Asked by
// the scripts of `vbus completion` as `vbus __complete WORD...`; the last word is the one that is typed.

import { readdirSync } from "node:fs";
import path from "node:path";
import type { Argument, Command, Option } from "commander";
import { findLabs, type Snapshot } from "../interpreter/index.ts";
import { connectRunning } from "./which-lab.ts";

export interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** A lab that doesn't answer in this time has no names. */
const ANSWER_MS = 1000;
/** Options and arguments by name, and what stands there. */
const VBUS_FILES = new Set(["file", "files"]);
const FILES = new Set(["params", "write", "junit", "captures", "out", "folder", "foreign"]);

/** All that fits, those that begin with the last word first of all: no others. Never throws. */
export async function complete(
  program: Command,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? "";
  const found = await candidates(program, { before: words.slice(0, -1), typed, env }).catch(() => []);
  return found.filter(({ word }) => word.startsWith(typed));
}

/** What stands before the last word, that word, and the variables that options are taken from. */
interface Call {
  readonly before: readonly string[];
  readonly typed: string;
  readonly env: NodeJS.ProcessEnv;
}

async function candidates(program: Command, { before, typed, env }: Call): Promise<readonly Candidate[]> {
  const [name, ...rest] = before;
  if (name === undefined) return commandsOf(program);
  if (name === "help") return commandsOf(program);
  const command = program.commands.find((one) => one.name() === name || one.aliases().includes(name));
  if (command === undefined) return [];
  const last = optionOf(command, rest.at(-1));
  const call = { before: rest, typed, env };
  if (last?.required) return valuesOf(last, last.name(), call);
  if (typed.startsWith("-")) return optionsOf(command);
  const argument = argumentAt(command, positionOf(command, rest));
  if (argument === undefined) return optionsOf(command);
  return valuesOf(argument, argument.name(), call);
}

function commandsOf(program: Command): readonly Candidate[] {
  const own = program.commands.map((command) => ({ word: command.name(), about: command.description() }));
  return [...own, { word: "help", about: "tells about a command" }];
}

function optionsOf(command: Command): readonly Candidate[] {
  const own = command.options
    .filter(({ hidden }) => !hidden)
    .map((option) => ({ word: option.long ?? option.flags, about: option.description }));
  return [...own, { word: "--help", about: "tells about the command" }];
}

function optionOf(command: Command, word: string | undefined): Option | undefined {
  return command.options.find(({ long, short }) => word !== undefined && (long === word || short === word));
}

/** How many arguments stand among these words. */
function positionOf(command: Command, words: readonly string[]): number {
  return words.filter(
    (word, at) => !word.startsWith("-") && optionOf(command, words[at - 1])?.required !== true,
  ).length;
}

function argumentAt({ registeredArguments: all }: Command, position: number): Argument | undefined {
  const last = all.at(-1);
  return all[position] ?? (last?.variadic ? last : undefined);
}

async function valuesOf(
  { argChoices }: Argument | Option,
  name: string,
  call: Call,
): Promise<readonly Candidate[]> {
  const { typed } = call;
  if (argChoices !== undefined) return argChoices.map((word) => ({ word }));
  if (VBUS_FILES.has(name)) return filesAt(typed, (file) => file.endsWith(".vbus"));
  if (FILES.has(name)) return filesAt(typed, () => true);
  if (name === "lab") return (await findLabs()).map(({ lab, file }) => ({ word: lab, about: file }));
  if (name === "guest" || name === "guests") return namesIn(call, guestsOf);
  if (name === "volume") return namesIn(call, overlaysOf);
  if (name === "paths" || name === "path" || name === "device")
    return namesIn(call, (snapshot) => [...guestsOf(snapshot), ...thingsOf(snapshot)]);
  return [];
}

/** Files of the folder that the typed word is in, and its folders to go on from. */
function filesAt(typed: string, fits: (file: string) => boolean): readonly Candidate[] {
  const at = typed.lastIndexOf(path.sep) + 1;
  const folder = typed.slice(0, at);
  return readdirSync(folder === "" ? "." : folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || fits(entry.name))
    .filter(({ name }) => !name.startsWith(".") || typed.slice(at).startsWith("."))
    .map((entry) => ({ word: `${folder}${entry.name}${entry.isDirectory() ? path.sep : ""}` }));
}

const guestsOf = ({ guests }: Snapshot): readonly Candidate[] =>
  guests.map(({ address, state }) => ({ word: address, about: `guest, ${state}` }));

const overlaysOf = ({ volumes }: Snapshot): readonly Candidate[] =>
  volumes
    .filter((volume) => volume.class === "overlay")
    .map(({ address }) => ({ word: address, about: "volume, overlay" }));

const thingsOf = ({ devices, networks }: Snapshot): readonly Candidate[] => [
  ...devices.map((device) => ({ word: device.id, about: `device, ${device.class}` })),
  ...networks.map(({ address, subnet }) => ({ word: address, about: `network, ${subnet}` })),
];

/** Names of the lab that the other words say, or of the one that is meant without. */
async function namesIn(
  { before: words, env }: Call,
  names: (snapshot: Snapshot) => readonly Candidate[],
): Promise<readonly Candidate[]> {
  const after = (option: string): string | undefined => {
    const at = words.indexOf(option);
    return at < 0 ? undefined : words[at + 1];
  };
  const client = await connectRunning({
    file: after("--file") ?? env["VBUS_FILE"],
    lab: after("--lab") ?? env["VBUS_LAB"],
  });
  const timer = setTimeout(() => client.close(), ANSWER_MS);
  try {
    return names(await client.request("snapshot", {}));
  } finally {
    clearTimeout(timer);
    client.close();
  }
}
