// `vbus up`: on a terminal it starts the lab as a process of its own and shows a dashboard; elsewhere the lab
// runs here.

import {
  readMetricsAddress,
  type Disruption,
  type MetricsAddress,
  type Selection,
} from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { UsageError } from "../context.ts";
import { millisecondsOf } from "../durations.ts";
import type { SourceOptions } from "../source-options.ts";
import { selectionOf, sourceOf, type SelectionOptions } from "../source-options.ts";

export interface UpOptions extends SourceOptions, SelectionOptions {
  readonly maxDisruption: Disruption;
  readonly watch: boolean;
  readonly wait?: boolean;
  readonly timeout?: string;
  readonly detach?: boolean;
  readonly dash: boolean;
  readonly ascii?: boolean;
  readonly metrics?: string;
  readonly json?: boolean;
  readonly serve?: boolean;
}

/** How a lab follows its file, and where it tells its numbers. */
export interface Following {
  readonly metrics?: MetricsAddress;
  readonly watch: boolean;
  readonly maxDisruption: Disruption;
  readonly selection: Selection;
}

export async function up(context: Context, file: string | undefined, options: UpOptions): Promise<Exit> {
  const source = sourceOf(file, options);
  const { metrics: metricsText, ...rest } = options;
  const timeoutMs = millisecondsOf("--timeout", options.timeout);
  const watch = options.watch && context.env["VBUS_UP_NO_WATCH"] === undefined;
  const { maxDisruption } = options;
  const metrics = metricsOf(metricsText);
  const following: Following = {
    watch,
    maxDisruption,
    selection: selectionOf(options),
    ...(metrics !== undefined && { metrics }),
  };
  if (options.serve) return (await import("./up-served.ts")).serveLab(context, source, following);
  const dashboard = context.terminal.interactive && options.dash && !options.json && !options.detach;
  if (dashboard || options.detach) {
    const { upInBackground } = await import("./up-background.ts");
    return upInBackground(context, source, { ...rest, dashboard, ...following, timeoutMs });
  }
  return (await import("./up-foreground.ts")).upInForeground(context, source, {
    ...rest,
    ...following,
    timeoutMs,
  });
}

function metricsOf(text: string | undefined): MetricsAddress | undefined {
  const address = text === undefined ? undefined : readMetricsAddress(text);
  if (text !== undefined && address === undefined)
    throw new UsageError(`--metrics takes a port or host:port, such as 127.0.0.1:9464, not \`${text}\`.`);
  return address;
}
