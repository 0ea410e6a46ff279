// `vbus exec`: a command in a guest of a running lab that has a shell; ends as the command ended.

import type { Context, Exit } from "../context.ts";
import { millisecondsOf } from "../durations.ts";
import { EXIT } from "../exit-codes.ts";
import { connectRunning } from "../which-lab.ts";

export interface ExecOptions {
  readonly timeout?: string;
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const EXEC_SCHEMA = 1;
/** What a status beyond one byte, or none, ends with. */
const STATUS_MAX = 255;

export async function exec(
  { terminal }: Context,
  guest: string,
  words: readonly string[],
  options: ExecOptions,
): Promise<Exit> {
  const timeoutMs = millisecondsOf("--timeout", options.timeout);
  const client = await connectRunning({ file: options.file, lab: options.lab });
  try {
    const command = words.join(" ");
    const given = { guest, command, ...(timeoutMs !== undefined && { timeoutMs }) };
    const done = await client.request("exec", given);
    if (options.json) {
      terminal.out(`${JSON.stringify({ schema: EXEC_SCHEMA, guest, command, ...done }, undefined, 2)}\n`);
    } else terminal.out(done.output);
    if (done.cut) terminal.err("more was printed than is kept\n");
    return done.status >= 0 && done.status <= STATUS_MAX ? done.status : EXIT.failed;
  } finally {
    client.close();
  }
}
