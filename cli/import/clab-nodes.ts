// What the nodes of a containerlab topology say of themselves: defaults, kinds and groups below their own
// settings, and what of them a guest can have.

import { givenBy, type Given } from "./addresses.ts";
import { memoryText } from "./amounts.ts";
import { key, quote, type DraftGuest } from "./draft.ts";
import type { Report } from "./report.ts";
import type { Entry, Place, Tree } from "./tree.ts";

export interface Node {
  readonly name: string;
  readonly at: Place;
  readonly kind: string;
  /** What stands with the node. */
  readonly own: ReadonlyMap<string, Entry>;
  /** The same, and what its group, its kind and the defaults say. */
  readonly settings: ReadonlyMap<string, Entry>;
}

/** Settings that are read elsewhere. */
const READ = new Set(["kind", "image", "group", "mgmt-ipv4"]);

/** Why nothing here does what a setting says. */
const WHY: Readonly<Record<string, string>> = {
  exec: "a standard guest runs no commands",
  binds: "folders are for WASI programs",
  ports: "an uplink of class nat has `publish`",
  healthcheck: "health by command is not served",
};

/** The nodes by name, each with all that is said for it. */
export function readNodes(topology: ReadonlyMap<string, Entry>, report: Report): Map<string, Node> {
  const part = (name: string): ReadonlyMap<string, Entry> => report.entries(name, topology.get(name)?.value);
  const [defaults, kinds, groups] = [part("defaults"), part("kinds"), part("groups")];
  const nodes = new Map<string, Node>();
  for (const [name, { at, value }] of part("nodes")) {
    const own = report.entries(name, value);
    const ask = (word: string, from: ReadonlyMap<string, Entry>): string | undefined =>
      report.text(word, from.get(word)?.value);
    const group = report.entries("group", groups.get(ask("group", own) ?? "")?.value);
    const kind = ask("kind", own) ?? ask("kind", group) ?? ask("kind", defaults) ?? "linux";
    const shared = report.entries("kind", kinds.get(kind)?.value);
    nodes.set(name, { name, at, kind, own, settings: new Map([...defaults, ...shared, ...group, ...own]) });
  }
  if (nodes.size === 0) report.error("VB7003", topology.get("nodes")?.at ?? [0, 1], "There are no nodes.");
  return nodes;
}

/** What the guest of a node is filled with. */
export interface Filling {
  readonly guest: DraftGuest;
  readonly report: Report;
  /** Whether its image runs the command that the file says. */
  readonly runs: boolean;
  /** The guest for a node's name. */
  guestOf(node: string): DraftGuest | undefined;
  /** Takes an address that a command sets; false where the guest has no such device. */
  address(given: Given, at: Place): boolean;
}

/** Gives a guest what its node says, and a note for each thing that it can't have. */
export function fillGuest({ kind, settings }: Node, filling: Filling): void {
  const { guest, report } = filling;
  const labels = new Map(kind === "linux" ? [] : [["kind", kind]]);
  for (const [word, { value }] of settings) {
    if (READ.has(word) || (word === "network-mode" && report.text(word, value) === "none")) continue;
    const fill = FILLS[word];
    if (word === "labels") for (const [name, text] of textsOf(report, word, value)) labels.set(name, text);
    else if (fill === undefined) guest.notes.push(report.without(word, value, WHY[word]));
    else fill(value, filling);
  }
  if (labels.size > 0) guest.attributes.push(["labels", mapText(labels)]);
}

const FILLS: Readonly<Record<string, (value: Tree, filling: Filling) => void>> = {
  exec: fillAddresses,
  env: (value, { guest, report }) => {
    guest.attributes.push(["env", mapText(textsOf(report, "env", value))]);
  },
  memory: (value, { guest, report }) => {
    const size = memoryText(report.text("memory", value) ?? "");
    if (size === undefined) guest.notes.push(report.without("memory", value, "a guest has 64KiB to 4GiB"));
    else guest.attributes.push(["memory", size]);
  },
  cmd: (value, { guest, report, runs }) => {
    const words = (report.text("cmd", value) ?? "").split(/\s+/).filter((word) => word !== "");
    if (runs) guest.attributes.push(["args", `[${words.map(quote).join(", ")}]`]);
    else guest.notes.push(report.without("cmd", value));
  },
  stages: fillStages,
};

/** Commands that set an address are its address. */
function fillAddresses(value: Tree, { guest, report, address }: Filling): void {
  for (const command of report.texts("exec", value)) {
    const given = givenBy(command.text);
    if (given === undefined || !address(given, command.at))
      guest.notes.push(report.without("exec", command, WHY["exec"]));
  }
}

/** Who waits for another's stage waits here until it runs. */
function fillStages(value: Tree, { guest, report, guestOf }: Filling): void {
  const waited = new Set<string>();
  for (const [stage, said] of report.entries("stages", value)) {
    for (const [word, { value: what }] of report.entries(stage, said.value)) {
      if (word !== "wait-for") guest.notes.push(report.without(`${stage}.${word}`, what));
      else
        for (const item of report.ask("list", word, what)?.items ?? []) {
          const node = report.text("node", report.entries(word, item).get("node")?.value) ?? "";
          const other = guestOf(node);
          if (other) waited.add(other.name);
          else report.error("VB7003", item.at, `There is no node \`${node}\` to wait for.`);
        }
    }
  }
  if (waited.size > 0) guest.attributes.push(["depends_on", `[${[...waited].join(", ")}]`]);
}

const textsOf = (report: Report, name: string, value: Tree): ReadonlyMap<string, string> =>
  new Map(
    [...report.entries(name, value)].map(([word, said]) => [word, report.text(word, said.value) ?? ""]),
  );

const mapText = (map: ReadonlyMap<string, string>): string =>
  `{ ${[...map].map(([name, text]) => `${key(name)} = ${quote(text)}`).join(", ")} }`;
