// Which places of host code guests' threads have been at, by V8's own counts. Threads are met as they start,
// before they have compiled anything, and asked at last before they are ended.

import { Session } from "node:inspector/promises";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import workerThreads, { Worker, type WorkerOptions } from "node:worker_threads";
import { syncBuiltinESMExports } from "node:module";

interface CoverageRange {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}
interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly isBlockCoverage: boolean;
    readonly ranges: readonly CoverageRange[];
  }[];
}
interface Answer {
  readonly id: number;
  readonly result?: { readonly result?: readonly Script[] };
}

/** A place that is to be reached: a file, where it is in its text, and its line as people read it. */
interface Place {
  readonly file: string;
  readonly offset: number;
  readonly line: string;
}

/** Every place of `files` (below this folder) where `pattern` stands in code. */
export function placesOf(files: readonly string[], pattern: RegExp): Place[] {
  return files.flatMap((file) => {
    const text = readFileSync(new URL(file, import.meta.url), "utf8");
    return [...text.matchAll(pattern)].flatMap(({ index }) => {
      const start = text.lastIndexOf("\n", index) + 1;
      const line = text.slice(start, text.indexOf("\n", index)).trim();
      return /^(?:\/\/|\*|\/\*|import|(?:export )?const [A-Z_]+ =|[\w, ]+,?$)/.test(line)
        ? []
        : [{ file, offset: index, line }];
    });
  });
}

const ANSWER_MS = 2000;
const PLAIN = Worker;
const KEEP_ALIVE = new URL("./keep-alive.test-support.ts", import.meta.url).href;

/**
 * A thread that goes only when it is ended; otherwise one whose guest has ended is gone before it is asked.
 */
class LastingWorker extends PLAIN {
  constructor(file: string | URL, options?: WorkerOptions) {
    super(file, options?.name === "guest" ? { ...options, execArgv: ["--import", KEEP_ALIVE] } : options);
  }
}

/** Watches guests' threads from `start` to `stop`. One at a time in a process. */
export class Coverage {
  readonly #session = new Session();
  readonly #urls = new Map<string, readonly Place[]>();
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  /** Inspector's session of a thread, by the thread's id. */
  readonly #threads = new Map<number, string>();
  readonly #terminate = Object.getOwnPropertyDescriptor(Worker.prototype, "terminate");
  readonly reached = new Set<Place>();
  #sent = 0;

  constructor(places: readonly Place[]) {
    for (const [file, there] of Map.groupBy(places, (place) => place.file)) {
      this.#urls.set(fileURLToPath(new URL(file, import.meta.url)), there);
    }
  }

  async start(): Promise<void> {
    const session = this.#session;
    session.connect();
    session.on("NodeWorker.receivedMessageFromWorker", ({ params: { sessionId, message } }) => {
      const answer = JSON.parse(message) as Answer;
      this.#waiting.get(`${sessionId} ${answer.id}`)?.(answer);
    });
    session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
      this.#threads.set(Number(workerInfo.workerId), sessionId);
      void this.#begin(sessionId);
    });
    session.on("NodeWorker.detachedFromWorker", ({ params: { sessionId } }) => {
      for (const [thread, known] of this.#threads) if (known === sessionId) this.#threads.delete(thread);
    });
    await session.post("NodeWorker.enable", { waitForDebuggerOnStart: true });
    Object.assign(workerThreads, { Worker: LastingWorker });
    syncBuiltinESMExports();
    const watch = (thread: number): Promise<void> => this.#take(thread);
    const end = this.#terminate?.value as () => Promise<number>;
    Worker.prototype.terminate = async function (this: Worker) {
      await watch(this.threadId);
      return end.call(this);
    };
  }

  /** Asks the threads that are there. */
  async look(): Promise<void> {
    for (const thread of this.#threads.keys()) await this.#take(thread);
  }

  /** Leaves all threads alone. */
  async stop(): Promise<void> {
    Object.assign(workerThreads, { Worker: PLAIN });
    syncBuiltinESMExports();
    if (this.#terminate) Object.defineProperty(Worker.prototype, "terminate", this.#terminate);
    await this.#session.post("NodeWorker.disable");
    this.#session.disconnect();
  }

  async #begin(session: string): Promise<void> {
    await this.#post(session, "Profiler.enable");
    await this.#post(session, "Profiler.startPreciseCoverage", { callCount: true, detailed: true });
    await this.#post(session, "Runtime.runIfWaitingForDebugger");
  }

  async #take(thread: number): Promise<void> {
    const session = this.#threads.get(thread);
    if (session === undefined) return;
    const answer = await this.#post(session, "Profiler.takePreciseCoverage");
    for (const script of answer?.result?.result ?? []) this.#note(script);
  }

  #note(script: Script): void {
    if (!script.url.startsWith("file:")) return;
    const places = this.#urls.get(fileURLToPath(script.url)) ?? [];
    for (const place of places) {
      const found = innermost(script, place.offset);
      if (found !== undefined && found.count > 0) this.reached.add(place);
    }
  }

  /** Undefined where the thread does not answer: it is gone, or sleeps. */
  #post(session: string, method: string, params: object = {}): Promise<Answer | undefined> {
    const id = ++this.#sent;
    const key = `${session} ${id}`;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const timer = setTimeout(() => resolve(undefined), ANSWER_MS);
    this.#waiting.set(key, resolve);
    const message = JSON.stringify({ id, method, params });
    const posted = this.#session.post("NodeWorker.sendMessageToWorker", { sessionId: session, message });
    posted.catch(() => resolve(undefined));
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(key);
    });
  }
}

/** The smallest range that holds a place, in functions that were counted by their blocks. */
function innermost(script: Script, offset: number): CoverageRange | undefined {
  const ranges = script.functions.flatMap((each) => (each.isBlockCoverage ? each.ranges : []));
  let best: CoverageRange | undefined;
  for (const range of ranges) {
    if (range.startOffset > offset || range.endOffset <= offset) continue;
    if (!best || range.endOffset - range.startOffset < best.endOffset - best.startOffset) best = range;
  }
  return best;
}
