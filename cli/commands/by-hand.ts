// `vbus set`, `make`, `link`, `unlink`, `remove`, `adopt` and `heal`: changes by hand on a running lab.

import type { Changed, ChangeParams, LabClient } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { connectRunning } from "../which-lab.ts";

export interface HandOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const CHANGE_SCHEMA = 1;

export function change(context: Context, params: ChangeParams, options: HandOptions): Promise<Exit> {
  return ask(context, options, (client) => client.request("change", params));
}

/** Of everything, or of what stands at a path. */
export function settle(
  context: Context,
  method: "adopt" | "heal",
  path: string | undefined,
  options: HandOptions,
): Promise<Exit> {
  return ask(context, options, (client) => client.request(method, path === undefined ? {} : { path }));
}

async function ask(
  { terminal }: Context,
  options: HandOptions,
  request: (client: LabClient) => Promise<Changed>,
): Promise<Exit> {
  const client = await connectRunning({ file: options.file, lab: options.lab });
  const changed = await request(client).finally(() => client.close());
  if (options.json) terminal.out(`${JSON.stringify({ schema: CHANGE_SCHEMA, ...changed }, undefined, 2)}\n`);
  if (changed.done) {
    if (options.json) return EXIT.done;
    for (const { address, text } of changed.steps)
      terminal.err(`  ${terminal.paint("bold", address, "err")} ${text}\n`);
    terminal.err(`${changed.message}\n`);
    return EXIT.done;
  }
  const wrong = changed.diagnosticsText !== "";
  if (!options.json) {
    terminal.err(changed.diagnosticsText);
    terminal.err(`${terminal.paint("red", "error:", "err")} ${changed.message}\n`);
  }
  return wrong ? EXIT.invalid : EXIT.failed;
}
