// `vbus logs`: what guests printed, and with -f what they print from now on.

import type { LogLine } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { connectRunning } from "../which-lab.ts";

export interface LogsOptions {
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly lines?: string;
  readonly timestamps?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const LOGS_SCHEMA = 1;

export async function logs(
  { terminal }: Context,
  names: readonly string[],
  options: LogsOptions,
): Promise<Exit> {
  const files = names.filter((name) => name.endsWith(".vbus"));
  const guests = names.filter((name) => !name.endsWith(".vbus"));
  const count = options.lines === undefined ? undefined : Number(options.lines);
  if (count !== undefined && !(Number.isInteger(count) && count >= 0)) {
    throw new UsageError(`--lines takes a whole number, not \`${options.lines}\`.`);
  }
  const client = await connectRunning({ file: files[0] ?? options.file, lab: options.lab });
  const { guests: known } = await client.request("snapshot", {});
  const stranger = guests.find((name) => !known.some(({ address }) => address === name));
  if (stranger !== undefined) {
    client.close();
    const there = known.map(({ address }) => address).join(", ");
    throw new UsageError(`The lab has no guest ${stranger}; it has ${there}.`);
  }
  const one = guests.length === 1;
  const width = one ? 0 : Math.max(0, ...known.map(({ address }) => address.length));
  const show = (lines: readonly LogLine[]): void => {
    for (const line of lines) {
      if (guests.length > 0 && !guests.includes(line.guest)) continue;
      terminal.out(options.json ? `${JSON.stringify({ schema: LOGS_SCHEMA, ...line })}\n` : lineText(line));
    }
  };
  const lineText = ({ guest, time, text }: LogLine): string => {
    const head = one ? "" : `${terminal.paint("cyan", guest.padEnd(width))} | `;
    return `${options.timestamps ? `${time} ` : ""}${head}${text}\n`;
  };
  const wanted = { ...(guests.length > 0 && { guests }), ...(count !== undefined && { lines: count }) };
  if (!options.follow) {
    show((await client.request("logs", wanted)).lines);
    client.close();
    return EXIT.done;
  }
  const early: LogLine[] = [];
  let take = (lines: readonly LogLine[]): void => void early.push(...lines);
  client.on("log", ({ lines }) => take(lines));
  await client.request("subscribe", { logs: true });
  const { lines } = await client.request("logs", wanted);
  show(lines);
  const last = lines.at(-1)?.time ?? "";
  show(early.filter(({ time }) => time > last));
  take = show;
  await client.closed;
  return EXIT.done;
}
