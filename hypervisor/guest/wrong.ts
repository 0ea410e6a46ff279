// What of a guest's place among the others can't be.

import { refuse } from "../bus/outcome.ts";
import type { GuestSpec, Outcome, RealtimeSpec } from "../hypervisor.ts";
import { NICE_MAX, REALTIME_PRIORITY_MAX, SHARED_MEMORY_MAX } from "../limits.ts";

export function wrongNice(nice: number): Outcome | undefined {
  if (Number.isInteger(nice) && nice >= 0 && nice <= NICE_MAX) return undefined;
  return refuse("invalid", `a guest's niceness is from 0 to ${NICE_MAX}`);
}

export function wrongRealtime(spec: RealtimeSpec | undefined): Outcome | undefined {
  const { priority, deadlineNs = 1 } = spec ?? { priority: 0 };
  if (!Number.isInteger(priority) || priority < 0 || priority > REALTIME_PRIORITY_MAX)
    return refuse("invalid", `a realtime priority is from 0 to ${REALTIME_PRIORITY_MAX}`);
  return deadlineNs > 0 ? undefined : refuse("invalid", "a deadline is more than nothing");
}

/** What only a guest with a thread of its own may be. */
export function wrongSharing({ vcpu, image, memory }: GuestSpec): Outcome | undefined {
  if (vcpu !== "shared") return undefined;
  if (image.class !== "wasm") return refuse("invalid", "a WASI program needs a thread of its own");
  if (memory <= SHARED_MEMORY_MAX) return undefined;
  return refuse("invalid", `a shared guest's memory is at most ${SHARED_MEMORY_MAX / 2 ** 20} MiB`);
}
