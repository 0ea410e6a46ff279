// What a test has set by now, laid over the declarations when the lab is evaluated again.

import type { Datum } from "../eval/datum.ts";
import type { Machine } from "../eval/machine.ts";
import type { Value } from "../model.ts";
import type { Span } from "../syntax/ast.ts";
import type { Code } from "../types/code.ts";
import type { SetAttribute } from "../types/declared.ts";
import { datumOf, hasRefs } from "./live.ts";

/** `set server.eth0.link = down`, evaluated. */
export interface SetInput {
  readonly address: string;
  readonly member: string;
  /** `auto`: the planner fills it in again. */
  readonly value: Value | { readonly is: "auto" };
  readonly span: Span;
}

/** Lays `sets` over what is declared; a later one of the same attribute wins. The answer: who was met. */
export function layOver(sets: readonly SetInput[], machine: Machine): ReadonlySet<string> {
  const met = new Set<string>();
  const byThing = Map.groupBy(sets, ({ address }) => address);
  if (byThing.size === 0) return met;
  machine.changed = (address, blueprint) => {
    const own = byThing.get(address);
    if (!own) return blueprint;
    met.add(address);
    const changes = own.map((one): [string, SetAttribute] => [
      one.member,
      { code: codeOf(one, machine), span: one.span, nameSpan: one.span },
    ]);
    return { ...blueprint, set: new Map([...blueprint.set, ...changes]) };
  };
  return met;
}

function codeOf({ value, span }: SetInput, machine: Machine): Code {
  if (value.is === "auto") return { op: "auto", span };
  if (!hasRefs(value)) return { op: "constant", value, span };
  return {
    op: "constant",
    span,
    // Things are looked up when the attribute is asked: all of them are declared then.
    get value(): Value {
      const find = (address: string) => machine.lab.things().find((thing) => thing.address === address);
      const datum: Datum | undefined = datumOf(value, find);
      return (datum ?? machine.fail("VB6003", span, "What this names is no longer there.")) as Value;
    },
  };
}
