// `vbus lsp`: the language server, for one editor on stdin and stdout.

import { serve } from "../../lsp/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";

/** Nothing else may write to stdout while it runs. */
export async function lsp({ env, clock }: Context, version: string): Promise<Exit> {
  const streams = { input: process.stdin, output: process.stdout };
  const good = await serve({ ...streams, env, version, clock });
  // The editor may leave its end open: that is no reason to stay.
  process.stdin.destroy();
  return good ? EXIT.done : EXIT.failed;
}
