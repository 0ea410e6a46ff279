// The lab's own process, started by `up` on a terminal or by `up -d`: runs until somebody says `down`.

import { openLab, OperationError, type Lab, type Source } from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { EventLines } from "../event-lines.ts";
import { EXIT } from "../exit-codes.ts";
import { onSignals } from "../signals.ts";
import type { Following } from "./up.ts";
import { diagnosticsText } from "./diagnostics-record.ts";

/** What the lab's process tells the one that started it, once. */
export type ServedLetter =
  | { readonly type: "up"; readonly socketPath: string; readonly notes: string }
  | { readonly type: "refused"; readonly exit: Exit; readonly text: string };

/** What the lab's process is told first: the values of `-p`, which would be read by others as arguments. */
export interface GivenLetter {
  readonly type: "given";
  readonly flags: Readonly<Record<string, string>>;
}

/** Columns for diagnostics that somebody else shows. */
const WIDTH = 100;

export async function serveLab(
  { terminal, clock }: Context,
  called: Source,
  following: Following,
): Promise<Exit> {
  const given = process.connected ? await givenLetter() : { flags: {} };
  // Whoever started it is gone before it said what to run with.
  if (!given) return EXIT.failed;
  const source = {
    ...called,
    params: { ...called.params, flags: { ...called.params?.flags, ...given.flags } },
  };
  const lines = new EventLines(terminal, false, clock.wall());
  let lab: Lab | undefined;
  let signalled: Exit | undefined;
  const release = onSignals((exit) => {
    signalled = exit;
    void lab?.stop({ actor: "signal" });
  });
  try {
    const opened = await openLab({
      ...source,
      clock,
      ...following,
      onEvent: (event) => lines.event(event),
      onLog: (logs) => logs.forEach((line) => lines.log(line)),
    });
    const notes = diagnosticsText(opened, { colour: false, width: WIDTH });
    lab = opened.lab;
    if (!lab) {
      tell({ type: "refused", exit: EXIT.invalid, text: notes });
      return EXIT.invalid;
    }
    tell({ type: "up", socketPath: lab.socketPath as string, notes });
    await lab.stopped;
    return signalled ?? EXIT.done;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const hint = error.hint === undefined ? "" : ` ${error.hint}`;
    tell({ type: "refused", exit: error.exitCode, text: `error: ${error.message}${hint}\n` });
    return error.exitCode;
  } finally {
    release();
  }
}

function givenLetter(): Promise<GivenLetter | undefined> {
  return new Promise((resolve) => {
    process.once("message", (letter) => resolve(letter as GivenLetter));
    process.once("disconnect", () => resolve(undefined));
  });
}

function tell(letter: ServedLetter): void {
  if (!process.connected || !process.send) return;
  process.send(letter, undefined, undefined, () => process.disconnect?.());
}
