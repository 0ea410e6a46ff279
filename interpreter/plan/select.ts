// A part of a lab: what should be for the things that are meant, and what is for all others. Pure.

import { OperationError } from "../operation-error.ts";
import { define } from "./definition.ts";
import type { Definition } from "./definition.ts";
import { makePlan } from "./make-plan.ts";
import type { Plan, Step } from "./plan.ts";

/** Which part of the lab is meant. Addresses; one stands for all that is below it too. */
export interface Selection {
  /** Only these, and what they need. Empty or absent: everything. */
  readonly targets?: readonly string[];
  /** Not these, nor what can't be without them. */
  readonly excludes?: readonly string[];
  /** Made anew, also where nothing differs. */
  readonly replace?: readonly string[];
}

export interface Selected {
  /** What is, as it was when the plan was made. */
  readonly observed: Definition;
  /** What should be, of the part that is meant, and what is, of the rest. */
  readonly desired: Definition;
  readonly replace: ReadonlySet<string>;
  readonly plan: Plan;
}

/** Throws `OperationError` `usage` for an address that is neither there nor declared. */
export function select(observed: Definition, declared: Definition, selection: Selection): Selected {
  const { targets = [], excludes = [] } = selection;
  const sides = { observed, declared };
  const replace = new Set((selection.replace ?? []).map((name) => replaceable(name, sides)));
  const whole = makePlan(observed, declared, replace);
  if (targets.length === 0 && excludes.length === 0)
    return { observed, desired: declared, replace, plan: whole };
  const named = new Set(targets.flatMap((name) => below(name, sides)));
  const meant = targets.length === 0 ? addressesOf(sides) : withNeeds(named, sides);
  const kept = withUsers(
    excludes.flatMap((name) => below(name, sides)),
    sides,
  );
  const stays = new Set(kept);
  // Bound: each round keeps at least one thing more, or is the last.
  for (;;) {
    const desired = mixed(sides, meant, kept);
    const remade = new Set([...replace].filter((address) => meant.has(address) && !kept.has(address)));
    const plan = makePlan(observed, desired, remade);
    const more = disturbing(plan, stays, observed).filter((address) => !kept.has(address));
    if (more.length > 0) {
      for (const address of withUsers(more, sides)) kept.add(address);
      continue;
    }
    return {
      observed,
      desired,
      replace: remade,
      plan: { ...plan, scope: scopeOf(selection, { whole, plan, named }) },
    };
  }
}

interface Sides {
  readonly observed: Definition;
  readonly declared: Definition;
}

function addressesOf({ observed, declared }: Sides): Set<string> {
  return new Set([...declared.resources.keys(), ...observed.resources.keys()]);
}

/** `'` will do for `"`. */
function spelled(name: string): string {
  return name.replaceAll("'", '"');
}

function below(name: string, sides: Sides): readonly string[] {
  const address = spelled(name);
  const found = [...addressesOf(sides)].filter(
    (other) => other === address || other.startsWith(`${address}.`) || other.startsWith(`${address}[`),
  );
  if (found.length === 0) throw new OperationError("usage", `There is no \`${address}\` in this lab.`);
  return found;
}

function replaceable(name: string, { observed, declared }: Sides): string {
  const address = spelled(name);
  const there = declared.resources.get(address);
  if (there === undefined) throw new OperationError("usage", `There is no \`${address}\` in this lab.`);
  if (there.kind === "lab") throw new OperationError("usage", "The lab itself can't be made anew.");
  if (!observed.resources.has(address))
    throw new OperationError("usage", `\`${address}\` can't be made anew: it does not run.`);
  return address;
}

/** What must be up before these, and what can't be without those that go. */
function withNeeds(start: Iterable<string>, { observed, declared }: Sides): Set<string> {
  return closure(start, (address) =>
    declared.resources.has(address)
      ? (declared.needs.get(address) ?? [])
      : (observed.neededBy.get(address) ?? []),
  );
}

/** What refers to these, now or as declared; and what they have that would otherwise go. */
function withUsers(start: Iterable<string>, { observed, declared }: Sides): Set<string> {
  return closure(start, (address) => [
    ...(observed.neededBy.get(address) ?? []),
    ...(declared.neededBy.get(address) ?? []),
    ...(observed.needs.get(address) ?? []).filter((need) => !declared.resources.has(need)),
  ]);
}

function closure(start: Iterable<string>, next: (address: string) => readonly string[]): Set<string> {
  const found = new Set(start);
  const stack = [...found];
  // Bound: every address is found once.
  while (stack.length > 0) {
    for (const address of next(stack.pop() ?? "")) {
      if (found.has(address)) continue;
      found.add(address);
      stack.push(address);
    }
  }
  return found;
}

function mixed(sides: Sides, meant: ReadonlySet<string>, kept: ReadonlySet<string>): Definition {
  const { observed, declared } = sides;
  const resources = [...addressesOf(sides)].flatMap((address) => {
    const from = meant.has(address) && !kept.has(address) ? declared : observed;
    return from.resources.get(address) ?? [];
  });
  return define(declared.lab, resources);
}

/** What would make things anew that are to stay: what these need and what does not stay. */
function disturbing(plan: Plan, stays: ReadonlySet<string>, observed: Definition): readonly string[] {
  const steps = new Map<string, Step>(plan.steps.map((step) => [step.address, step]));
  return [...stays]
    .filter((address) => steps.has(address))
    .flatMap((address) => [...withNeedsOf(address, observed)].filter((need) => steps.has(need)));
}

function withNeedsOf(address: string, observed: Definition): ReadonlySet<string> {
  return closure([address], (one) => observed.needs.get(one) ?? []);
}

interface Compared {
  readonly whole: Plan;
  readonly plan: Plan;
  readonly named: ReadonlySet<string>;
}

function scopeOf(selection: Selection, { whole, plan, named }: Compared): NonNullable<Plan["scope"]> {
  const { targets = [], excludes = [] } = selection;
  const done = new Set(plan.steps.map((step) => step.address));
  return {
    targets: targets.map(spelled),
    excludes: excludes.map(spelled),
    drawnIn: targets.length === 0 ? [] : [...done].filter((address) => !named.has(address)),
    leftOut: whole.steps.map((step) => step.address).filter((address) => !done.has(address)),
  };
}
