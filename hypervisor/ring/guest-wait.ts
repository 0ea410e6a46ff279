// A wait instruction in a shared guest's own code, done on the event loop of its thread. Spec: WebAssembly
// threads, `memory.atomic.wait32` and `wait64`.

import { inside, type GuestMemory } from "../memory/fabric.ts";

/** Operands of the instruction, and its offset, as a guest says them. */
export interface GuestWait {
  readonly address: number;
  readonly offset: number;
  /** A bigint where 8 bytes are compared. */
  readonly expected: number | bigint;
  readonly timeoutNs: bigint;
}

const ANSWER = { ok: 0, "not-equal": 1, "timed-out": 2 } as const;

/** What the instruction answers, now or when it is over; undefined where it traps. The guest's own thread. */
export function guestWait(memory: GuestMemory, wait: GuestWait): number | Promise<number> | undefined {
  const { expected, timeoutNs } = wait;
  const isWide = typeof expected === "bigint";
  const bytes = isWide ? 8 : 4;
  const at = placeOf(wait);
  if (at % bytes !== 0 || at > 0xffff_ffff || !inside(memory, at, bytes)) return undefined;
  const timeoutMs = timeoutNs < 0n ? Infinity : Number(timeoutNs) / 1e6;
  const { async: isLater, value } = isWide
    ? Atomics.waitAsync(
        new BigInt64Array(memory.i32.buffer as SharedArrayBuffer),
        at / 8,
        expected,
        timeoutMs,
      )
    : Atomics.waitAsync(memory.i32, at / 4, expected, timeoutMs);
  return isLater ? value.then((how) => ANSWER[how]) : ANSWER[value];
}

/** Nobody waits for it any more: its promise is resolved, so that the engine lets go of it. */
export function endGuestWait(memory: GuestMemory, wait: GuestWait): void {
  Atomics.notify(memory.i32, Math.floor(placeOf(wait) / 4));
}

function placeOf({ address, offset }: GuestWait): number {
  return (address >>> 0) + (offset >>> 0);
}
