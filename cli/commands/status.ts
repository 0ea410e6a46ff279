// `vbus status`: how a running lab stands beside its file, what was changed by hand, and what to type next.

import path from "node:path";
import type { LabStatus } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { tableText } from "../text.ts";
import { connectRunning } from "../which-lab.ts";
import { holdOf } from "./hold.ts";

export interface StatusOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const STATUS_SCHEMA = 1;

export async function status(
  { terminal }: Context,
  file: string | undefined,
  options: StatusOptions,
): Promise<Exit> {
  const client = await connectRunning({ file: file ?? options.file, lab: options.lab });
  const answer = await client.request("status", {});
  client.close();
  if (options.json) terminal.out(`${JSON.stringify({ schema: STATUS_SCHEMA, ...answer }, undefined, 2)}\n`);
  else terminal.out(options.plain ? plainText(answer) : statusText(answer, terminal));
  return EXIT.done;
}

/** A record a line: what it is, where, since when, by whom. */
function plainText({ changes, dead, unlinked }: LabStatus): string {
  const rows = [
    ...changes.map(({ path: at, time, actor, text }) => ["changed", at, time, actor, text]),
    ...dead.map(({ guest, time = "", state, reason }) => [
      "dead",
      guest,
      time,
      "guest",
      `${state} ${reason}`,
    ]),
    ...unlinked.map((device) => ["unlinked", device, "", "", ""]),
  ];
  return rows.map((row) => `${row.join("\t")}\n`).join("");
}

function statusText(status: LabStatus, terminal: Terminal): string {
  const { lab, file, generation, ready, guests, running, changes, dead, unlinked, drift } = status;
  const what = `runs ${path.basename(file)}, generation ${generation}`;
  const met = ready ? "every goal is met" : "not every goal is met";
  const goals = `${running} of ${guests} guests run, ${met}`;
  const head = `${terminal.paint("bold", lab)} ${what}: ${goals}.\n`;
  const fate = drift === "keep" ? "a save lies under it" : "the next save that changes the files undoes it";
  const parts = [
    section(`Changed by hand (drift = ${drift}: ${fate})`, [
      ["vbus adopt [PATH]", "writes it into the file"],
      ["vbus heal [PATH]", "undoes it"],
    ])(changes.map(({ text, actor, time }) => [text, actor, clockText(time)])),
    section("Devices that are linked to no bus", [["vbus link DEVICE BUS", "hands it to the guests there"]])(
      unlinked.map((device) => [device]),
    ),
    section("Guests that ended before their goal", [
      ["vbus logs GUEST", "shows why"],
      ["vbus heal GUEST", "boots it again"],
    ])(dead.map(({ guest, state, reason, time }) => [guest, state, clockText(time), reason])),
  ].filter((part) => part !== "");
  const changed = parts.length === 0 ? "Nothing was changed by hand.\n" : parts.join("");
  return head + changed + holdText(status);
}

/** Why it is not as its file says. */
function holdText(status: LabStatus): string {
  const hold = holdOf(status);
  if (hold === undefined) return "";
  return `\n${hold.sentence}\n${tableText(hold.next.map((row) => ["", ...row]))}`;
}

/** A head, what to type about it, and rows; nothing where there are none. */
const section =
  (title: string, next: readonly (readonly string[])[]) =>
  (rows: readonly (readonly string[])[]): string => {
    if (rows.length === 0) return "";
    const advice = tableText(next.map((row) => ["", ...row]));
    return `\n${title}:\n${advice}${tableText(rows.map((row) => ["  ", ...row]))}`;
  };

/** The time of day here. */
const clockText = (time: string | undefined): string =>
  time === undefined ? "" : new Date(time).toTimeString().slice(0, 8);
