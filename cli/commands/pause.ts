// `vbus pause` and `vbus resume`: makes a guest of a running lab stand still, and lets it run on.

import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { connectRunning } from "../which-lab.ts";

export interface PauseOptions {
  readonly file?: string;
  readonly lab?: string;
}

export async function pause(
  { terminal }: Context,
  method: "pause" | "resume",
  guest: string,
  options: PauseOptions,
): Promise<Exit> {
  const client = await connectRunning({ file: options.file, lab: options.lab });
  try {
    await client.request(method, { guest });
  } finally {
    client.close();
  }
  const [word, colour] =
    method === "pause" ? (["paused", "yellow"] as const) : (["running", "green"] as const);
  terminal.err(`${terminal.paint(colour, word, "err")} ${guest}\n`);
  return EXIT.done;
}
