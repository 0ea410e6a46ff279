// A file on its way into a guest, or out of one: the guest's shell and our end of its copy card, what is
// believed of either, and what is tidied up. The guest's words are its own: a length that it says is a bound,
// never a promise, and names are those that were asked for.

import { createHash, randomUUID, type Hash } from "node:crypto";
import type { CommandResult, GuestCopy, Hypervisor, Outcome } from "../../hypervisor/index.ts";
import { OperationError, sentenceOf } from "../operation-error.ts";
import {
  dropScript,
  hushScript,
  keepScript,
  markOf,
  sendScript,
  takeScript,
  UNSIZED_BYTES,
  type Target,
} from "./copy-scripts.ts";

/** A guest that boots greets late. */
const BEGIN_MS = 120_000;
/** For so long nothing may move. */
const STALL_MS = 60_000;
/** The commands of a copy end with it. */
const COMMAND_MS = 2 ** 31 - 1;
const TIDY_MS = 60_000;

/** Who has guests. */
export type CopyHost = Pick<Hypervisor, "runCommand" | "openCopy">;

/** What is still being taken away in guests, after copies that failed: the next one waits for it. */
const tidying = new WeakMap<CopyHost, Map<string, Promise<unknown>>>();

/** What was copied. */
export interface Copied {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What is run in the guest for a copy that is given up. */
interface Undoing {
  readonly script: string;
  /** After the copy's command has ended by itself; else it is what ends that. */
  readonly afterwards: boolean;
}

/** The end of both kinds: a command that runs in the guest, and bytes beside it. */
class Way {
  readonly copy: GuestCopy;
  readonly #hash: Hash = createHash("sha256");
  #bytes = 0;
  readonly #host: CopyHost;
  readonly #guest: string;
  readonly #undoing: Undoing;
  #dropped = false;
  readonly #ended: Promise<Outcome<CommandResult>>;
  /** Rejects where the command fails, and never resolves. */
  readonly #failed: Promise<never>;

  constructor(host: CopyHost, guest: string, script: string, undoing: Undoing) {
    this.#host = host;
    this.#guest = guest;
    this.#undoing = undoing;
    const opened = host.openCopy(guest);
    if (!opened.ok) throw refusedBy(opened.refusal.message);
    this.copy = opened.value;
    this.#ended = host.runCommand(guest, script, COMMAND_MS);
    this.#failed = this.#ended.then((done) => {
      if (!done.ok) throw refusedBy(done.refusal.message);
      if (done.value.status !== 0) throw refused(`${guest}: ${wordsOf(done.value.output)}`);
      return new Promise<never>(() => undefined);
    });
    this.#failed.catch(() => undefined);
  }

  /** Bytes that went by so far, these among them. */
  count(bytes: Uint8Array): number {
    this.#hash.update(bytes);
    return (this.#bytes += bytes.length);
  }

  /** The first words of the guest; undefined: it has closed its end. */
  greeting(): Promise<string | undefined> {
    return this.soon(this.copy.greeting(), BEGIN_MS);
  }

  /** What comes of it; the copy is given up where the command fails or nothing comes. */
  async soon<T>(work: Promise<T>, milliseconds = STALL_MS): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const words = `${this.#guest} did not answer within ${milliseconds / 1000} s`;
      timer = setTimeout(() => reject(new OperationError("timeout", `${words}.`)), milliseconds);
    });
    try {
      return await Promise.race([work, this.#failed, late]);
    } catch (error) {
      this.drop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The command has ended, and the guest had the same bytes. */
  async agreed(): Promise<Copied> {
    const done = await this.soon(this.#ended);
    const sha256 = this.#hash.digest("hex");
    const said = done.ok ? /[0-9a-f]{64}/.exec(done.value.output)?.[0] : undefined;
    if (said !== sha256) this.giveUp(`what ${this.#guest} has is not what was copied`);
    this.copy.close();
    return { bytes: this.#bytes, sha256 };
  }

  giveUp(words: string): never {
    this.drop();
    throw refused(words);
  }

  /** Nobody hears the guest any more, and what it has of the copy is taken away. Twice is fine. */
  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.copy.close();
    const all = tidying.get(this.#host) ?? new Map<string, Promise<unknown>>();
    tidying.set(this.#host, all);
    const { script, afterwards } = this.#undoing;
    const tidy = (): Promise<unknown> => this.#host.runCommand(this.#guest, script, TIDY_MS);
    const tidied = afterwards ? this.#ended.then(tidy) : Promise.all([tidy(), this.#ended]);
    const done = Promise.race([tidied, new Promise((resolve) => setTimeout(resolve, TIDY_MS).unref())]);
    const next = done.then(() => {
      if (all.get(this.#guest) === next) all.delete(this.#guest);
    });
    all.set(this.#guest, next);
  }
}

/** Into a guest. */
export class FileIn {
  readonly #host: CopyHost;
  readonly #guest: string;
  readonly #target: Target;
  readonly #mode: number;
  readonly #way: Way;

  private constructor(host: CopyHost, guest: string, target: Target, mode: number) {
    this.#host = host;
    this.#guest = guest;
    this.#target = target;
    this.#mode = mode;
    const undoing = { script: dropScript(target), afterwards: true };
    this.#way = new Way(host, guest, takeScript(target), undoing);
  }

  /** Resolves when the guest is ready for bytes. Rejects with `OperationError`, as all here. */
  static async begin(
    host: CopyHost,
    guest: string,
    { path, name, mode }: { readonly path: string; readonly name?: string; readonly mode: number },
  ): Promise<FileIn> {
    await free(host, guest, path);
    const file = new FileIn(host, guest, { path, name, mark: markOf(randomUUID()) }, mode);
    if ((await file.#way.greeting()) === undefined) file.#way.giveUp(`${guest} has closed its end`);
    return file;
  }

  /** Resolves when there is room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#way.count(bytes);
    const taken = await this.#way.soon(this.#way.copy.write(bytes));
    if (!taken) await this.#way.soon(new Promise<never>(() => undefined));
  }

  /** That was all: it is there now, under its name. */
  async end(): Promise<Copied> {
    this.#way.copy.end();
    const copied = await this.#way.agreed();
    const kept = await this.#host.runCommand(this.#guest, keepScript(this.#target, this.#mode), STALL_MS);
    if (kept.ok && kept.value.status === 0) return copied;
    if (kept.ok) return this.#way.giveUp(`${this.#guest}: ${wordsOf(kept.value.output)}`);
    this.#way.drop();
    throw refusedBy(kept.refusal.message);
  }

  /** Leaves nothing of it in the guest. Twice is fine. */
  drop(): void {
    this.#way.drop();
  }
}

/** Out of a guest. */
export class FileOut {
  readonly #guest: string;
  readonly #way: Way;
  /** What the guest said: bytes, 0 where it can't know, and its permissions. */
  bytes = 0;
  mode = 0;

  private constructor(host: CopyHost, guest: string, path: string) {
    const mark = markOf(randomUUID());
    this.#guest = guest;
    this.#way = new Way(host, guest, sendScript(path, mark), {
      script: hushScript(mark),
      afterwards: false,
    });
  }

  /** Resolves when the guest has said how long it is. */
  static async begin(host: CopyHost, guest: string, path: string): Promise<FileOut> {
    await free(host, guest, path);
    const file = new FileOut(host, guest, path);
    const words = await file.#way.greeting();
    const [, bytes, mode] = /^(\d{1,15}) ([0-7]{1,4})$/.exec(words ?? "") ?? [];
    if (bytes === undefined || mode === undefined)
      return file.#way.giveUp(`${guest} does not say how long it is`);
    file.bytes = Number(bytes);
    file.mode = Number.parseInt(mode, 8) & 0o777;
    return file;
  }

  /** The next bytes; undefined: that was all, and it is what the guest has. */
  async read(): Promise<Uint8Array | undefined> {
    const bytes = await this.#way.soon(this.#way.copy.read());
    if (!bytes) return undefined;
    if (this.#way.count(bytes) <= (this.bytes || UNSIZED_BYTES)) return bytes;
    return this.#way.giveUp(`${this.#guest} sends more than it said`);
  }

  /** After the last bytes. */
  async end(): Promise<Copied> {
    const copied = await this.#way.agreed();
    if (copied.bytes < this.bytes) throw refused(`${this.#guest} sent less than it said`);
    return copied;
  }

  /** As that of the other. */
  drop(): void {
    this.#way.drop();
  }
}

/** Resolves when a copy of this path may begin; what an earlier one left has been taken away. */
async function free(host: CopyHost, guest: string, path: string): Promise<void> {
  if (path === "" || path.includes("\0")) throw new OperationError("usage", "Say which file in the guest.");
  await tidying.get(host)?.get(guest);
}

/** What the hypervisor says of a command or a card. */
function refusedBy(message: string): OperationError {
  return new OperationError("failed", sentenceOf(message));
}

/** A sentence from words that have no end, and may begin with a name. */
function refused(words: string): OperationError {
  return new OperationError("failed", `${words}.`);
}

/** The last that the shell said, without what only we know. */
function wordsOf(output: string): string {
  const last = output.trim().split("\n").at(-1) ?? "";
  const words = last.replace(/^(?:sh|cat|mv|tee|head): /, "").replaceAll(/\.vbus-[0-9a-f]{8}/g, "");
  return words === "" ? "the copy failed" : words;
}
