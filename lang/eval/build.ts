// Things from declarations: frames with their cells, families by key. Nothing is computed before it is asked
// for.

import type { Blueprint, Body } from "../types/declared.ts";
import { isSecret, NONE, type Datum } from "./datum.ts";
import type { Machine } from "./machine.ts";
import { entriesOf, itemsOf, run } from "./run.ts";
import { keyText, showDatum } from "./show.ts";
import { Cell, Family, LazyCell, slotsFor, Thing, type Env, type Place } from "./thing.ts";

/**
 * Puts what each `let` and declaration of `body` stands for into its frame: a cell, or in a thing the thing
 * itself where nothing decides whether there is one, and how many.
 */
export function fillFrame(
  env: Env,
  body: Body,
  prefix: string,
  owner: Thing | undefined,
  machine: Machine,
): void {
  for (const item of body.lets) {
    env.slots[item.slot] = new LazyCell(
      () => `${prefix}${item.name}`,
      item.span,
      () => run(item.code, env, machine),
    );
  }
  for (const declaration of body.declarations) {
    env.slots[declaration.slot] =
      owner?.kind.is === "kind" && isPlain(declaration)
        ? childOf(owner, declaration, machine).datum
        : new DeclarationCell(declaration, prefix, env, owner);
  }
}

function childOf(owner: Thing, blueprint: Blueprint, machine: Machine): Thing {
  const { name } = blueprint;
  const address = `${owner.address}.${name}`;
  const place = { address, name, owner, first: likeOf(owner, blueprint), ownFrames: framesIn(owner) };
  return makeThing(blueprint, place, { slots: slotsFor(blueprint.frame.slots), parent: owner.env }, machine);
}

const isPlain = ({ loop, condition, type }: Blueprint): boolean =>
  !loop && !condition && type.kind.is === "kind";

class DeclarationCell extends Cell {
  private readonly blueprint: Blueprint;
  private readonly prefix: string;
  private readonly env: Env;
  private readonly owner: Thing | undefined;

  constructor(blueprint: Blueprint, prefix: string, env: Env, owner: Thing | undefined) {
    super();
    this.blueprint = blueprint;
    this.prefix = prefix;
    this.env = env;
    this.owner = owner;
  }

  override get span(): Blueprint["nameSpan"] {
    return this.blueprint.nameSpan;
  }

  override name(): string {
    return this.prefix + this.blueprint.name;
  }

  override compute(machine: Machine): Datum {
    return declare(this.blueprint, this.name(), this.env, this.owner, machine);
  }
}

/** The thing, the family, or `none` that a declaration stands for. */
function declare(
  blueprint: Blueprint,
  address: string,
  env: Env,
  owner: Thing | undefined,
  machine: Machine,
): Datum {
  const { loop } = blueprint;
  if (!loop) {
    const [first, ownFrames] = [likeOf(owner, blueprint), framesIn(owner)];
    const place = { address, name: blueprint.name, owner, first, ownFrames };
    const frame: Env = { slots: slotsFor(blueprint.frame.slots), parent: env };
    const thing = makeThing(blueprint, place, frame, machine);
    return holds(blueprint, thing.env, machine) ? thing.datum : NONE;
  }
  const over = run(loop.over, env, machine);
  const family = new Family(address);
  const add = (key: Datum, value: Datum | undefined): void => {
    if (isSecret(key))
      machine.fail("VB3012", loop.span, "A key can't be computed from a secret: it is shown in addresses.");
    // Those of a range differ.
    if (over.is !== "range" && family.has(key))
      machine.fail("VB3005", loop.span, `The key ${showDatum(key)} comes twice.`);
    const suffix = `[${keyText(key)}]`;
    const stands = address + suffix;
    const name = address === blueprint.name ? stands : blueprint.name + suffix;
    const slots = slotsFor(blueprint.frame.slots);
    slots[0] = key;
    if (value) slots[1] = value;
    const place = { address: stands, name, owner, first, ownFrames: 1 };
    const thing = makeThing(blueprint, place, { slots, parent: env }, machine);
    first ??= thing;
    if (holds(blueprint, thing.env, machine)) family.add(key, thing);
  };
  let first: Thing | undefined;
  let count: number;
  if (loop.variables > 1) {
    const entries = entriesOf(over, loop.span, machine);
    for (const [key, value] of entries) add(key, value);
    count = entries.length;
  } else {
    const some = owner ? undefined : machine.sample?.of(blueprint, over, family);
    const items = some?.items ?? itemsOf(over, loop.span, machine);
    for (const item of items) add(item, undefined);
    count = some?.count ?? items.length;
    if (some) machine.countElements(count, loop.span);
  }
  machine.countElements(count, loop.span);
  return { is: "family", family };
}

function holds(blueprint: Blueprint, env: Env, machine: Machine): boolean {
  if (!blueprint.condition) return true;
  const condition = run(blueprint.condition, env, machine);
  if (isSecret(condition)) {
    const message = "Whether a thing exists is shown: it can't be computed from a secret.";
    machine.fail("VB3012", blueprint.condition.span, message);
  }
  return condition.is === "bool" && condition.value;
}

/** What stands at the place of `owner`'s child in the first of its family. */
function likeOf(owner: Thing | undefined, { slot }: Blueprint): Thing | undefined {
  if (!owner || owner.ownFrames === 0) return undefined;
  const held = (owner.first?.body ?? owner.first?.env)?.slots[slot];
  const value = held instanceof Cell ? held.value : held;
  return value?.is === "thing" ? value.thing : undefined;
}

/** How many frames a thing in `owner` has of its own. */
function framesIn(owner: Thing | undefined): number {
  if (!owner || owner.ownFrames === 0) return 0;
  // Around a component's body there is nothing else: its frames are all its own.
  return owner.kind.is === "kind" ? owner.ownFrames + 1 : Infinity;
}

function makeThing(declared: Blueprint, place: Place, env: Env, machine: Machine): Thing {
  const { address } = place;
  const blueprint = machine.changed?.(address, declared) ?? declared;
  const { kind } = blueprint.type;
  const thing = new Thing(blueprint, place, env);
  const { body } = blueprint;
  if (kind.is === "component") {
    const component = kind.blueprint;
    if (component) {
      thing.body = { slots: [], parent: thing.members };
      fillFrame(thing.body, component.body, `${address}.`, thing, machine);
    }
  } else if (body.declarations.length > 0 || body.lets.length > 0) {
    fillFrame(env, body, `${address}.`, thing, machine);
  }
  return thing;
}

/** The things of a declaration's cell. A failed one has none: its mistake is told. */
export function thingsIn(value: Datum | undefined): readonly Thing[] {
  if (value?.is === "thing") return [value.thing];
  return value?.is === "family" ? value.family.things : [];
}
