// The clock of the composition root: the only one that the interpreter gets.

import { wallMs } from "../hypervisor/index.ts";
import type { Clock } from "../interpreter/index.ts";

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: wallMs,
};
