// `vbus cp`: a file into a guest of a running lab, or out of it. What arrives is written beside and renamed
// when its length and hash are those of the other end.

import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { LabClient } from "../../interpreter/index.ts";
import { errorText, OperationError } from "../../interpreter/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { DrawnLine } from "../drawn-line.ts";
import { EXIT } from "../exit-codes.ts";
import { onSignals } from "../signals.ts";
import { bytesText } from "../text.ts";
import { connectRunning } from "../which-lab.ts";

export interface CpOptions {
  readonly json?: boolean;
  readonly file?: string;
  readonly lab?: string;
}

const CP_SCHEMA = 1;
/** Bytes of one request. */
const PIECE_BYTES = 256 * 1024;
/** The process's own stream. */
const STREAM = "-";
const SHOW_MS = 250;
const PERMISSIONS = 0o777;

interface Place {
  /** Undefined: here. */
  readonly guest: string | undefined;
  readonly path: string;
}
interface Copied {
  readonly bytes: number;
  readonly sha256: string;
}

export async function cp(context: Context, from: string, to: string, options: CpOptions): Promise<Exit> {
  const [source, target] = [placeOf(from), placeOf(to)];
  if ((source.guest === undefined) === (target.guest === undefined))
    throw new UsageError("One of both is a file in a guest, as GUEST:PATH, and the other a file here.");
  if (options.json && target.path === STREAM) throw new UsageError("--json and `-` both want the output.");
  const client = await connectRunning({ file: options.file, lab: options.lab });
  const progress = new Progress(context);
  let signal: Exit | undefined;
  const release = onSignals((exit) => {
    signal = exit;
    client.close();
    if (source.path === STREAM) process.stdin.destroy();
  });
  try {
    const copied = await (source.guest === undefined
      ? copyIn(client, source.path, target as Required<Place>, progress)
      : copyOut(client, source as Required<Place>, target.path, progress));
    progress.end();
    if (options.json) {
      const record = { schema: CP_SCHEMA, from, to, ...copied };
      context.terminal.out(`${JSON.stringify(record, undefined, 2)}\n`);
    }
    return EXIT.done;
  } catch (error) {
    if (signal !== undefined) return signal;
    throw error;
  } finally {
    release();
    progress.end();
    client.close();
  }
}

/** `pc:/etc/hosts` is in a guest; `./a:b` and `/a:b` are here. */
function placeOf(text: string): Place {
  const [, guest, rest] = /^([^/.:][^/:]*):(.*)$/s.exec(text) ?? [];
  if (guest === undefined || rest === undefined) return { guest: undefined, path: text };
  if (rest === "") throw new UsageError(`Say which file in ${guest}: ${guest}:/tmp/file.`);
  return { guest, path: rest };
}

async function copyIn(
  client: LabClient,
  file: string,
  { guest, path: there }: { readonly guest: string | undefined; readonly path: string },
  progress: Progress,
): Promise<Copied> {
  const facts = file === STREAM ? undefined : factsOf(file);
  progress.total = facts?.size;
  const { copy } = await client.request("copyIn", {
    guest: guest as string,
    path: there,
    ...(facts && { name: path.basename(path.resolve(file)), mode: facts.mode & PERMISSIONS }),
  });
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const piece of piecesOf(facts ? createReadStream(file) : process.stdin)) {
      await client.request("copyWrite", { copy, data: piece.toString("base64") });
      hash.update(piece);
      bytes += piece.length;
      progress.show(bytes);
    }
  } catch (error) {
    throw error instanceof OperationError ? error : cantRead(file, error);
  }
  const copied = await client.request("copyEnd", { copy });
  return agreed(copied, { bytes, sha256: hash.digest("hex") });
}

async function copyOut(
  client: LabClient,
  { guest, path: there }: { readonly guest: string | undefined; readonly path: string },
  file: string,
  progress: Progress,
): Promise<Copied> {
  const {
    copy,
    bytes: total,
    mode,
  } = await client.request("copyOut", { guest: guest as string, path: there });
  progress.total = total === 0 ? undefined : total;
  const target = new Target(file, path.posix.basename(there), mode);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    // Bound: the lab ends it where the guest sends more than it said.
    for (;;) {
      const { data, done } = await client.request("copyRead", { copy });
      if (done) break;
      const piece = Buffer.from(data, "base64");
      hash.update(piece);
      bytes += piece.length;
      await target.write(piece);
      progress.show(bytes);
    }
    const copied = await client.request("copyEnd", { copy });
    const both = agreed(copied, { bytes, sha256: hash.digest("hex") });
    await target.keep();
    return both;
  } catch (error) {
    target.drop();
    throw error;
  }
}

/** A file here, that is there when it is whole; or the output. */
class Target {
  readonly #file: string | undefined;
  readonly #made: string;
  readonly #stream: Writable;
  #broken: unknown;

  constructor(file: string, name: string, mode: number) {
    const isOutput = file === STREAM;
    const isFolder =
      !isOutput && (file.endsWith("/") || statSync(file, { throwIfNoEntry: false })?.isDirectory());
    this.#file = isOutput ? undefined : isFolder ? path.join(file, nameHere(name)) : file;
    this.#made = `${this.#file ?? ""}.${randomUUID()}.new`;
    this.#stream = isOutput
      ? process.stdout
      : createWriteStream(this.#made, { flags: "wx", mode: mode & PERMISSIONS, flush: true });
    this.#stream.on("error", (error) => (this.#broken ??= error));
  }

  /** Resolves when there is room for more. */
  async write(bytes: Buffer): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.write(bytes, () => resolve()));
    this.#check();
  }

  async keep(): Promise<void> {
    if (this.#file === undefined) return;
    this.#stream.end();
    await finished(this.#stream).catch((error: unknown) => (this.#broken ??= error));
    this.#check();
    try {
      renameSync(this.#made, this.#file);
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  drop(): void {
    if (this.#file === undefined) return;
    this.#stream.destroy();
    rmSync(this.#made, { force: true });
  }

  #check(): void {
    if (this.#broken !== undefined) throw this.#refusal(this.#broken);
  }

  #refusal(error: unknown): OperationError {
    return new OperationError(
      "failed",
      `${this.#file ?? "The output"} can't be written: ${errorText(error)}.`,
    );
  }
}

/** Of a path in a guest, for a folder here. */
function nameHere(name: string): string {
  if (name === "" || name === "." || name === "..")
    throw new UsageError("Say what the file is to be called here.");
  return name;
}

function factsOf(file: string): { readonly size: number; readonly mode: number } {
  const facts = statSync(file, { throwIfNoEntry: false });
  if (!facts) throw new OperationError("failed", `There is no file ${file}.`);
  if (facts.isDirectory()) throw new UsageError(`${file} is a folder: cp copies files; tar makes one of it.`);
  return facts;
}

/** What comes, in pieces of the length of a request. */
async function* piecesOf(stream: Readable): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length < PIECE_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts);
}

function agreed(there: Copied, here: Copied): Copied {
  if (there.bytes === here.bytes && there.sha256 === here.sha256) return here;
  throw new OperationError("failed", "What was copied is not the same at both ends.");
}

function cantRead(file: string, error: unknown): OperationError {
  return new OperationError("failed", `${file} can't be read: ${errorText(error)}.`);
}

/** On a terminal: how far it is. */
class Progress {
  readonly #clock: Context["clock"];
  readonly #line: DrawnLine;
  readonly #begin: number;
  #shown = 0;
  total: number | undefined;

  constructor({ clock, terminal }: Context) {
    this.#clock = clock;
    this.#line = new DrawnLine(terminal);
    this.#begin = clock.now();
  }

  show(bytes: number): void {
    const now = this.#clock.now();
    if (now - this.#shown < SHOW_MS) return;
    this.#shown = now;
    const all = this.total === undefined ? "" : ` of ${bytesText(this.total)}`;
    const rate = bytesText(Math.round((bytes * 1000) / Math.max(1, now - this.#begin)));
    this.#line.draw(`${bytesText(bytes)}${all}, ${rate}/s`);
  }

  end(): void {
    this.#line.clear();
  }
}
