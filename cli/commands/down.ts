// `vbus down`: stops a running lab, and comes back when everything is down.

import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { connectRunning } from "../which-lab.ts";

export interface DownOptions {
  readonly grace?: string;
  readonly file?: string;
  readonly lab?: string;
}

export async function down(
  { terminal }: Context,
  file: string | undefined,
  options: DownOptions,
): Promise<Exit> {
  const seconds = options.grace === undefined ? undefined : Number(options.grace);
  if (seconds !== undefined && !(seconds >= 0)) {
    throw new UsageError(`--grace takes a number of seconds, not \`${options.grace}\`.`);
  }
  const client = await connectRunning({ file: file ?? options.file, lab: options.lab });
  const { lab } = client.hello;
  terminal.err(`stopping ${lab} ...\n`);
  await client.request("down", seconds === undefined ? {} : { graceMs: seconds * 1000 });
  client.close();
  terminal.err(`${terminal.paint("green", "stopped", "err")} ${lab}\n`);
  return EXIT.done;
}
