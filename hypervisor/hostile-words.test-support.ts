// The words that hostile guests are written in: WebAssembly text for what they do, and how each must end. See
// test-guests/hostile.wat.txt.

import type { GuestState } from "./hypervisor.ts";

export interface Hostile {
  readonly name: string;
  /** Definitions of its module, `main` among them. */
  readonly body: string;
  /** How it ends by itself; "running" where nothing stops it but the test. */
  readonly end: GuestState | "failed or quarantined";
  readonly reason?: RegExp;
  readonly exit?: number;
  /** It sends to a guest that only takes, not to the pair. */
  readonly toSink?: boolean;
  /** It writes to its log. */
  readonly talks?: boolean;
  /** Somebody sends to it all the time. */
  readonly fed?: boolean;
  readonly watchdogMs?: number;
  /** Bytes of memory, where not what its rings need. */
  readonly memory?: number;
  /** Reasons of its sending port's drops that must have been counted. */
  readonly dropped?: Readonly<Record<string, number>>;
  /** Its receiving port must have dropped frames for this reason. */
  readonly lost?: string;
}

export const main = (...lines: readonly string[]): string =>
  `(func (export "main") (result i32) (local $i i32) (local $n i32)\n${lines.join("\n")}\n(i32.const 0))`;
export const loop = (...lines: readonly string[]): string =>
  `(loop $for_ever ${lines.join("\n")} (br $for_ever))`;
export const post = (address: string, length: number): string =>
  `(call $post ${address} (i32.const ${length})) (call $kick)`;
export const here = "(call $txBuffer)";
export const times = (count: number, ...lines: readonly string[]): string =>
  `(loop $some ${lines.join("\n")}
    (br_if $some (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const ${count}))))`;
export const forge = (turn: string): string => `(i32.atomic.store offset=8 (call $txNext) ${turn})`;
export const expected = "(i32.or (i32.shl (global.get $posted) (i32.const 1)) (i32.const 1))";

/** A call of `shm`; arguments are numbers or expressions. */
export const shm = (...args: readonly (number | string)[]): string =>
  `(call $shm ${args.map((arg) => (typeof arg === "string" ? arg : `(i32.const ${arg})`)).join(" ")})`;

export const TX = /^broke the protocol: a descriptor of a sending ring has an ownership turn/;
export const POINTER = /^broke the protocol: a descriptor of a sending ring points outside/;
export const RX = /^broke the protocol: a descriptor of a receiving ring/;
