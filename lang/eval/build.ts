// Things from declarations: frames with their cells, families by key. Nothing is computed before it is asked
// for.

import type { Blueprint, Body } from "../types/declared.ts";
import { identity, isSecret, NONE, type Datum } from "./datum.ts";
import type { Machine } from "./machine.ts";
import { entriesOf, itemsOf, run } from "./run.ts";
import { keyText, showDatum } from "./show.ts";
import { Cell, Family, LazyCell, slotsFor, Thing, type Env } from "./thing.ts";

/** Puts a cell for each `let` and declaration of `body` into its frame. */
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
    env.slots[declaration.slot] = new DeclarationCell(declaration, prefix, env, owner, machine);
  }
}

class DeclarationCell extends Cell {
  private readonly blueprint: Blueprint;
  private readonly prefix: string;
  private readonly env: Env;
  private readonly owner: Thing | undefined;
  private readonly machine: Machine;

  constructor(blueprint: Blueprint, prefix: string, env: Env, owner: Thing | undefined, machine: Machine) {
    super(blueprint.nameSpan);
    this.blueprint = blueprint;
    this.prefix = prefix;
    this.env = env;
    this.owner = owner;
    this.machine = machine;
  }

  override name(): string {
    return this.prefix + this.blueprint.name;
  }

  override compute(): Datum {
    return declare(this.blueprint, this.name(), this.env, this.owner, this.machine);
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
    const thing = makeThing(blueprint, address, blueprint.name, [], env, owner, machine);
    return holds(blueprint, thing.env, machine) ? thing.datum : NONE;
  }
  const over = run(loop.over, env, machine);
  const family = new Family(address);
  const entries =
    loop.variables > 1
      ? entriesOf(over, loop.span, machine)
      : itemsOf(over, loop.span, machine).map((item): [Datum] => [item]);
  for (const variables of entries) {
    const [key] = variables;
    if (isSecret(key))
      machine.fail("VB3012", loop.span, "A key can't be computed from a secret: it is shown in addresses.");
    if (family.things.has(identity(key)))
      machine.fail("VB3005", loop.span, `The key ${showDatum(key)} comes twice.`);
    const suffix = `[${keyText(key)}]`;
    const thing = makeThing(
      blueprint,
      address + suffix,
      blueprint.name + suffix,
      variables as readonly Datum[],
      env,
      owner,
      machine,
    );
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

function makeThing(
  declared: Blueprint,
  address: string,
  name: string,
  variables: readonly Datum[],
  parent: Env,
  owner: Thing | undefined,
  machine: Machine,
): Thing {
  const slots = slotsFor(declared.frame.slots);
  for (let i = 0; i < variables.length; i++) slots[i] = variables[i];
  const env: Env = { slots, parent };
  const blueprint = machine.changed?.(address, declared) ?? declared;
  const { kind } = blueprint.type;
  const thing = new Thing({ address, name, blueprint, owner, env });
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
  return value?.is === "family" ? [...value.family.things.values()] : [];
}
