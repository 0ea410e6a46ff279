// A lab in this process: a line per event, until it is stopped, or with --wait until every goal is met.

import { openLab, type Lab, type Source } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EventLines } from "../event-lines.ts";
import { EXIT } from "../exit-codes.ts";
import { onSignals } from "../signals.ts";
import type { Following } from "./up.ts";
import { showDiagnostics } from "./diagnostics-record.ts";

interface ForegroundOptions extends Following {
  readonly wait?: boolean;
  readonly timeoutMs: number | undefined;
  readonly json?: boolean;
}

const TAIL_LINES = 10;

export async function upInForeground(
  context: Context,
  source: Source,
  options: ForegroundOptions,
): Promise<Exit> {
  const { terminal, clock } = context;
  const lines = new EventLines(terminal, options.json ?? false, clock.wall());
  let signalled: Exit | undefined;
  let lab: Lab | undefined;
  // A signal while it boots is remembered; the lab is stopped as soon as there is one.
  const release = onSignals((exit) => {
    signalled = exit;
    void lab?.stop({ actor: "signal" });
  });
  try {
    const opened = await openLab({
      ...source,
      clock,
      watch: options.watch && !options.wait,
      maxDisruption: options.maxDisruption,
      selection: options.selection,
      ...(options.metrics && { metrics: options.metrics }),
      onEvent: (event) => {
        lines.event(event);
        if (event.type === "diagnostic" && lab && !options.json) terminal.err(lab.snapshot().diagnosticsText);
      },
      onLog: (logs) => logs.forEach((line) => lines.log(line)),
    });
    showDiagnostics(terminal, opened);
    if (!opened.lab) return EXIT.invalid;
    lab = opened.lab;
    if (signalled !== undefined) await lab.stop({ actor: "signal" });
    const exit = options.wait ? await waitForGoals(context, lab, options.timeoutMs) : await untilStopped(lab);
    return signalled ?? exit;
  } finally {
    release();
  }
}

async function untilStopped(lab: Lab): Promise<Exit> {
  await lab.stopped;
  return EXIT.done;
}

async function waitForGoals({ terminal }: Context, lab: Lab, timeoutMs: number | undefined): Promise<Exit> {
  const stopped = lab.stopped.then(() => undefined);
  const outcome = await Promise.race([lab.whenReady(timeoutMs), stopped]);
  if (outcome && !outcome.ready) {
    for (const guest of outcome.failed) terminal.err(tailOf(lab, guest));
    if (outcome.failed.length === 0) terminal.err("The goals were not met in time.\n");
  }
  await lab.stop({ actor: "up --wait" });
  if (!outcome || outcome.ready) return EXIT.done;
  return outcome.failed.length > 0 ? EXIT.failed : EXIT.busy;
}

/** Why a guest missed its goal, with the end of its log. */
function tailOf(lab: Lab, guest: string): string {
  const row = lab.snapshot().guests.find(({ address }) => address === guest);
  const why = row?.reason ?? (row?.exit === undefined ? (row?.state ?? "gone") : `ended with ${row.exit}`);
  const tail = lab.logs([guest], TAIL_LINES).map(({ text }) => `  | ${text}\n`);
  return `${guest} missed its goal (${row?.goal ?? "?"}): ${why}\n${tail.join("")}`;
}
