// Starts threads of host code, from sources and from what is built of them.

import { getCompileCacheDir } from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker, type WorkerOptions } from "node:worker_threads";
import { ROOMY_OLD_MIB, ROOMY_YOUNG_MIB } from "./limits.ts";

const FROM_SOURCE = import.meta.url.endsWith(".ts");
/**
 * What is compiled is kept, by Node, for the next thread. From sources that takes a folder of its own, where
 * types are stripped once: done in each thread it takes five times as long as all the rest. What is built
 * has the folder of the process, if that has one.
 */
const SOURCES = fileURLToPath(new URL("../node_modules/.cache/guest-threads", import.meta.url));
const CACHE = FROM_SOURCE ? SOURCES : getCompileCacheDir();
const ENVIRONMENT: Record<string, string> = CACHE === undefined ? {} : { NODE_COMPILE_CACHE: CACHE };

/**
 * A thread that runs `entry`, a path beside the file with this URL, without its extension. It doesn't keep
 * the process alive and is given nothing of it. Control thread.
 */
export function startHostThread(entry: string, beside: string, options: WorkerOptions): Worker {
  const file = new URL(`${entry}${FROM_SOURCE ? ".ts" : ".js"}`, beside);
  const worker = new Worker(file, { ...options, stdin: false, env: ENVIRONMENT, execArgv: [], argv: [] });
  worker.unref();
  return worker;
}

/** Roomy threads that have not begun. */
let starting = 0;

/**
 * The same with a heap that may grow before V8 looks through all of it: where much stays that is made, each
 * such look finds nothing. V8 asks for these sizes as a thread's heap begins, and Node hands on only others,
 * so they stand for all threads until this one is there.
 */
export function startRoomyThread(entry: string, beside: string, options: WorkerOptions): Worker {
  if (starting++ === 0) beginHeapsWith(ROOMY_OLD_MIB, ROOMY_YOUNG_MIB);
  const there = (): void => {
    if (--starting === 0) beginHeapsWith(0, 0);
  };
  try {
    const worker = startHostThread(entry, beside, options);
    const began = (): void => {
      worker.off("online", began).off("exit", began);
      there();
    };
    return worker.once("online", began).once("exit", began);
  } catch (error) {
    there();
    throw error;
  }
}

/** MiB; 0: as V8 has it. */
function beginHeapsWith(old: number, young: number): void {
  setFlagsFromString(`--initial-old-space-size=${old}`);
  setFlagsFromString(`--min-semi-space-size=${young}`);
}
