// A model from a machine whose frames are filled: everything settled, everything checked.

import type { Allocations, Model } from "../model.ts";
import type { Blueprint } from "../types/declared.ts";
import type { CheckedModule, Program } from "../types/program.ts";
import { alikeCell } from "./alike.ts";
import { checkLab } from "./check-lab.ts";
import { isSecret } from "./datum.ts";
import type { Whole } from "./evaluate.ts";
import type { Machine } from "./machine.ts";
import { plainValue } from "./plain.ts";
import { run } from "./run.ts";
import { noteContents } from "./needs.ts";
import { settleThing, type Settled } from "./settle.ts";
import { MemberCell, Thing, type Env } from "./thing.ts";
import { attempt } from "./walk.ts";

/** What a model takes over from one that was made before and found right. */
export interface TakenOver {
  /** The things that it did not have. */
  readonly fresh: readonly Thing[];
  readonly sameSegments: boolean;
  readonly rewired: readonly Thing[];
  readonly allocations: Allocations;
}

export function makeModel(whole: Whole, before?: TakenOver): Model {
  const { program, root, machine, env, frames } = whole;
  const { name } = machine.lab.options;
  const things = machine.lab.things();
  const sorts = sortsOf(things);
  if (sorts.some(({ kind }) => kind.is === "component")) noteContents(things);
  const into: Settled = { resources: [], paths: new Set() };
  const declared = sorts.some(isLab) ? things.filter(isLab) : [];
  const labThing = declared.length > 0 ? undefined : defaultLab(program, root, name, env);
  for (const thing of labThing ? [labThing] : declared) settleThing(thing, undefined, into, machine);
  const settle = (thing: Thing): void => settleOne(thing, into, machine);
  for (const thing of things) {
    if (declared.length > 0 && isLab(thing)) continue;
    if (machine.sample) machine.sample.charged(thing, machine, settle);
    else settle(thing);
  }
  const { fresh = things, sameSegments = false, rewired = fresh } = before ?? {};
  checkLab({ program, frames, things, sorts, labs: declared, fresh, sameSegments, rewired }, machine);
  return {
    lab: name,
    resources: into.resources,
    outputs: outputsOf(root, env, machine),
    allocations: before && sameSegments ? before.allocations : allocationsOf(machine),
    inputs: [],
    paths: [...into.paths],
    ...(machine.sample?.isTaken && { counts: machine.sample.counts(into.resources, things) }),
  };
}

const isLab = ({ kind }: Thing): boolean => kind.name === "lab";

/** One thing of each kind and class: what none of these has is not looked for in thousands. */
function sortsOf(things: readonly Thing[]): readonly Thing[] {
  const byTable = new Map<object, Thing>();
  for (const thing of things) if (!byTable.has(thing.table)) byTable.set(thing.table, thing);
  return [...byTable.values()];
}

/**
 * The lab where no block declares it: all defaults. Its address is `lab`, which is free in nearly every file.
 */
function defaultLab(program: Program, root: CheckedModule, name: string, env: Env): Thing | undefined {
  const kind = program.kind("lab");
  if (!kind) return undefined;
  const address = root.scope.values.has("lab") ? `lab:${name}` : "lab";
  const head = { file: root.key, start: 0, end: 0 };
  const blueprint: Blueprint = {
    name,
    type: { is: "thing", kind },
    head,
    nameSpan: head,
    slot: -1,
    frame: { slots: 0 },
    set: new Map(),
    body: { lets: [], declarations: [], asserts: [] },
  };
  const place = { address, name, owner: undefined, first: undefined, ownFrames: 0 };
  return new Thing(blueprint, place, { slots: [], parent: env });
}

/** A thing, and the private bus that it got, which comes right after it. */
function settleOne(thing: Thing, into: Settled, machine: Machine): void {
  if (thing.kind.is !== "kind") {
    settleComponent(thing, machine);
    return;
  }
  settleThing(thing, busOf(thing), into, machine);
  const { own } = thing;
  if (own) settleThing(own, undefined, into, machine);
}

/** A component's instance is no resource, but its parameters and constraints are asked. */
function settleComponent(thing: Thing, machine: Machine): void {
  settleThing(thing, undefined, { resources: [], paths: new Set() }, machine);
}

/** The bus that a device stands on: the block around it, or the private one of the guest around it. */
export function busOf(thing: Thing): Thing | undefined {
  const { owner } = thing;
  if (!owner || owner.kind.is !== "kind" || !owner.kind.table.holds.has(thing.kind.name)) return undefined;
  return owner.own ?? owner;
}

function outputsOf(root: CheckedModule, env: Env, machine: Machine): Model["outputs"] {
  return root.outputs.flatMap((output) => {
    const datum = attempt(() => run(output.code, env, machine));
    if (!datum) return [];
    if (isSecret(datum)) {
      machine.tell(
        "VB3012",
        output.span,
        `The output \`${output.name}\` is printed: it can't be computed from a secret.`,
      );
      return [];
    }
    return [{ name: output.name, value: plainValue(datum) }];
  });
}

function allocationsOf(machine: Machine): Allocations {
  const given: Record<string, string> = {};
  for (const { result } of machine.lab.allocations.values()) {
    result?.addresses.forEach((text, device) => {
      given[device.address] = text;
    });
  }
  return given;
}

/** The address of the second device of a segment that has another's MAC by chance; it moves on. */
export function findMacClash(machine: Machine): string | undefined {
  if (machine.lab.macsDiffer) return undefined;
  for (const segment of machine.lab.segments()?.all ?? []) {
    const seen = new Set<string>();
    // Written ones first: they stay.
    for (const auto of [false, true]) {
      for (const { device, plug } of segment.devices) {
        const { mac } = plug;
        const cell = mac && (device.members.slots[mac.slot] ?? alikeCell(device, mac.slot));
        if (!(cell instanceof MemberCell) || (cell.origin === "auto") !== auto) continue;
        const text = cell.value?.is === "mac" ? cell.value.text : undefined;
        if (text === undefined) continue;
        if (auto && seen.has(text)) return device.address;
        seen.add(text);
      }
    }
  }
  return undefined;
}
