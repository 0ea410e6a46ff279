// `vbus metrics`: every number of a running lab in the text format of Prometheus. docs/metrics.md says what
// each is.

import type { Context, Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { connectRunning } from "../which-lab.ts";

export interface MetricsOptions {
  readonly file?: string;
  readonly lab?: string;
}

export async function metrics(
  { terminal }: Context,
  file: string | undefined,
  options: MetricsOptions,
): Promise<Exit> {
  const client = await connectRunning({ file: file ?? options.file, lab: options.lab });
  const { text } = await client.request("metrics", {});
  client.close();
  terminal.out(text);
  return EXIT.done;
}
