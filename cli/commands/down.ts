// `vbus down`: stops a running lab, and comes back when everything is down.

import type { LabClient } from "../../interpreter/index.ts";
import { agreed, type ConsentOptions } from "../consent.ts";
import type { Context, Exit } from "../context.ts";
import { millisecondsOf } from "../durations.ts";
import { EXIT } from "../exit-codes.ts";
import { connectRunning } from "../which-lab.ts";

export interface DownOptions extends ConsentOptions {
  readonly volumes?: boolean;
  readonly grace?: string;
  readonly file?: string;
  readonly lab?: string;
}

export async function down(context: Context, file: string | undefined, options: DownOptions): Promise<Exit> {
  const { terminal } = context;
  const grace = options.grace === "0" ? 0 : millisecondsOf("--grace", options.grace);
  const client = await connectRunning({ file: file ?? options.file, lab: options.lab });
  const { lab } = client.hello;
  const volumes = options.volumes === true;
  if (volumes && !(await mayDelete(context, client, options))) {
    client.close();
    return EXIT.failed;
  }
  terminal.err(`stopping ${lab} ...\n`);
  const graceMs = grace === undefined ? {} : { graceMs: grace };
  await client.request("down", { ...graceMs, ...(volumes && { volumes }) });
  client.close();
  terminal.err(`${terminal.paint("green", "stopped", "err")} ${lab}\n`);
  return EXIT.done;
}

/** Says what would be deleted, and asks. */
async function mayDelete(context: Context, client: LabClient, options: DownOptions): Promise<boolean> {
  const { volumes } = await client.request("volumes", {});
  for (const { address, file } of volumes.filter((one) => one.protected))
    context.terminal.err(`kept: ${file}, since ${address} is protected\n`);
  const lost = volumes.filter((one) => !one.protected);
  const warnings = lost.map(({ address, file }) => `It deletes ${file}, which ${address} has stored.`);
  return agreed(context, { lab: client.hello.lab, warnings }, options);
}
