// What the link of a network device is told to be, in the words of the language. Pure.

import { showValue } from "../../lang/index.ts";
import type { Resource, Value } from "../../lang/index.ts";
import { valueOf } from "../drivers/read.ts";
import type { LinkRow } from "./protocol.ts";

/** Members of an impairment that do nothing when they are so. */
const HARMLESS: Readonly<Record<string, string | number | boolean>> = {
  distribution: "uniform",
  burst: 1,
  queue: 1000,
  precise: false,
  down: false,
};
/** These say how, not what. */
const QUIET = new Set(["seed"]);

/** Absent where the device has none. */
export function linkRow(device: Resource): LinkRow | undefined {
  if (device.class !== "venet") return undefined;
  const rate = valueOf(device, "rate");
  const vlan = valueOf(device, "vlan");
  return {
    state: showValue(valueOf(device, "link")) === "down" ? "down" : "up",
    ...(rate.is !== "none" && { rate: showValue(rate) }),
    ...(vlan.is !== "none" && { vlan: showValue(vlan) }),
    impair: Object.fromEntries(membersOf(valueOf(device, "impair"), "")),
  };
}

function membersOf(value: Value, path: string): readonly (readonly [string, string])[] {
  if (value.is !== "record") return [];
  return Object.entries(value.fields).flatMap(([name, member]): readonly (readonly [string, string])[] => {
    if (member.is === "record") return membersOf(member, `${path}${name}.`);
    if (member.is === "list")
      return member.items.length === 0 ? [] : [[path + name, `${member.items.length} timed`]];
    return does(name, member) ? [[path + name, showValue(member)]] : [];
  });
}

function does(name: string, value: Value): boolean {
  if (value.is === "none" || QUIET.has(name)) return false;
  const harmless = HARMLESS[name] ?? 0;
  if (value.is === "bool" || value.is === "string") return value.value !== harmless;
  if (value.is === "variant") return value.name !== harmless;
  return value.is === "quantity" || value.is === "int" || value.is === "float"
    ? value.value !== harmless
    : true;
}
