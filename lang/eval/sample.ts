// Whoever only asks whether a lab is right needs no ten thousand guests made of one sentence. Of a large
// family whose members can differ in nothing that may be wrong the first, the second and the last are made,
// and the second stands for all between. Wherever that is not known, and wherever anything is wrong, the lab
// is computed whole: `Sample.leave`.

import type { Resource } from "../model.ts";
import { countsOf } from "../model.ts";
import type { Code } from "../types/code.ts";
import type { Blueprint, Constraint, Member } from "../types/declared.ts";
import { peel, type Type } from "../types/type.ts";
import { alikeSlots, reads, type Reads } from "./alike.ts";
import { memberAt } from "./attributes.ts";
import { int, isSecret, type Datum } from "./datum.ts";
import { fillerOf } from "./fill.ts";
import { LIMITS, type Machine } from "./machine.ts";
import { plugOf, type Plug } from "./segments.ts";
import type { Family, Thing } from "./thing.ts";

/** Of fewer all are made. */
const FAMILY_MIN = 16;
/** What the whole lab would take of the limits is only estimated: from this part on it is computed. */
const LIMIT_PART = 0.5;

/** Ends an evaluation by samples: nothing is known of the lab yet. */
export class NotSampled {
  readonly reason = "not sampled";
}

/** What one evaluation has left out. */
export class Sample {
  /** How many members the second of a family stands for. */
  private readonly copies = new Map<Thing, number>();
  private readonly taken = new Map<Family, number>();
  private steps = 0;
  private elements = 0;

  /** Whether anything was left out. */
  get isTaken(): boolean {
    return this.taken.size > 0;
  }

  /** Everything must be computed. */
  leave(): never {
    throw new NotSampled();
  }

  /** Which members of a family to make, and how many it has; undefined: all of them. */
  of(
    blueprint: Blueprint,
    over: Datum,
    family: Family,
  ): { readonly items: readonly Datum[]; readonly count: number } | undefined {
    if (over.is !== "range" || over.from.is !== "int" || over.to.is !== "int" || isSecret(over))
      return undefined;
    const [first, last] = [over.from.value, over.to.value];
    const count = last - first + 1;
    if (count < FAMILY_MIN || !isUniform(blueprint, 1)) return undefined;
    this.taken.set(family, count - 2);
    return { items: [int(first), int(first + 1), int(last)], count };
  }

  /** Told of a family that an expression reads: it has to be there. */
  readBy(family: Family): void {
    if (this.taken.has(family)) this.leave();
  }

  /** How many things this one stands for. */
  copiesOf(thing: Thing): number {
    if (this.copies.size < this.taken.size) this.noteCopies();
    let top = thing;
    while (top.owner) top = top.owner;
    return this.copies.get(top) ?? 1;
  }

  private noteCopies(): void {
    for (const [{ things }, copies] of this.taken) {
      const [, second] = things;
      if (second) this.copies.set(second, copies);
    }
  }

  /** Settles a thing, and counts what that would take for all that it stands for. */
  charged(thing: Thing, machine: Machine, settle: (thing: Thing) => void): void {
    const { steps, elements } = machine;
    settle(thing);
    const others = this.copiesOf(thing) - 1;
    this.steps += (machine.steps - steps) * others;
    this.elements += (machine.elements - elements) * others;
    const isMuch =
      machine.steps + this.steps > LIMITS.steps * LIMIT_PART ||
      machine.elements + this.elements > LIMITS.elements * LIMIT_PART;
    if (isMuch) this.leave();
  }

  /** How many there are of each kind, private ones with them, in the order of `resources`. */
  counts(resources: readonly Resource[], things: readonly Thing[]): Readonly<Record<string, number>> {
    const counts = countsOf(resources);
    for (const thing of things) {
      const others = this.copiesOf(thing) - 1;
      for (const { kind } of thing.own ? [thing, thing.own] : [thing])
        counts[kind.name] = (counts[kind.name] ?? 0) + others;
    }
    return counts;
  }
}

const known = new WeakMap<Blueprint, boolean>();

/**
 * Whether every member of a family is right where its first, second and last are: what they have alike is,
 * and what differs is a text or a number that follows from the key, or filled in for each alike.
 */
function isUniform(blueprint: Blueprint, ownFrames: number, holder?: Thing["kind"]): boolean {
  let uniform = known.get(blueprint);
  if (uniform === undefined) known.set(blueprint, (uniform = findUniform(blueprint, ownFrames, holder)));
  return uniform;
}

function findUniform(blueprint: Blueprint, ownFrames: number, holder: Thing["kind"] | undefined): boolean {
  const { type, body, condition, set } = blueprint;
  const { kind } = type;
  if (kind.is !== "kind" || condition) return false;
  const table = type.class?.table ?? kind.table;
  const alike = alikeSlots({ blueprint, table, ownFrames });
  const differs: Reads = (hops, slot) => hops > 0 || slot === undefined || !alike[slot];
  const own = (code: Code): boolean => reads(code, (hops) => hops < ownFrames);
  const isRight = (member: Member): boolean =>
    alike[member.slot] === true ||
    (set.has(member.name)
      ? isPlain(member.type) && !member.constraint && isSure(set.get(member.name)?.code, ownFrames, own)
      : isOfPrivate(member, { kind, table }) || isFilled(member, { kind, table }, holder));
  return (
    [...table.members.values()].every(isRight) &&
    !table.asserts.some(({ condition: asked }) => reads(asked, differs)) &&
    !body.asserts.some(({ condition: asked }) => own(asked)) &&
    body.declarations.every((child) => !child.loop && isUniform(child, ownFrames + 1, kind))
  );
}

type Sort = Pick<Thing, "kind" | "table">;

/** Whether nobody writes it, and each thing gets it alike. */
function isFilled(member: Member, sort: Sort, holder: Thing["kind"] | undefined): boolean {
  const { value, constraint } = member;
  if (value) return false;
  const filler = fillerOf(member, sort, holder);
  if (filler === "address") return !constraint || isOfSubnet(constraint, plugOf(sort));
  return !constraint && filler !== "driver" && (filler !== "private" || isBare(member, sort.kind));
}

/** Of a member that is a private thing: nothing is asked of its place, and its defaults read nothing. */
function isBare({ type }: Member, holder: Thing["kind"]): boolean {
  const inner = peel(type);
  if (inner.is !== "thing" || inner.kind.table.asserts.length > 0) return false;
  const { kind } = inner;
  return [...kind.table.members.values()].every(
    (member) => (member.out && isFilled(member, { kind, table: kind.table }, holder)) || isClosed(member),
  );
}

const isClosed = ({ out, auto, value, constraint }: Member): boolean =>
  !out && !auto && !constraint && (value === undefined || !reads(value, () => true));

/** `bus.devices` as a default, where the bus is the thing's own. */
function isOfPrivate({ value, constraint }: Member, sort: Sort): boolean {
  if (constraint || value?.op !== "member" || value.of.op !== "slot" || value.of.hops !== 0) return false;
  const holder = memberAt(sort, value.of.slot);
  if (!holder?.auto || fillerOf(holder, sort, undefined) !== "private") return false;
  const inner = peel(holder.type);
  const read = inner.is === "thing" ? inner.kind.table.members.get(value.name) : undefined;
  return read?.out === true && isFilled(holder, sort, undefined);
}

/** `ip in network.subnet`: what a pool inside the subnet gives lies in it. */
function isOfSubnet({ condition: code }: Constraint, plug: Plug | undefined): boolean {
  if (!plug || code.op !== "binary" || code.operator !== "in") return false;
  const { left, right } = code;
  const isSlot = (read: Code, member: Member | undefined): boolean =>
    read.op === "slot" && read.hops === 0 && read.slot === member?.slot;
  return (
    isSlot(left, plug.ip) &&
    right.op === "member" &&
    right.name === "subnet" &&
    isSlot(right.of, plug.network)
  );
}

/** Types into which every number, or every text, goes as every other. */
function isPlain(type: Type): boolean {
  switch (type.is) {
    case "simple":
      return PLAIN.has(type.name);
    case "list":
    case "optional":
    case "auto":
      return isPlain(type.of);
    case "union":
      return type.members.every(isPlain);
    case "map":
      return isPlain(type.key) && isPlain(type.value);
    default:
      return false;
  }
}

const PLAIN: ReadonlySet<string> = new Set(["bool", "int", "float", "string", "scalar", "data"]);
/** Texts with a key in them stay far from the limit of one. */
const TEXT_MAX = 4096;

/**
 * Whether code that comes out right for the first, the second and the last key does for all between. `own`:
 * whether code reads what is each thing's own; where it doesn't, it is the same for all.
 */
function isSure(code: Code | undefined, ownFrames: number, own: (code: Code) => boolean): boolean {
  if (code === undefined) return false;
  if (isAffine(code, ownFrames)) return true;
  switch (code.op) {
    case "text": {
      const length = code.parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : 0), 0);
      return (
        length <= TEXT_MAX &&
        code.parts.every((part) => typeof part === "string" || isAffine(part, ownFrames))
      );
    }
    case "list":
      return code.items.every(
        ({ spread, code: item }) => !own(item) || (!spread && isSure(item, ownFrames, own)),
      );
    case "object":
      return (
        code.as === "map" &&
        code.entries.every((entry) =>
          "spread" in entry
            ? !own(entry.spread)
            : !own(entry.key) && (!own(entry.value) || isSure(entry.value, ownFrames, own)),
        )
      );
    case "convert":
      return isPlain(code.to) && isSure(code.of, ownFrames, own);
    default:
      return false;
  }
}

/** The key, plus, minus or times numbers: between its ends it is never beyond both of them. */
function isAffine(code: Code, ownFrames: number): boolean {
  if (code.op === "slot") return code.hops === ownFrames - 1 && code.slot === 0;
  if (code.op !== "binary" || !["+", "-", "*"].includes(code.operator)) return false;
  const { left, right } = code;
  return (isAffine(left, ownFrames) && isNumber(right)) || (isNumber(left) && isAffine(right, ownFrames));
}

const isNumber = (code: Code): boolean => code.op === "constant" && code.value.is === "int";
