// `vbus console`: what is typed goes to a guest's console, and what the guest prints comes here.

import type { LabClient } from "../../interpreter/index.ts";
import { OperationError, typeAll } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { onSignals } from "../signals.ts";
import { connectRunning } from "../which-lab.ts";

export interface ConsoleOptions {
  readonly echo?: boolean;
  readonly lines?: string;
  readonly file?: string;
  readonly lab?: string;
}

/** ctrl-] leaves, as in telnet. */
const DETACH = "\u001d";

export async function console(context: Context, guest: string, options: ConsoleOptions): Promise<Exit> {
  const { terminal } = context;
  const lines = Number(options.lines ?? "10");
  if (!Number.isInteger(lines) || lines < 0) {
    throw new UsageError(`--lines takes a whole number, not \`${options.lines}\`.`);
  }
  const client = await connectRunning({ file: options.file, lab: options.lab });
  try {
    await checkConsole(client, guest);
    client.on("log", ({ lines: printed }) => {
      for (const line of printed) if (line.guest === guest) terminal.out(`${line.text}\n`);
    });
    const { lines: before } = await client.request("logs", { guests: [guest], lines });
    for (const { text } of before) terminal.out(`${text}\n`);
    await client.request("subscribe", { logs: true });
    return await typed(context, client, guest, options.echo === true);
  } finally {
    client.close();
  }
}

async function checkConsole(client: LabClient, guest: string): Promise<void> {
  const { guests, devices } = await client.request("snapshot", {});
  if (!guests.some(({ address }) => address === guest)) {
    const there = guests.map(({ address }) => address).join(", ");
    throw new UsageError(`The lab has no guest ${guest}; it has ${there}.`);
  }
  if (devices.some((device) => device.class === "vconsole" && device.guests.includes(guest))) return;
  throw new OperationError("failed", `${guest} has no console.`, "Give it a device of class `vconsole`.");
}

/** Carries what is typed until it ends, the key that leaves, a signal, or the end of the lab. */
async function typed({ terminal }: Context, client: LabClient, guest: string, echo: boolean): Promise<Exit> {
  const { stdin } = process;
  const isTerminal = stdin.isTTY === true;
  const end = Promise.withResolvers<Exit>();
  const release = onSignals(end.resolve);
  let isAttached = true;
  void client.closed.then((reason) => {
    if (!isAttached) return;
    terminal.err(`the lab has gone: ${reason}\n`);
    end.resolve(EXIT.done);
  });
  let turn: Promise<void> = Promise.resolve();
  const onData = (chunk: string): void => {
    const at = isTerminal ? chunk.indexOf(DETACH) : -1;
    // The return key is a new line, as a terminal's own line discipline has it.
    const whole = at < 0 ? chunk : chunk.slice(0, at);
    const text = isTerminal ? whole.replaceAll("\r", "\n") : whole;
    if (echo) terminal.out(text);
    // Nothing more is read before the guest has taken it.
    stdin.pause();
    turn = turn
      .then(() => typeAll(client, guest, text))
      .then(() => {
        if (at >= 0) end.resolve(EXIT.done);
        // A reader that begins anew after the end would keep the process alive.
        else if (isAttached) stdin.resume();
      });
    turn.catch(end.reject);
  };
  const onEnd = (): void => void turn.then(() => end.resolve(EXIT.done));
  stdin.setEncoding("utf8").on("data", onData).on("end", onEnd);
  if (isTerminal) {
    stdin.setRawMode(true);
    terminal.err(`attached to ${guest}; ctrl-] leaves\n`);
  }
  try {
    return await end.promise;
  } finally {
    isAttached = false;
    if (isTerminal) stdin.setRawMode(false);
    stdin.off("data", onData).off("end", onEnd).pause();
    release();
  }
}
