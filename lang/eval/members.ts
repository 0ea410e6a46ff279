// Members and elements of values: children and attributes of things, fields of records, facts of subnets.

import type { Code } from "../types/code.ts";
import { ipText, lastOf, parseCidr, subnetSize } from "../values/address.ts";
import { WHOLE_MAX } from "../values/quantity.ts";
import { askAttribute, childOf, outputOf } from "./attributes.ts";
import { int, isSecret, mapGet, NONE, taint, type Datum } from "./datum.ts";
import type { Machine } from "./machine.ts";
import { showDatum } from "./show.ts";
import { Cell, MemberCell, type Thing } from "./thing.ts";

type Member = Code & { op: "member" };

export function memberOfDatum(of: Datum, code: Member, machine: Machine): Datum {
  switch (of.is) {
    case "thing":
      return memberOfThing(of.thing, code, machine);
    case "record":
    case "variant":
      return of.fields[code.name] ?? NONE;
    case "cidr": {
      const fact = memberOfSubnet(of.text, code, machine);
      return isSecret(of) ? taint(fact) : fact;
    }
    case "none":
      if (code.optional) return NONE;
      return machine.fail("VB3004", code.span, `\`${code.name}\` is asked of something that isn't there.`);
    default:
      return machine.failQuietly();
  }
}

function memberOfThing(
  thing: Thing,
  code: { readonly name: string; readonly span: Code["span"] },
  machine: Machine,
): Datum {
  if (thing.kind.is === "component" && thing.kind.blueprint?.outputs.has(code.name)) {
    return machine.ask(outputOf(thing, code.name, machine));
  }
  const child = childOf(thing, code.name);
  if (child) return child instanceof Cell ? machine.ask(child) : child;
  const member = thing.table.members.get(code.name);
  if (!member) return machine.failQuietly();
  // Of its family nobody else reads itself by this name.
  const asker = machine.running.at(-1);
  if (asker instanceof MemberCell && asker.of === thing) asker.readsItself = true;
  return askAttribute(thing, member.slot, machine);
}

function memberOfSubnet(text: string, code: Member, machine: Machine): Datum {
  const subnet = parseCidr(text);
  if (!subnet) return machine.failQuietly();
  switch (code.name) {
    case "size": {
      const size = subnetSize(subnet);
      return int(size <= BigInt(WHOLE_MAX) ? Number(size) : WHOLE_MAX);
    }
    case "bits":
      return int(subnet.prefix);
    case "first":
      return { is: "ip", text: ipText(subnet) };
    default:
      return { is: "ip", text: ipText(lastOf(subnet)) };
  }
}

export function indexDatum(of: Datum, index: Datum, code: Code & { op: "index" }, machine: Machine): Datum {
  const found = elementOf(of, index);
  if (found) return found;
  const have = keysOf(of);
  const values = [{ span: code.index.span, text: showDatum(index) }];
  if (of.is === "list") {
    const { length } = of.items;
    const hint =
      length === 0
        ? "The list is empty."
        : `It has ${length} element${length === 1 ? "" : "s"}: 0 to ${length - 1}.`;
    return machine.fail("VB3004", code.span, `There is no element ${showDatum(index)}.`, { hint, values });
  }
  const hint =
    have.length === 0
      ? "There are none."
      : `There are ${have
          .slice(0, 8)
          .map((key) => showDatum(key))
          .join(", ")}${have.length > 8 ? ", ..." : ""}.`;
  return machine.fail("VB3004", code.span, `There is no key ${showDatum(index)}.`, { hint, values });
}

function keysOf(of: Datum): readonly Datum[] {
  if (of.is === "family") return of.family.keys;
  if (of.is === "map") return of.entries.map(([key]) => key);
  if (of.is === "record") return Object.keys(of.fields).map((name) => ({ is: "string", value: name }));
  return [];
}

/** The element at a place or key; undefined where there is none. */
export function elementOf(of: Datum, index: Datum): Datum | undefined {
  switch (of.is) {
    case "list":
      return index.is === "int" ? of.items[index.value] : undefined;
    case "map":
      return mapGet(of, index);
    case "family":
      return of.family.get(index)?.datum;
    case "record":
      return index.is === "string" && Object.hasOwn(of.fields, index.value)
        ? of.fields[index.value]
        : undefined;
    default:
      return undefined;
  }
}
