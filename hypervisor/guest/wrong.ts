// What of a guest's place among the others can't be.

import { refuse } from "../bus/outcome.ts";
import type { GuestSpec, Outcome, RealtimeSpec } from "../hypervisor.ts";
import {
  GUEST_MEMORY_MAX,
  GUEST_MEMORY_MIN,
  NICE_MAX,
  REALTIME_PRIORITY_MAX,
  SHARED_MEMORY_MAX,
} from "../limits.ts";
import { commandLineOf } from "../machine/pc/command-line.ts";
import { wrongCommandLine } from "../machine/pc/image.ts";

const KIB = 1024;

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
  if (image.class !== "wasm") return refuse("invalid", "only a guest of class wasm can share its thread");
  if (memory <= SHARED_MEMORY_MAX) return undefined;
  return refuse("invalid", `a shared guest's memory is at most ${SHARED_MEMORY_MAX / 2 ** 20} MiB`);
}

/** Of a PC, whose kernel reads its arguments, and whose first process has the environment. */
export function wrongWords({ image, args, env }: GuestSpec): Outcome | undefined {
  if (!image.files) return undefined;
  const wrong = wrongCommandLine(commandLineOf(image.files, args));
  if (wrong !== undefined) return refuse("invalid", wrong);
  const name = Object.keys(env).find((each) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(each));
  return name === undefined ? undefined : refuse("invalid", `\`${name}\` is no name for a shell's variable`);
}

export function wrongMemory({ memory, image }: GuestSpec): Outcome | undefined {
  if (memory < GUEST_MEMORY_MIN || memory > GUEST_MEMORY_MAX)
    return refuse("invalid", "a guest's memory is from 64 KiB to 4 GiB");
  if (memory >= image.memoryMin) return undefined;
  const needs = `the image needs ${image.memoryMin / KIB} KiB of memory`;
  return refuse("image", `${needs}, the guest has ${memory / KIB} KiB`);
}
