// `vbus capture`: frames of a running lab as pcapng, to a file or a pipe, or until an expected one comes.

import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Writable } from "node:stream";
import { readFilter } from "../../hypervisor/index.ts";
import type { LabClient, Methods } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { millisecondsOf } from "../durations.ts";
import { EXIT } from "../exit-codes.ts";
import { onSignals } from "../signals.ts";
import { connectRunning } from "../which-lab.ts";

export interface CaptureOptions {
  readonly write?: string;
  readonly filter?: string;
  readonly expect?: string;
  readonly within?: string;
  readonly count?: string;
  readonly snaplen?: string;
  readonly duration?: string;
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

type Totals = Omit<Methods["captureRead"]["result"], "data">;

const CAPTURE_SCHEMA = 1;
const STDOUT = 1;

export async function capture(
  { terminal }: Context,
  names: readonly string[],
  options: CaptureOptions,
): Promise<Exit> {
  const { write, filter, expect, json = false } = options;
  const paths = names.filter((name) => !name.endsWith(".vbus"));
  checkFilter("--filter", filter);
  checkFilter("--expect", expect);
  if (options.within !== undefined && expect === undefined) {
    throw new UsageError("--within says how long --expect waits: give both.");
  }
  const toStdout = write === "-" || (write === undefined && expect === undefined);
  if (toStdout && process.stdout.isTTY) {
    throw new UsageError("A capture is no text for a terminal: name a file with -w, or pipe it.");
  }
  if (toStdout && json) throw new UsageError("--json writes to stdout: name a file for the capture with -w.");
  const limits = {
    ...(options.count !== undefined && { frames: wholeOf("--count", options.count) }),
    ...(options.snaplen !== undefined && { snaplen: wholeOf("--snaplen", options.snaplen) }),
  };
  const lasting =
    millisecondsOf("--within", options.within) ?? millisecondsOf("--duration", options.duration);
  const file = names.find((name) => name.endsWith(".vbus")) ?? options.file;
  const wanted = {
    paths,
    ...limits,
    ...(filter !== undefined && { filter }),
    ...(expect !== undefined && { expect }),
  };
  const client = await connectRunning({ file, lab: options.lab });
  try {
    const { capture: number } = await client.request("capture", wanted);
    const out = toStdout ? createWriteStream("", { fd: STDOUT, autoClose: false }) : fileOf(write);
    terminal.err(`capturing ${paths.length === 0 ? "all networks" : paths.join(", ")}\n`);
    const { totals, signalled } = await untilEnd({
      client,
      number,
      out,
      lasting,
      expects: expect !== undefined,
    });
    const { frames, lost, matched } = totals;
    if (json) {
      const record = { schema: CAPTURE_SCHEMA, frames, lost, ...(expect !== undefined && { matched }) };
      terminal.out(`${JSON.stringify(record)}\n`);
    }
    const missing = lost > 0 ? `, ${lost} missing: the reader was slower` : "";
    terminal.err(`${frames} frame${frames === 1 ? "" : "s"} captured${missing}\n`);
    if (signalled !== undefined && !matched) return signalled;
    if (expect === undefined || matched) return EXIT.done;
    terminal.err(`${terminal.paint("red", "error:", "err")} no frame came that fits \`${expect}\`\n`);
    return EXIT.testFailed;
  } finally {
    client.close();
  }
}

interface Carrying {
  readonly client: LabClient;
  readonly number: number;
  readonly out: Writable | undefined;
  /** Milliseconds until it is stopped. */
  readonly lasting: number | undefined;
  /** It is stopped by the frame that is expected. */
  readonly expects: boolean;
}

/** Carries a capture until it ends by itself, by time, by a signal or by what is expected. */
async function untilEnd({
  client,
  number,
  out,
  lasting,
  expects,
}: Carrying): Promise<{ readonly totals: Totals; readonly signalled: Exit | undefined }> {
  const stop = (): void => void client.request("captureStop", { capture: number }).catch(() => undefined);
  let signalled: Exit | undefined;
  const release = onSignals((exit) => {
    signalled = exit;
    stop();
  });
  const timer = lasting === undefined ? undefined : setTimeout(stop, lasting);
  try {
    const totals = await carry(client, number, out, expects ? stop : undefined);
    return { totals, signalled };
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Carries pieces until the last one. `onMatch` is called when the expected frame has come. */
async function carry(
  client: LabClient,
  capture: number,
  out: Writable | undefined,
  onMatch: (() => void) | undefined,
): Promise<Totals> {
  let told = false;
  // Bound: the capture comes to its end; each turn waits for the lab and for the file.
  for (;;) {
    const { data, ...totals } = await client.request("captureRead", { capture });
    if (out && data !== "") await writeAll(out, Buffer.from(data, "base64"));
    if (totals.matched && onMatch && !told) {
      told = true;
      onMatch();
    }
    if (!totals.done) continue;
    out?.end();
    if (out) await finished(out);
    return totals;
  }
}

function writeAll(out: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => out.write(bytes, (error) => (error ? reject(error) : resolve())));
}

function fileOf(write: string | undefined): Writable | undefined {
  if (write === undefined) return undefined;
  const out = createWriteStream(write);
  out.on("error", () => undefined); // Whoever writes hears of it.
  return out;
}

function checkFilter(option: string, text: string | undefined): void {
  const reading = text === undefined ? undefined : readFilter(text);
  if (reading === undefined || reading.ok) return;
  const { message, at } = reading.error;
  throw new UsageError(`${option} can't be read: ${message}.\n  ${text}\n  ${" ".repeat(at)}^`);
}

function wholeOf(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`${option} takes a whole number above 0, not \`${text}\`.`);
}
