// `vbus events`: what happened in a lab, who did it, and what happens: from the state, and from the running
// lab what is newer.

import {
  HISTORY_SCHEMA,
  OperationError,
  connect,
  readEvents,
  socketPathOf,
} from "../../interpreter/index.ts";
import type { LabClient, LabEvent } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { millisecondsOf } from "../durations.ts";
import { LEVEL, MARK } from "../event-lines.ts";
import { EXIT } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { fileOfLab } from "../which-lab.ts";

export interface EventsOptions {
  readonly since?: string;
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

export async function events(
  { terminal, clock }: Context,
  file: string | undefined,
  options: EventsOptions,
): Promise<Exit> {
  const wanted = sinceOf(options.since, clock.wall());
  const place = await fileOfLab({ file: file ?? options.file, lab: options.lab });
  const client = await clientOf(place, options.follow === true);
  let last = 0;
  /** Until the past has been shown, what comes is kept; nothing is shown twice. */
  const early: LabEvent[] = [];
  let take = (event: LabEvent): void => void early.push(event);
  const show = (event: LabEvent): void => {
    if (event.sequence <= last) return;
    last = event.sequence;
    if (wanted(event)) terminal.out(options.json ? recordOf(event) : lineOf(terminal, event));
  };
  if (client && options.follow) {
    client.on("event", (event) => take(event));
    await client.request("subscribe", { events: true });
  }
  for (const event of await readEvents({ file: place })) show(event);
  if (client) (await client.request("events", { since: last })).events.forEach(show);
  early.forEach(show);
  take = show;
  if (client && options.follow) await client.closed;
  client?.close();
  return EXIT.done;
}

/** None where the lab doesn't run and nobody wants to follow it. */
async function clientOf(file: string, needed: boolean): Promise<LabClient | undefined> {
  try {
    return await connect(socketPathOf(file));
  } catch (error) {
    const absent = error instanceof OperationError && error.trouble === "not-running";
    if (needed || !absent) throw error;
    return undefined;
  }
}

function recordOf(event: LabEvent): string {
  return `${JSON.stringify({ schema: HISTORY_SCHEMA, record: "event", ...event })}\n`;
}

function lineOf(terminal: Terminal, { time, level, address, message, actor }: LabEvent): string {
  const mark = terminal.paint(LEVEL[level], MARK[level]);
  const name = terminal.paint("bold", address ?? "lab");
  return `${terminal.paint("dim", time)} ${mark} ${name} ${message} ${terminal.paint("dim", `[${actor}]`)}\n`;
}

/** The number of an event, a time that has passed such as `10m`, or a moment in ISO 8601. */
function sinceOf(text: string | undefined, nowMs: number): (event: LabEvent) => boolean {
  if (text === undefined) return () => true;
  if (/^\d+$/.test(text)) return ({ sequence }) => sequence > Number(text);
  const moment = /^\d{4}-/.test(text) ? Date.parse(text) : nowMs - (millisecondsOf("--since", text) ?? 0);
  if (Number.isNaN(moment))
    throw new UsageError(`--since takes a number, a time as 10m, or a moment, not \`${text}\`.`);
  return ({ time }) => Date.parse(time) >= moment;
}
