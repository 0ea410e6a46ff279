// `vbus snapshot`, `vbus restore` and `vbus snapshots`: keeps what a PC of a running lab is, has one go on
// from there, and shows or takes away what is kept.

import { keptSnapshots, removeSnapshot, type KeptSnapshot, type LabClient } from "../../interpreter/index.ts";
import type { Notifications } from "../../interpreter/index.ts";
import { untilDone } from "../call-off.ts";
import type { Context, Exit } from "../context.ts";
import { DrawnLine } from "../drawn-line.ts";
import { EXIT } from "../exit-codes.ts";
import { ageText, bytesText, tableText } from "../text.ts";
import { connectRunning, fileOfLab } from "../which-lab.ts";

export interface SnapshotOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}
export interface SnapshotsOptions extends SnapshotOptions {
  readonly plain?: boolean;
  readonly remove?: string;
}

const SNAPSHOT_SCHEMA = 1;
const HEAD = ["SNAPSHOT", "GUEST", "AGE", "SIZE", "MEMORY", "VBUS"];
const STAGES: Readonly<Record<Notifications["snapshotting"]["stage"], string>> = {
  holding: "waiting until it stands still",
  disks: "reading its disks",
  reading: "reading the snapshot",
  saving: "taking what it is",
  writing: "writing the snapshot",
  waking: "going on",
};

export async function snapshot(
  context: Context,
  guest: string,
  name: string,
  options: SnapshotOptions,
): Promise<Exit> {
  return watched(context, options, async (client) => {
    const kept = await client.request("snapshotMake", { guest, name });
    const words = `${name}: ${bytesText(kept.bytes)} of ${guest}`;
    return { record: { record: "snapshot", ...kept }, now: "kept", words };
  });
}

export async function restore(
  context: Context,
  guest: string,
  name: string,
  options: SnapshotOptions,
): Promise<Exit> {
  return watched(context, options, async (client) => {
    const done = await client.request("snapshotRestore", { guest, name });
    const whose = done.from === guest ? "" : `, as a fork of ${done.from}`;
    return {
      record: { record: "restored", ...done },
      now: "running",
      words: `${guest}: from ${name}${whose}`,
    };
  });
}

/** What came of it: a record for programs, and a line, which begins with what is now. */
interface Done {
  readonly record: object;
  readonly now: string;
  readonly words: string;
}

/** Shows how far it is, and calls it off at a signal. */
async function watched(
  { terminal }: Context,
  options: SnapshotOptions,
  work: (client: LabClient) => Promise<Done>,
): Promise<Exit> {
  const client = await connectRunning({ file: options.file, lab: options.lab });
  const line = new DrawnLine(terminal);
  client.on("snapshotting", (at) => {
    const record = { schema: SNAPSHOT_SCHEMA, record: "progress", ...at };
    if (options.json) terminal.out(`${JSON.stringify(record)}\n`);
    else line.draw(progressText(at));
  });
  const clear = (): void => line.clear();
  const stop = (): Promise<unknown> => client.request("snapshotStop", {});
  try {
    return await untilDone({ terminal }, { stop, clear }, async () => {
      const { record, now, words } = await work(client);
      clear();
      if (options.json) terminal.out(`${JSON.stringify({ schema: SNAPSHOT_SCHEMA, ...record })}\n`);
      else terminal.err(`${terminal.paint("green", now, "err")} ${words}\n`);
      return EXIT.done;
    });
  } finally {
    client.close();
  }
}

function progressText({ guest, stage, done, all }: Notifications["snapshotting"]): string {
  const bytes = done === undefined || all === undefined ? "" : `, ${bytesText(done)} of ${bytesText(all)}`;
  return `${guest}: ${STAGES[stage]}${bytes}`;
}

export async function snapshots(
  { terminal, clock }: Context,
  file: string | undefined,
  options: SnapshotsOptions,
): Promise<Exit> {
  const source = { file: await fileOfLab({ file: file ?? options.file, lab: options.lab }) };
  if (options.remove !== undefined) {
    await removeSnapshot(source, options.remove);
    const record = { schema: SNAPSHOT_SCHEMA, removed: options.remove };
    if (options.json) terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
    else terminal.err(`${terminal.paint("yellow", "removed", "err")} ${options.remove}\n`);
    return EXIT.done;
  }
  const all = await keptSnapshots(source);
  const row = ({ name, guest, made, bytes, memory, vbus }: KeptSnapshot): string[] => {
    const age = Math.max(0, clock.wall() - Date.parse(made));
    return options.plain
      ? [name, guest, made, String(bytes), String(memory), vbus]
      : [name, guest, ageText(age), bytesText(bytes), bytesText(memory), vbus];
  };
  if (options.json) {
    const record = { schema: SNAPSHOT_SCHEMA, file: source.file, snapshots: all };
    terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
  } else if (options.plain) terminal.out(all.map((one) => `${row(one).join("\t")}\n`).join(""));
  else if (all.length === 0) terminal.err("No snapshot is kept of this lab.\n");
  else terminal.out(tableText([HEAD, ...all.map(row)]));
  return EXIT.done;
}
