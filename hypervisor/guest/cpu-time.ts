// CPU time of a thread of this process, and its share. Source: proc(5), /proc/[pid]/task/[tid]/schedstat.

import { readFileSync } from "node:fs";
import { setPriority } from "node:os";

export interface CpuTime {
  /** Milliseconds on a core. */
  readonly cpuMs: number;
  /** Milliseconds ready to run, without a core. */
  readonly queueMs: number;
}

/** Undefined where the system doesn't tell. */
export function cpuTime(tid: number): CpuTime | undefined {
  if (tid === 0) return undefined;
  try {
    const [cpuNs, queueNs] = readFileSync(`/proc/self/task/${tid}/schedstat`, "utf8").split(" ");
    return { cpuMs: Number(cpuNs) / 1e6, queueMs: Number(queueNs) / 1e6 };
  } catch {
    return undefined;
  }
}

/** Sets a thread's niceness; why not, where the system refuses. */
export function stepBack(tid: number, nice: number): string | undefined {
  try {
    setPriority(tid, nice);
    return undefined;
  } catch (error) {
    return (error as { info?: { code?: string } }).info?.code ?? String(error);
  }
}
