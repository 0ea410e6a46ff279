// The kernel's id of the calling thread.

import { readlinkSync } from "node:fs";

/** For accounting; 0 where there is no /proc. */
export function threadId(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").pop());
  } catch {
    return 0;
  }
}
