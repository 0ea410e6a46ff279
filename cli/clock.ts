// The clock of the composition root: the only one that the interpreter gets.

import type { Clock } from "../interpreter/index.ts";

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
};
