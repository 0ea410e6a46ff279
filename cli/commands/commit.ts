// `vbus commit`: what an overlay of a running lab has goes into its base, for good.

import type { LabClient } from "../../interpreter/index.ts";
import { agreed, type ConsentOptions } from "../consent.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { bytesText } from "../text.ts";
import { connectRunning } from "../which-lab.ts";

export interface CommitOptions extends ConsentOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const COMMIT_SCHEMA = 1;

export async function commit(context: Context, volume: string, options: CommitOptions): Promise<Exit> {
  const { terminal } = context;
  const client = await connectRunning({ file: options.file, lab: options.lab });
  try {
    if (!(await mayWrite(context, client, volume, options))) return EXIT.failed;
    const { bytes, base } = await client.request("commit", { volume });
    if (options.json)
      terminal.out(`${JSON.stringify({ schema: COMMIT_SCHEMA, volume, base, bytes }, undefined, 2)}\n`);
    else
      terminal.err(
        `${terminal.paint("green", "committed", "err")} ${volume}: ${bytesText(bytes)} to ${base}\n`,
      );
    return EXIT.done;
  } finally {
    client.close();
  }
}

/** Says which file would be written to, and asks. What can't be written at all, the lab says. */
async function mayWrite(
  context: Context,
  client: LabClient,
  volume: string,
  options: CommitOptions,
): Promise<boolean> {
  const { volumes } = await client.request("volumes", {});
  const base = volumes.find(({ address }) => address === volume)?.base;
  const below = volumes.find(({ address }) => address === base);
  if (!below) return true;
  const protection = below.protected ? `, and ${below.address} is protected` : "";
  const warnings = [`It writes to ${below.file}, on which ${volume} stands${protection}.`];
  return agreed(context, { lab: client.hello.lab, warnings }, options);
}
