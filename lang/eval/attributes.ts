// The members of one thing as cells: what the declaration set, else the default, else filled in; then constrained.

import type { Member } from "../types/declared.ts";
import { fillAuto, fillOut } from "./fill.ts";
import { NONE, type Datum } from "./datum.ts";
import { askConstraint } from "./explain.ts";
import type { Machine } from "./machine.ts";
import { run } from "./run.ts";
import { Cell, type Env, type Thing } from "./thing.ts";

/** The cell of the member with this slot, made when first asked. */
export function attributeCell(thing: Thing, slot: number, machine: Machine): Cell {
  const held = thing.members.slots[slot];
  if (held instanceof Cell) return held;
  const member = memberAt(thing, slot);
  if (!member) return machine.failQuietly();
  const set = thing.blueprint.set.get(member.name);
  const cell = new Cell(
    () => `${thing.address}.${member.name}`,
    set?.nameSpan ?? thing.blueprint.nameSpan,
    () => computeAttribute(thing, member, machine),
    { of: thing, check: () => checkAttribute(thing, member, machine) },
  );
  thing.members.slots[slot] = cell;
  return cell;
}

function memberAt(thing: Thing, slot: number): Member | undefined {
  for (const member of thing.table.members.values()) if (member.slot === slot) return member;
  return undefined;
}

function computeAttribute(thing: Thing, member: Member, machine: Machine): Datum {
  const set = thing.blueprint.set.get(member.name);
  const raw = rawAttribute(thing, member, machine);
  if (raw.is === "auto") {
    thing.origins.set(member.name, { origin: "auto", span: set?.span ?? member.span });
    return fillAuto(thing, member, machine);
  }
  if (set) thing.origins.set(member.name, { origin: "set", span: set.span });
  else thing.origins.set(member.name, { origin: member.out ? "auto" : "default", span: member.value?.span ?? member.span });
  return member.out ? fillOut(thing, member, machine) : raw;
}

/** What text or default says, before `auto` is filled in. */
export function rawAttribute(thing: Thing, member: Member, machine: Machine): Datum {
  const set = thing.blueprint.set.get(member.name);
  if (set) return run(set.code, thing.env, machine);
  if (member.out) return NONE;
  if (member.value) return run(member.value, thing.members, machine);
  return member.auto ? { is: "auto" } : NONE;
}

function checkAttribute(thing: Thing, member: Member, machine: Machine): void {
  const cell = thing.members.slots[member.slot];
  if (!member.constraint || !(cell instanceof Cell)) return;
  if (cell.value?.is === "none") return;
  const origin = thing.origins.get(member.name);
  const isSet = origin?.origin === "set";
  const span = isSet ? origin.span : thing.blueprint.head;
  askConstraint(member.constraint, thing.members, { what: member.name, span, code: "VB3002", label: "the constraint" }, machine);
}

/** The cell of a child block, a thing or a family, of any thing but a component's. */
export function childOf(thing: Thing, name: string): Cell | undefined {
  const child = thing.blueprint.body.declarations.find((declaration) => declaration.name === name);
  const held = child && thing.env.slots[child.slot];
  return held instanceof Cell ? held : undefined;
}

const outputs = new WeakMap<Thing, Map<string, Cell>>();

/** The cell of a component's output. */
export function outputOf(thing: Thing, name: string, machine: Machine): Cell {
  const cells = outputs.get(thing) ?? new Map<string, Cell>();
  outputs.set(thing, cells);
  const held = cells.get(name);
  if (held) return held;
  const output = thing.kind.is === "component" ? thing.kind.blueprint?.outputs.get(name) : undefined;
  const body: Env | undefined = thing.body;
  if (!output || !body) return machine.failQuietly();
  const cell = new Cell(() => `${thing.address}.${name}`, output.span, () => run(output.code, body, machine));
  cells.set(name, cell);
  return cell;
}
