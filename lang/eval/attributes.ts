// The members of one thing as cells: what the declaration set, else the default, else filled in; then
// constrained.

import type { Span } from "../syntax/ast.ts";
import type { Member } from "../types/declared.ts";
import { peel } from "../types/type.ts";
import { alikeCell } from "./alike.ts";
import { fill } from "./fill.ts";
import { isSecret, NONE, type Datum } from "./datum.ts";
import { askConstraint } from "./explain.ts";
import type { Machine } from "./machine.ts";
import { run } from "./run.ts";
import { Cell, LazyCell, MemberCell, type Env, type Thing } from "./thing.ts";
import { asked } from "./walk.ts";

class AttributeCell extends MemberCell {
  private readonly member: Member;

  constructor(thing: Thing, member: Member) {
    super(thing);
    this.member = member;
  }

  override get span(): Span {
    const { blueprint } = this.of;
    return blueprint.set.get(this.member.name)?.nameSpan ?? blueprint.nameSpan;
  }

  override get originSpan(): Span {
    const { of: thing, member } = this;
    return thing.blueprint.set.get(member.name)?.span ?? member.value?.span ?? member.span;
  }

  override name(): string {
    return `${this.of.address}.${this.member.name}`;
  }

  override compute(machine: Machine): Datum {
    const { of: thing, member } = this;
    const raw = rawAttribute(thing, member, machine);
    const set = thing.blueprint.set.has(member.name);
    this.origin = raw.is === "auto" || member.out ? "auto" : set ? "set" : "default";
    if (isSecret(raw) && !takesSecrets(thing, member)) refuseSecret(member, this.originSpan, machine);
    return raw.is === "auto" || member.out ? fill(thing, member, machine) : raw;
  }

  override check(machine: Machine): void {
    this.hold(machine);
    this.settled = true;
  }

  private hold(machine: Machine): void {
    const { of: thing, member } = this;
    if (!member.constraint || this.value?.is === "none") return;
    const span = this.origin === "set" ? this.originSpan : thing.blueprint.head;
    askConstraint(
      member.constraint,
      thing.members,
      { what: member.name, span, code: "VB3002", label: "the constraint" },
      machine,
    );
  }
}

/** What a guest is given at boot. */
const GIVEN = new Set(["args", "env"]);
/** Members that are shown to everybody. */
const SHOWN = new Set(["labels", "moved_from"]);
const ADDRESSES = new Set(["ip", "cidr", "mac"]);

/** The host shows how the things are that it makes, but for what guests are given and for addresses. */
function takesSecrets(thing: Thing, member: Member): boolean {
  if (SHOWN.has(member.name)) return false;
  const type = peel(member.type);
  const isAddress = type.is === "simple" && ADDRESSES.has(type.name);
  return thing.kind.is !== "kind" || isAddress || GIVEN.has(member.name);
}

function refuseSecret({ name }: Member, span: Span, machine: Machine): never {
  return machine.fail(
    "VB3012",
    span,
    `\`${name}\` is shown to everybody: it can't be computed from a secret.`,
    { hint: "Secrets may stand in `args`, in `env`, and in addresses." },
  );
}

/** The cell of the member with this slot, made when first asked. */
export function attributeCell(thing: Thing, slot: number, machine: Machine): Cell {
  const held = thing.members.slots[slot];
  if (held instanceof Cell) return held;
  const member = memberAt(thing, slot);
  if (!member) return machine.failQuietly();
  const cell = new AttributeCell(thing, member);
  thing.members.slots[slot] = cell;
  return cell;
}

/** The value of the member with this slot: the thing's own, or the one that its whole family has alike. */
export function askAttribute(thing: Thing, slot: number, machine: Machine): Datum {
  const alike = alikeCell(thing, slot);
  return alike ? machine.askAlike(alike, thing) : machine.ask(attributeCell(thing, slot, machine));
}

/** The same, or undefined where it failed: that mistake is told already, and others go on. */
export function askedAttribute(thing: Thing, slot: number, machine: Machine): Datum | undefined {
  const alike = alikeCell(thing, slot);
  return alike ? machine.askAlike(alike, thing) : asked(attributeCell(thing, slot, machine), machine);
}

const bySlot = new WeakMap<object, Member[]>();

/** The member with this slot. */
export function memberAt({ table }: Pick<Thing, "table">, slot: number): Member | undefined {
  const { members } = table;
  let known = bySlot.get(members);
  if (!known) {
    known = [];
    for (const member of members.values()) known[member.slot] = member;
    bySlot.set(members, known);
  }
  return known[slot];
}

/** What text or default says, before `auto` is filled in. */
export function rawAttribute(thing: Thing, member: Member, machine: Machine): Datum {
  const set = thing.blueprint.set.get(member.name);
  if (set) return run(set.code, thing.env, machine);
  if (member.out) return NONE;
  if (member.value) return run(member.value, thing.members, machine);
  return member.auto ? { is: "auto" } : NONE;
}

/** A child block, a thing or a family or the cell of one, of any thing but a component's. */
export function childOf(thing: Thing, name: string): Datum | Cell | undefined {
  for (const child of thing.blueprint.body.declarations)
    if (child.name === name) return thing.env.slots[child.slot];
  return undefined;
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
  const cell = new LazyCell(
    () => `${thing.address}.${name}`,
    output.span,
    () => run(output.code, body, machine),
  );
  cells.set(name, cell);
  return cell;
}
