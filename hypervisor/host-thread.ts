// Starts threads of host code, from sources and from what is built of them.

import { fileURLToPath } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";

const FROM_SOURCE = import.meta.url.endsWith(".ts");
/**
 * From sources, types are stripped once and kept: done in each thread it takes five times as long as all the
 * rest.
 */
const CACHE = fileURLToPath(new URL("../node_modules/.cache/guest-threads", import.meta.url));
const ENVIRONMENT: Record<string, string> = FROM_SOURCE ? { NODE_COMPILE_CACHE: CACHE } : {};

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
