// All things of the lab in the order of declaration, depth first. Asks which exist, and nothing else of them.

import type { Body } from "../types/declared.ts";
import { thingsIn } from "./build.ts";
import type { Datum } from "./datum.ts";
import { Failure, type Machine } from "./machine.ts";
import { Cell, type Env, type Thing } from "./thing.ts";

/**
 * Things of a body, each followed by what stands inside it. Components are among them, before their content.
 */
export function thingsOf(body: Body, env: Env, machine: Machine): Thing[] {
  const things: Thing[] = [];
  for (const declaration of body.declarations) {
    const cell = env.slots[declaration.slot];
    if (cell instanceof Cell) for (const thing of contentOf(cell, machine)) things.push(thing);
  }
  return things;
}

const contents = new WeakMap<Cell, readonly Thing[]>();

/** The things of one declaration, each followed by what stands inside it. */
export function contentOf(cell: Cell, machine: Machine): readonly Thing[] {
  const known = contents.get(cell);
  if (known) return known;
  const things: Thing[] = [];
  collectIn(asked(cell, machine), things, machine);
  // While something is computed not all may be there yet.
  if (machine.running.length === 0) contents.set(cell, things);
  return things;
}

function collect(body: Body, env: Env, things: Thing[], machine: Machine): void {
  for (const declaration of body.declarations)
    collectIn(heldIn(env, declaration.slot, machine), things, machine);
}

/** Without a list for each that is no family: there are many. */
function collectIn(value: Datum | undefined, things: Thing[], machine: Machine): void {
  if (value?.is === "thing") collectWith(value.thing, things, machine);
  else for (const thing of thingsIn(value)) collectWith(thing, things, machine);
}

function collectWith(thing: Thing, things: Thing[], machine: Machine): void {
  things.push(thing);
  const component = thing.kind.is === "component" ? thing.kind.blueprint : undefined;
  if (component && thing.body) collect(component.body, thing.body, things, machine);
  else if (thing.kind.is === "kind") collect(thing.blueprint.body, thing.env, things, machine);
}

/** The children of one thing, in order. */
export function childrenOf(thing: Thing, machine: Machine): Thing[] {
  const children: Thing[] = [];
  for (const { slot } of thing.blueprint.body.declarations)
    for (const child of thingsIn(heldIn(thing.env, slot, machine))) children.push(child);
  return children;
}

/** The same as values. Most have one thing in each of a few places: then no list grows. */
export function childValues({ blueprint, env }: Thing, machine: Machine): readonly Datum[] {
  const { declarations } = blueprint.body;
  const held = declarations.map(({ slot }) => heldIn(env, slot, machine));
  if (held.every((value) => value?.is === "thing")) return held;
  return held.flatMap((value) => thingsIn(value).map(({ datum }) => datum));
}

/** What a slot holds, or undefined where it failed. */
function heldIn(env: Env, slot: number, machine: Machine): Datum | undefined {
  const held = env.slots[slot];
  return held instanceof Cell ? asked(held, machine) : held;
}

/** The value, or undefined where it failed: that mistake is told already, and others go on. */
export function asked(cell: Cell, machine: Machine): ReturnType<Machine["ask"]> | undefined {
  // Without a closure: asked for every attribute of every thing.
  try {
    return machine.ask(cell);
  } catch (caught) {
    if (caught instanceof Failure) return undefined;
    throw caught;
  }
}

export function attempt<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (caught) {
    if (caught instanceof Failure) return undefined;
    throw caught;
  }
}
