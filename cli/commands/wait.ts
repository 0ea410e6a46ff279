// `vbus wait`: until a guest of a running lab is as far as is said, or can't get there.

import type { GuestRow, LabClient } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { millisecondsOf } from "../durations.ts";
import { EXIT } from "../exit-codes.ts";
import { onSignals } from "../signals.ts";
import { connectRunning } from "../which-lab.ts";

export interface WaitOptions {
  readonly for: string;
  readonly timeout?: string;
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

type Answer = "met" | "missed" | "open";

const WAIT_SCHEMA = 1;
const ENDED = new Set(["completed", "failed", "stopped", "quarantined"]);

/** What may be waited for. A guest that ended is judged as it stands: it may be restarted. */
const JUDGES: Readonly<Record<string, (guest: GuestRow) => Answer>> = {
  running: ({ state }) => (state === "running" ? "met" : ENDED.has(state) ? "missed" : "open"),
  ready: ({ goalMet, state }) => (goalMet ? "met" : ENDED.has(state) ? "missed" : "open"),
  completed: ({ state, exit }) =>
    state === "completed" && (exit ?? 0) === 0 ? "met" : ENDED.has(state) ? "missed" : "open",
  exited: ({ state }) => (ENDED.has(state) ? "met" : "open"),
};

export async function wait(context: Context, name: string, options: WaitOptions): Promise<Exit> {
  const timeoutMs = millisecondsOf("--timeout", options.timeout);
  const client = await connectRunning({ file: options.file, lab: options.lab });
  try {
    return await untilJudged(context, client, name, options, timeoutMs);
  } finally {
    client.close();
  }
}

async function untilJudged(
  { terminal }: Context,
  client: LabClient,
  name: string,
  options: WaitOptions,
  timeoutMs: number | undefined,
): Promise<Exit> {
  const judge = JUDGES[options.for] as (typeof JUDGES)[string];
  const { promise, resolve, reject } = Promise.withResolvers<Exit>();
  // It may be rejected before it is awaited.
  promise.catch(() => undefined);
  let last: GuestRow | undefined;
  const look = (guests: readonly GuestRow[]): void => {
    const guest = guests.find(({ address }) => address === name);
    if (guest === undefined) {
      const there = guests.map(({ address }) => address).join(", ");
      reject(new UsageError(`The lab has no guest ${name}; it has ${there}.`));
      return;
    }
    last = guest;
    const answer = judge(guest);
    if (answer !== "open") resolve(answer === "met" ? EXIT.done : EXIT.failed);
  };
  client.on("snapshot", ({ guests }) => look(guests));
  const release = onSignals(resolve);
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => resolve(EXIT.busy), timeoutMs);
  void client.closed.then(() => resolve(EXIT.notRunning));
  let exit: Exit;
  try {
    // The first one comes at once, the next with each change.
    await client.request("subscribe", { snapshots: true });
    exit = await promise;
  } finally {
    clearTimeout(timer);
    release();
  }
  const { state = "unknown", exit: code, reason } = last ?? {};
  if (options.json) {
    const record = { schema: WAIT_SCHEMA, guest: name, for: options.for, met: exit === EXIT.done, state };
    const more = { ...(code !== undefined && { exit: code }), ...(reason !== undefined && { reason }) };
    terminal.out(`${JSON.stringify({ ...record, ...more })}\n`);
  }
  const how = `${state}${code === undefined ? "" : ` (${code})`}${reason === undefined ? "" : `: ${reason}`}`;
  if (exit === EXIT.done) terminal.err(`${name} is ${how}\n`);
  else if (exit === EXIT.busy) terminal.err(`${name} is not ${options.for} in time: it is ${how}\n`);
  else if (exit === EXIT.notRunning) terminal.err("the lab has gone\n");
  else if (exit === EXIT.failed) terminal.err(`${name} is not ${options.for}: it is ${how}\n`);
  return exit;
}
