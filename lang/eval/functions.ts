// The functions that the standard library declares `external`, by name. Types are checked; only values can be
// wrong.

import type { Code } from "../types/code.ts";
import type { Datum } from "./datum.ts";
import { ADDRESS_FUNCTIONS } from "./functions-addresses.ts";
import { LIST_FUNCTIONS } from "./functions-lists.ts";
import { NUMBER_FUNCTIONS } from "./functions-numbers.ts";
import { TEXT_FUNCTIONS } from "./functions-text.ts";
import { WORLD_FUNCTIONS } from "./functions-world.ts";
import type { Machine } from "./machine.ts";

export type Call = Code & { op: "call" };

/** What an external function does with its arguments, one for each parameter in order. */
export type External = (items: readonly Datum[], call: Call, machine: Machine) => Datum;

const FUNCTIONS: ReadonlyMap<string, External> = new Map([
  ...Object.entries(NUMBER_FUNCTIONS),
  ...Object.entries(LIST_FUNCTIONS),
  ...Object.entries(TEXT_FUNCTIONS),
  ...Object.entries(ADDRESS_FUNCTIONS),
  ...Object.entries(WORLD_FUNCTIONS),
]);

/** Names of all that are implemented: a test holds them against the standard library's declarations. */
export const externalNames = (): readonly string[] => [...FUNCTIONS.keys()];

export function callExternal(name: string, items: readonly Datum[], call: Call, machine: Machine): Datum {
  const external = FUNCTIONS.get(name);
  if (!external) return machine.fail("VB2022", call.span, `The function \`${name}\` is not supported yet.`);
  return external(items, call, machine);
}

/** The place of an argument, for mistakes about it. */
export function argumentSpan(call: Call, index: number): Call["span"] {
  return (
    call.arguments.find((argument) => argument.slot === index && !argument.isDefault)?.code.span ?? call.span
  );
}
