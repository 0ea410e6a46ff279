// A settled value as the model has it, with its marks.

import type { Attribute, Disruption } from "../model.ts";
import type { Span } from "../syntax/ast.ts";
import type { Member, RecordInfo } from "../types/declared.ts";
import { peel, type Type } from "../types/type.ts";
import type { Datum } from "./datum.ts";
import { plainValue } from "./plain.ts";

export function asAttribute(
  member: Member,
  datum: Datum,
  origin: Attribute["origin"],
  span: Span,
): Attribute {
  const { disruption } = member;
  const value = plainValue(datum);
  const memberDisruptions = datum.is === "record" ? disruptionsOf(member, datum) : undefined;
  return memberDisruptions
    ? { value, disruption, memberDisruptions, origin, span }
    : { value, disruption, origin, span };
}

const marks = new WeakMap<RecordInfo, Readonly<Record<string, Disruption>>>();

function disruptionsOf(member: Member, datum: Datum): Readonly<Record<string, Disruption>> | undefined {
  const type = peel(member.type);
  return type.is === "record" && datum.is === "record" ? marksOf(type.info) : undefined;
}

/** Marks of all members by dotted path. Types don't contain themselves, so this ends. */
function marksOf(info: RecordInfo): Readonly<Record<string, Disruption>> {
  const known = marks.get(info);
  if (known) return known;
  const found: Record<string, Disruption> = {};
  for (const member of info.members.values()) {
    found[member.name] = member.disruption;
    const inner: Type = peel(member.type);
    if (inner.is !== "record") continue;
    for (const [path, mark] of Object.entries(marksOf(inner.info))) found[`${member.name}.${path}`] = mark;
  }
  marks.set(info, found);
  return found;
}
