// Things of a declaration of which an edit changed some attributes: they stay, with all that does not follow
// from those attributes, and only these are computed again.

import type * as ast from "../syntax/ast.ts";
import type { Blueprint, Member } from "../types/declared.ts";
import type { Machine } from "./machine.ts";
import { busOf } from "./make-model.ts";
import { plugOf } from "./segments.ts";
import { settleAgain } from "./settle.ts";
import type { Thing } from "./thing.ts";

/** Kinds and members on which more hangs than what reads them. */
const NOT_PARTLY = new Set(["network", "lab", "volume"]);
const NOT_ALONE = new Set(["bus", "use", "links", "depends_on", "moved_from"]);

/**
 * The attributes that differ between two texts of a declaration; undefined where more does, or where what is
 * the same names something that was touched.
 */
export function changedAttributes(
  old: ast.Declaration,
  now: ast.Declaration,
  touched: ReadonlySet<string>,
  textOf: (part: { readonly span: ast.Span }) => string,
): ReadonlySet<string> | undefined {
  const sameHead =
    old.head === now.head &&
    old.kind === now.kind &&
    old.loop === now.loop &&
    old.condition === now.condition &&
    old.class === now.class &&
    old.module === now.module;
  if (!sameHead || NOT_PARTLY.has(now.kind.text)) return undefined;
  const [before, after] = [new Set<ast.Item>(old.body), new Set<ast.Item>(now.body)];
  const differ = [
    ...old.body.filter((item) => !after.has(item)),
    ...now.body.filter((item) => !before.has(item)),
  ];
  const names = new Set<string>();
  for (const item of differ) {
    if (item.node !== "attribute" && item.node !== "record") return undefined;
    if (NOT_ALONE.has(item.name.text)) return undefined;
    names.add(item.name.text);
  }
  // The thing's own name is among what was touched; that it is declared is not that it is read.
  const kept = [...now.body.filter((item) => before.has(item)), ...headParts(now)];
  return kept.some((part) => namesAny(textOf(part), touched)) ? undefined : names;
}

function headParts({ loop, condition, kind, class: info }: ast.Declaration): { readonly span: ast.Span }[] {
  return [kind, loop?.over, condition, info?.name].filter((part) => part !== undefined);
}

const namesAny = (text: string, touched: ReadonlySet<string>): boolean =>
  (text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []).some((word) => touched.has(word));

/** Whether the things of a declaration can be kept but for some attributes. */
export function canBePartlyKept(things: readonly Thing[]): boolean {
  const [first] = things;
  return first !== undefined && first.kind.is === "kind" && plugOf(first) === undefined;
}

/** Things of which some attributes are to be computed again. */
export interface PartlyKept {
  readonly things: readonly Thing[];
  readonly members: readonly Member[];
  /** Whether the same attributes are set as before, to whatever. */
  readonly alike: boolean;
}

/** Lets go of the changed attributes of `things`, which are declared by `blueprint` now. */
export function letGo(
  things: readonly Thing[],
  blueprint: Blueprint,
  changed: ReadonlySet<string>,
): PartlyKept | undefined {
  const [first] = things;
  if (!first) return undefined;
  const members = followersOf(first, changed);
  const alike = [...blueprint.set.keys()].join() === [...first.blueprint.set.keys()].join();
  for (const thing of things) {
    thing.blueprint = blueprint;
    for (const member of members) thing.members.slots[member.slot] = undefined;
  }
  return { things, members, alike };
}

/** Settles what was let go of. The answer: the things that may need others than before. */
export function settleAll({ things, members, alike }: PartlyKept, machine: Machine): readonly Thing[] {
  return things.filter((thing) => !settleAgain(thing, busOf(thing), alike ? members : undefined, machine));
}

/**
 * The members of these names, those whose defaults or constraints read them, and those that a driver fills.
 */
function followersOf(thing: Thing, changed: ReadonlySet<string>): readonly Member[] {
  const names = new Set(changed);
  const members = [...thing.table.members.values()];
  const follows = ({ name, value, constraint, auto, out }: Member): boolean =>
    !names.has(name) &&
    !NOT_ALONE.has(name) &&
    (auto || out || reads(value, names) || reads(constraint, names));
  // Bound: each turn adds a member.
  for (let more = members.filter(follows); more.length > 0; more = members.filter(follows))
    for (const { name } of more) names.add(name);
  return members.filter(({ name }) => names.has(name));
}

/** Whether code reads a slot of one of these names. What it calls sees no members. */
function reads(code: unknown, names: ReadonlySet<string>): boolean {
  if (typeof code !== "object" || code === null) return false;
  const node = code as { readonly op?: string; readonly name?: string };
  if (node.op === "slot" && node.name !== undefined && names.has(node.name)) return true;
  return Object.entries(node).some(([key, part]) => !OUTSIDE.has(key) && reads(part, names));
}

const OUTSIDE = new Set(["span", "callee", "to", "type", "nameSpan", "operatorSpan"]);
