// CPU time of a thread of this process. Source: proc(5), /proc/[pid]/task/[tid]/schedstat, first field,
// nanoseconds.

import { readFileSync } from "node:fs";

/** Milliseconds, or undefined where the system doesn't tell. */
export function cpuTimeMs(tid: number): number | undefined {
  if (tid === 0) return undefined;
  try {
    return Number(readFileSync(`/proc/self/task/${tid}/schedstat`, "utf8").split(" ", 1)[0]) / 1e6;
  } catch {
    return undefined;
  }
}
