// `vbus commit`: what an overlay of a running lab has goes into its base, for good.

import type { LabClient, Notifications } from "../../interpreter/index.ts";
import { untilDone } from "../call-off.ts";
import { agreed, type ConsentOptions } from "../consent.ts";
import type { Context, Exit } from "../context.ts";
import { DrawnLine } from "../drawn-line.ts";
import { EXIT } from "../exit-codes.ts";
import { bytesText } from "../text.ts";
import { connectRunning } from "../which-lab.ts";

export interface CommitOptions extends ConsentOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const COMMIT_SCHEMA = 2;
/** Between two lines of what goes on where no terminal draws over the last one, milliseconds. */
const LINES_MS = 1000;

export async function commit(context: Context, volume: string, options: CommitOptions): Promise<Exit> {
  const client = await connectRunning({ file: options.file, lab: options.lab });
  try {
    if (!(await mayWrite(context, client, volume, options))) return EXIT.failed;
    return await commitAndTell(context, client, volume, options.json === true);
  } finally {
    client.close();
  }
}

/** The first signal calls it off. */
async function commitAndTell(
  { terminal, clock }: Context,
  client: LabClient,
  volume: string,
  json: boolean,
): Promise<Exit> {
  const progress = new Progress({ terminal, clock }, json);
  client.on("committing", (at) => progress.show(at));
  const clear = (): void => progress.end();
  const stop = (): Promise<unknown> => client.request("commitStop", {});
  return untilDone({ terminal }, { stop, clear }, async () => {
    const { bytes, base } = await client.request("commit", { volume });
    clear();
    const record = { schema: COMMIT_SCHEMA, record: "committed", volume, base, bytes };
    const done = terminal.paint("green", "committed", "err");
    if (json) terminal.out(`${JSON.stringify(record)}\n`);
    else terminal.err(`${done} ${volume}: ${bytesText(bytes)} to ${base}\n`);
    return EXIT.done;
  });
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

/** How far it is: on a terminal one line that is drawn over, else a line a second; or a record each time. */
class Progress {
  readonly #context: Pick<Context, "terminal" | "clock">;
  readonly #json: boolean;
  readonly #beganMs: number;
  readonly #line: DrawnLine;
  #saidMs: number;

  constructor(context: Pick<Context, "terminal" | "clock">, json: boolean) {
    this.#context = context;
    this.#json = json;
    this.#line = new DrawnLine(context.terminal);
    this.#beganMs = context.clock.now();
    this.#saidMs = this.#beganMs;
  }

  show({ volume, done, all }: Notifications["committing"]): void {
    const { terminal, clock } = this.#context;
    const now = clock.now();
    const seconds = Math.max(now - this.#beganMs, 1) / 1000;
    const bytesPerSecond = Math.round(done / seconds);
    if (this.#json) {
      const record = { schema: COMMIT_SCHEMA, record: "progress", volume, done, bytes: all, bytesPerSecond };
      terminal.out(`${JSON.stringify(record)}\n`);
      return;
    }
    const text = `${volume}: ${bytesText(done)} of ${bytesText(all)}, ${bytesText(bytesPerSecond)}/s`;
    if (this.#line.draw(text) || now - this.#saidMs < LINES_MS) return;
    this.#saidMs = now;
    terminal.err(`${seconds.toFixed(1).padStart(6)}s ${text}\n`);
  }

  /** What was drawn makes room for what is said now. */
  end(): void {
    this.#line.clear();
  }
}
