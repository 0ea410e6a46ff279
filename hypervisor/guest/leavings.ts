// What guests leave on a thread when they end: memories, instances, closures. V8 looks for it when much
// memory has come, so while others boot. Here it is looked for when nobody is left.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LEAVINGS_MIN } from "../limits.ts";

/** One for each thread that has guests. */
export class Leavings {
  #guests = 0;

  /** A guest has ended that this thread knew. */
  left(): void {
    this.#guests++;
  }

  /** Nobody is left. Where many have been, all garbage of this thread is collected, within the call. */
  rest(): void {
    if (this.#guests < LEAVINGS_MIN) return;
    this.#guests = 0;
    collect();
  }
}

let known: (() => void) | undefined;

function collect(): void {
  known ??= collector();
  known();
}

/** V8 gives its collector to code that begins while this flag stands. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  try {
    return runInNewContext("gc") as () => void;
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
