// What nobody wrote: addresses, private buses, seeds, places on a bus, and facts that a driver knows.

import { peel, type Type } from "../types/type.ts";
import type { Member } from "../types/declared.ts";
import { askAttribute, askedAttribute } from "./attributes.ts";
import { int, list, type Datum } from "./datum.ts";
import { plainValue } from "./plain.ts";
import type { Machine } from "./machine.ts";
import { plugOf } from "./segments.ts";
import { sha256Words } from "./sha256.ts";
import type { Thing } from "./thing.ts";
import { childrenOf, childValues } from "./walk.ts";

/** Who knows what nobody wrote. */
type Filler = "address" | "mac" | "private" | "seed" | "children" | "place" | "driver";

/** Of a member that is `auto` or `out`: its type says who knows it. `holder`: what the thing stands in. */
export function fillerOf(
  member: Member,
  { kind, table }: Pick<Thing, "kind" | "table">,
  holder: Thing["kind"] | undefined,
): Filler {
  const type = peel(member.type);
  if (member.out) {
    if (type.is === "list" && type.of.is === "thing" && kind.table.holds.has(type.of.kind.name))
      return "children";
    return isInt(type) && holder?.table.holds.has(kind.name) ? "place" : "driver";
  }
  const plug = plugOf({ table });
  if (plug?.ip === member) return "address";
  if (plug?.mac === member) return "mac";
  if (type.is === "thing" && type.kind.is === "kind") return "private";
  return isInt(type) ? "seed" : "driver";
}

const isInt = (type: Type): boolean => type.is === "simple" && type.name === "int";

/** The value of a member that is `auto` or `out`. */
export function fill(thing: Thing, member: Member, machine: Machine): Datum {
  switch (fillerOf(member, thing, thing.owner?.kind)) {
    case "address":
      return allocatedIp(thing, machine);
    case "mac":
      return { is: "mac", text: macOf(thing, machine) };
    case "private":
      return privateOf(thing, member, machine);
    case "seed":
      return seedOf(thing.address, member.name, machine);
    case "children":
      return list(childValues(thing, machine));
    case "place":
      return int(placeOf(thing, machine));
    case "driver":
      return askDriver(thing, member, machine);
  }
}

function privateOf(thing: Thing, { name, type }: Member, machine: Machine): Datum {
  const inner = peel(type);
  if (inner.is !== "thing" || inner.kind.is !== "kind") return machine.failQuietly();
  return machine.lab.privateOf(thing, inner.kind, name).datum;
}

const FEW = 8;
const places = new WeakMap<Thing, Map<Thing, number>>();

/** From 1 on, in the order of declaration. */
function placeOf(thing: Thing, machine: Machine): number {
  const holder = thing.owner;
  if (!holder) return 0;
  const { declarations } = holder.blueprint.body;
  // A guest with a device or two, ten thousand times: no table for each.
  if (declarations.length <= FEW && declarations.every(({ loop, condition }) => !loop && !condition))
    return declarations.findIndex(({ slot }) => slot === thing.blueprint.slot) + 1;
  let known = places.get(holder);
  if (!known) {
    known = new Map(childrenOf(holder, machine).map((child, i) => [child, i + 1]));
    places.set(holder, known);
  }
  return known.get(thing) ?? 0;
}

function allocatedIp(thing: Thing, machine: Machine): Datum {
  const plug = plugOf(thing);
  const network = plug && askAttribute(thing, plug.network.slot, machine);
  if (network?.is !== "thing") return machine.failQuietly();
  return machine.lab.allocation(network.thing)?.given.get(thing) ?? machine.failQuietly();
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const LOCAL = 0x02;
const MULTICAST = 0x01;
const MAC_BYTES = 6;

/**
 * Six bytes of the hash of lab and address, locally administered, unicast; the next six where it had to move.
 */
function macOf(thing: Thing, machine: Machine): string {
  const { name, macMoves } = machine.lab.options;
  const moves = macMoves.get(thing.address) ?? 0;
  const perHash = 5;
  const again = Math.floor(moves / perHash);
  const words = sha256Words(`${name}\0${thing.address}${"\0".repeat(again)}`);
  const from = (moves % perHash) * MAC_BYTES;
  let number = 0;
  let text = "";
  for (let at = from; at < from + MAC_BYTES; at++) {
    const byte = ((words[at >> 2] ?? 0) >>> (24 - 8 * (at & 3))) & 255;
    const mine = at === from ? (byte | LOCAL) & ~MULTICAST : byte;
    number = number * 256 + mine;
    text += at === from ? (HEX[mine] ?? "") : `:${HEX[mine]}`;
  }
  machine.lab.noteMac(number);
  return text;
}

/** A seed that only the lab's seed, the address and the member decide. */
export function seedOf(address: string, member: string, machine: Machine): Datum {
  const [first = 0] = sha256Words(`${machine.lab.seed()}\0${address}\0${member}`);
  return int(first >>> 1);
}

function askDriver(thing: Thing, member: Member, machine: Machine): Datum {
  const attributes = (name: string) => {
    const other = thing.table.members.get(name);
    if (!other || other === member) return undefined;
    const value = askedAttribute(thing, other.slot, machine);
    return value && plainValue(value);
  };
  // A file that isn't there is one mistake, told at its path.
  for (const other of thing.table.members.values()) {
    const type = peel(other.type);
    if (type.is !== "simple" || type.name !== "path") continue;
    const value = askAttribute(thing, other.slot, machine);
    if (value.is === "path") checkPath(thing, other, value.path, machine);
  }
  const { kind, blueprint } = thing;
  const answer = machine.world.drivers.fill(kind.name, thing.class?.name ?? "", member.name, attributes);
  const span = thing.origin("path")?.span ?? blueprint.head;
  if (answer === undefined) {
    return machine.fail(
      "VB3010",
      blueprint.head,
      `\`${member.name}\` of \`${blueprint.name}\` can't be known here: say it.`,
      {
        related: [{ span: member.span, message: "declared here" }],
      },
    );
  }
  if ("problem" in answer) return machine.fail("VB3010", span, `${answer.problem.replace(/\.$/, "")}.`);
  return answer as Datum;
}

/** Fails where a file that is named does not exist; told once. */
export function checkPath(thing: Thing, member: Member, path: string, machine: Machine): void {
  if (machine.world.kindOf(path) !== "missing") return;
  const known = machine.missing.has(`${thing.blueprint.nameSpan.file}:${thing.address}.${member.name}`);
  machine.missing.add(`${thing.blueprint.nameSpan.file}:${thing.address}.${member.name}`);
  if (known) machine.failQuietly();
  const span = thing.origin(member.name)?.span ?? thing.blueprint.head;
  machine.fail("VB3009", span, `There is no file \`${path}\`.`);
}
