// What the members of a family have alike: attributes that follow from nothing of a member's own. They are
// computed for the first member; the others take its value where it came out right, and compute it themselves
// where it did not, so that each tells its own mistake.

import type { Code } from "../types/code.ts";
import type { Member } from "../types/declared.ts";
import { MemberCell, type Thing } from "./thing.ts";

/** The cell of the first of the family whose value `thing` has, too; undefined where it has its own. */
export function alikeCell(thing: Thing, slot: number): MemberCell | undefined {
  const { first } = thing;
  if (first === undefined || thing.members.slots[slot] !== undefined) return undefined;
  return thing.blueprint === first.blueprint ? cellForAll(first, slot) : undefined;
}

/** A cell of the first of a family whose value all others have, too. */
export function cellForAll(first: Thing, slot: number): MemberCell | undefined {
  const cell = first.members.slots[slot];
  if (!(cell instanceof MemberCell) || !cell.settled) return undefined;
  return slotsOf(first)[slot] === true && cell.origin !== "auto" && !cell.readsItself ? cell : undefined;
}

/** Those of `alikeSlots`, kept by the first of a family itself: each of the others asks for them. */
function slotsOf(first: Thing): readonly boolean[] {
  const { alike, blueprint } = first;
  if (alike?.of === blueprint) return alike.slots;
  const slots = alikeSlots(first);
  first.alike = { of: blueprint, slots };
  return slots;
}

const known = new WeakMap<Thing["blueprint"], Map<number, readonly boolean[]>>();

/** By slot: whether the member follows from nothing that is each thing's own. */
export function alikeSlots({
  blueprint,
  table,
  ownFrames,
}: Pick<Thing, "blueprint" | "table" | "ownFrames">): readonly boolean[] {
  let byFrames = known.get(blueprint);
  if (byFrames === undefined) known.set(blueprint, (byFrames = new Map()));
  let found = byFrames.get(ownFrames);
  if (found === undefined) {
    found = findAlike([...table.members.values()], blueprint.set, ownFrames);
    byFrames.set(ownFrames, found);
  }
  return found;
}

function findAlike(
  members: readonly Member[],
  set: Thing["blueprint"]["set"],
  ownFrames: number,
): readonly boolean[] {
  const alike: boolean[] = [];
  // What is left to the planner is each thing's own.
  for (const { name, slot, out, auto, value } of members)
    alike[slot] = !out && (!auto || value !== undefined || set.has(name));
  const differs = ({ name, slot, value, constraint }: Member): boolean => {
    const inMembers: Reads = (hops, read) => hops > 0 || read === undefined || !alike[read];
    const code = set.get(name)?.code;
    return (
      alike[slot] === true &&
      ((code ? reads(code, (hops) => hops < ownFrames) : value && reads(value, inMembers)) ||
        (constraint && reads(constraint.condition, inMembers))) === true
    );
  };
  // Bound: each turn takes a member away.
  for (let more = members.filter(differs); more.length > 0; more = members.filter(differs))
    for (const { slot } of more) alike[slot] = false;
  return alike;
}

/** Whether something differs that stands so many frames outward; without a slot anything in that frame. */
export type Reads = (hops: number, slot: number | undefined) => boolean;

/** Whether code, which stands `inside` frames of its own, reads what `test` is true of. */
export function reads(code: Code, test: Reads, inside = 0): boolean {
  const within = (part: Code | undefined, deeper = 0): boolean =>
    part !== undefined && reads(part, test, inside + deeper);
  const outward = (hops: number, slot?: number): boolean => hops >= inside && test(hops - inside, slot);
  switch (code.op) {
    case "broken":
    case "auto":
    case "live":
      return true;
    case "constant":
    case "global":
      return false;
    case "slot":
      return outward(code.hops, code.slot);
    case "text":
      return code.parts.some((part) => typeof part !== "string" && within(part));
    case "list":
      return code.items.some((item) => within(item.code));
    case "collect": {
      const { clauses, condition, key, item } = code;
      return (
        clauses.some(({ over }, at) => within(over, at)) ||
        [condition, key, item].some((part) => within(part, clauses.length))
      );
    }
    case "object":
      return (
        code.entries.some((entry) =>
          "spread" in entry ? within(entry.spread) : within(entry.key) || within(entry.value),
        ) ||
        code.timed?.some(({ at, duration, record }) =>
          [at, duration, record].some((part) => within(part)),
        ) === true
      );
    case "variant":
      return code.fields.some((field) => !field.isDefault && within(field.code));
    case "call":
      return (
        (code.callee.depth > 0 && outward(code.hops)) ||
        code.arguments.some((argument) => !argument.isDefault && within(argument.code))
      );
    case "apply":
      return within(code.callee) || code.arguments.some((argument) => within(argument));
    case "not":
    case "negate":
    case "convert":
    case "member":
      return within(code.of);
    case "index":
      return within(code.of) || within(code.index);
    case "binary":
      return within(code.left) || within(code.right);
    case "if":
      return within(code.condition) || within(code.whenTrue) || within(code.whenFalse);
    case "lambda":
      return within(code.body, 1);
    case "present":
      return within(code.of) || within(code.body, 1);
  }
}
