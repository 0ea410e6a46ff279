// `vbus dash`: a dashboard on a running lab; with --once a single picture for pipes and scripts.

import { setFlagsFromString } from "node:v8";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { connect } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { dashboardPreferences, type LookOptions } from "../dashboard-preferences.ts";
import { EXIT } from "../exit-codes.ts";
import { guardTerminal } from "../terminal-guard.ts";
import { chooseRunning } from "../which-lab.ts";

export interface DashOptions extends LookOptions {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly markdown?: boolean;
  readonly readOnly?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

export async function dash(context: Context, file: string | undefined, options: DashOptions): Promise<Exit> {
  const { terminal } = context;
  const socketPath = await chooseRunning({ file: file ?? options.file, lab: options.lab });
  if (options.once) {
    const client = await connect(socketPath);
    const snapshot = await client.request("snapshot", {});
    client.close();
    const { renderOnce } = await import("../../tui/index.ts");
    const format = options.json ? "json" : options.markdown ? "markdown" : "plain";
    terminal.out(renderOnce(snapshot, { format, columns: terminal.columns }));
    return EXIT.done;
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(
      "A dashboard needs a terminal; `vbus dash --once` draws once, `vbus ps` lists the guests.",
    );
  }
  const { readOnly = false } = options;
  return attach(context, socketPath, { attachedByUp: false, look: options, readOnly });
}

/**
 * Pictures of the lab are little, many, and soon dead. The place for young ones stays as it is, for 60 MB
 * less and a sixtieth of a core more; old garbage is collected when the heap is a quarter larger than what
 * lives in it, where V8 by itself would let it become four times as large.
 */
const HEAP = ["--semi-space-growth-factor=1", "--heap-growing-percent=25"];

/** Runs the dashboard in this process until it is left. */
export async function attach(
  context: Context,
  socketPath: string,
  options: { readonly attachedByUp: boolean; readonly look: LookOptions; readonly readOnly?: boolean },
): Promise<Exit> {
  const preferences = await dashboardPreferences(context.env, options.look);
  const { runDashboard } = await import("../../tui/index.ts");
  const { dashCommands } = await import("./dash-commands.ts");
  for (const flag of HEAP) setFlagsFromString(flag);
  let file: string | undefined;
  const release = guardTerminal();
  const end = await runDashboard({
    connect: async () => {
      const client = await connect(socketPath);
      file = client.hello.file;
      return client;
    },
    attachedByUp: options.attachedByUp,
    readOnly: options.readOnly ?? false,
    commands: dashCommands(context, () => file),
    streams: { stdin: process.stdin, stdout: process.stdout },
    environment: context.env,
    preferences,
    clock: context.clock,
    // Of 200 guests a picture is 150 KB of text, and 12 KB of these.
    packer: {
      pack: (text) => deflateRawSync(text, { level: 1 }),
      unpack: (bytes) => inflateRawSync(bytes).toString(),
    },
  }).finally(release);
  if (end !== "stop") return EXIT.done;
  const client = await connect(socketPath);
  context.terminal.err(`stopping ${client.hello.lab} ...\n`);
  await client.request("down", {});
  client.close();
  return EXIT.done;
}
