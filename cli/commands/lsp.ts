// `vbus lsp`: the language server, for one editor on stdin and stdout.

import type { LintOptions } from "../../lang/index.ts";
import { serve } from "../../lsp/index.ts";
import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { knownLints } from "./lint.ts";

/** Nothing else may write to stdout while it runs. */
export async function lsp({ env, clock }: Context, version: string, lints: LintOptions): Promise<Exit> {
  knownLints(lints);
  const streams = { input: process.stdin, output: process.stdout };
  const good = await serve({ ...streams, env, version, clock, lints });
  // The editor may leave its end open: that is no reason to stay.
  process.stdin.destroy();
  return good ? EXIT.done : EXIT.failed;
}
