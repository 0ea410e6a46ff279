// Starts threads of host code, from sources and from what is built of them.

import { getCompileCacheDir } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";

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
