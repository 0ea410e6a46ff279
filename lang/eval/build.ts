// Things from declarations: frames with their cells, families by key. Nothing is computed before it is asked
// for.

import type { Blueprint, Body } from "../types/declared.ts";
import { isSecret, NONE, type Datum } from "./datum.ts";
import type { Machine } from "./machine.ts";
import { entriesOf, itemsOf, run } from "./run.ts";
import { keyText, showDatum } from "./show.ts";
import { Cell, Family, LazyCell, slotsFor, Thing, type Env } from "./thing.ts";

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
  const { first, ownFrames } = likeOf(owner, blueprint);
  const address = `${owner.address}.${name}`;
  return makeThing(
    blueprint,
    { address, name, variables: [], env: owner.env, owner, first, ownFrames },
    machine,
  );
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
    const place = { address, name: blueprint.name, variables: [], env, owner, ...likeOf(owner, blueprint) };
    const thing = makeThing(blueprint, place, machine);
    return holds(blueprint, thing.env, machine) ? thing.datum : NONE;
  }
  const over = run(loop.over, env, machine);
  const family = new Family(address);
  const entries =
    loop.variables > 1
      ? entriesOf(over, loop.span, machine)
      : itemsOf(over, loop.span, machine).map((item): [Datum] => [item]);
  let first: Thing | undefined;
  for (const variables of entries) {
    const [key] = variables;
    if (isSecret(key))
      machine.fail("VB3012", loop.span, "A key can't be computed from a secret: it is shown in addresses.");
    if (family.has(key)) machine.fail("VB3005", loop.span, `The key ${showDatum(key)} comes twice.`);
    const suffix = `[${keyText(key)}]`;
    const place = { address: address + suffix, name: blueprint.name + suffix, variables, env, owner };
    const thing = makeThing(blueprint, { ...place, first, ownFrames: 1 }, machine);
    first ??= thing;
    if (holds(blueprint, thing.env, machine)) family.add(key, thing);
  }
  machine.countElements(entries.length, loop.span);
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

interface Place {
  readonly address: string;
  readonly name: string;
  readonly variables: readonly Datum[];
  /** The frame around it. */
  readonly env: Env;
  readonly owner: Thing | undefined;
  readonly first: Thing | undefined;
  readonly ownFrames: number;
}

/** What a thing in `owner` has alike with those at the same place in others of the owner's family. */
function likeOf(owner: Thing | undefined, { slot }: Blueprint): Pick<Place, "first" | "ownFrames"> {
  if (!owner || owner.ownFrames === 0) return { first: undefined, ownFrames: 0 };
  // Around a component's body there is nothing else: its frames are all its own.
  const ownFrames = owner.kind.is === "kind" ? owner.ownFrames + 1 : Infinity;
  const held = (owner.first?.body ?? owner.first?.env)?.slots[slot];
  const value = held instanceof Cell ? held.value : held;
  return { first: value?.is === "thing" ? value.thing : undefined, ownFrames };
}

function makeThing(declared: Blueprint, place: Place, machine: Machine): Thing {
  const { address, name, variables, owner, first, ownFrames } = place;
  const slots = slotsFor(declared.frame.slots);
  for (let i = 0; i < variables.length; i++) slots[i] = variables[i];
  const env: Env = { slots, parent: place.env };
  const blueprint = machine.changed?.(address, declared) ?? declared;
  const { kind } = blueprint.type;
  const thing = new Thing({ address, name, blueprint, owner, env, first, ownFrames });
  if (kind.is === "component") {
    const component = kind.blueprint;
    if (component) {
      thing.body = { slots: [], parent: thing.members };
      fillFrame(thing.body, component.body, `${address}.`, thing, machine);
    }
  } else {
    fillFrame(env, blueprint.body, `${address}.`, thing, machine);
  }
  return thing;
}

/** The things of a declaration's cell. A failed one has none: its mistake is told. */
export function thingsIn(value: Datum | undefined): readonly Thing[] {
  if (value?.is === "thing") return [value.thing];
  return value?.is === "family" ? value.family.things : [];
}
