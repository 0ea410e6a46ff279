// What is asked of the finished lab: assertions everywhere, circles of needs, rules that span several things.

import type { Blueprint, Constraint } from "../types/declared.ts";
import type { CheckedModule, Program } from "../types/program.ts";
import { askConstraint } from "./explain.ts";
import type { Machine } from "./machine.ts";
import { readMember } from "./lab.ts";
import { showDatum } from "./show.ts";
import type { Env, Thing } from "./thing.ts";
import { attempt, childrenOf } from "./walk.ts";

/** What of a lab is to be checked: all of it, or what differs from a lab that was found right. */
export interface ToCheck {
  readonly program: Program;
  readonly frames: ReadonlyMap<CheckedModule, Env>;
  readonly things: readonly Thing[];
  /** One of each kind and class. */
  readonly sorts: readonly Thing[];
  readonly labs: readonly Thing[];
  /** Those that were not checked before. */
  readonly fresh: readonly Thing[];
  /** Whether networks and plugged devices are as they were checked. */
  readonly sameSegments: boolean;
  /** Those of `fresh` that may need others than before. */
  readonly rewired: readonly Thing[];
}

export function checkLab(lab: ToCheck, machine: Machine): void {
  const { program, frames, things, fresh } = lab;
  checkLabs(lab.labs, machine);
  // Also where no device asks for an address: written ones and linked pools are looked at there.
  for (const { networks } of (!lab.sameSegments && machine.lab.segments()?.all) || []) {
    for (const network of networks.slice(0, 1)) attempt(() => machine.lab.allocation(network));
  }
  for (const module of program.modules.values()) {
    askAll(module.body.asserts, frames.get(module) ?? { slots: [] }, undefined, machine);
  }
  const asked = new Map<Blueprint, boolean>();
  for (const thing of fresh) {
    const { blueprint } = thing;
    let asks = asked.get(blueprint);
    if (asks === undefined) asked.set(blueprint, (asks = asksAnything(thing)));
    if (asks) checkThing(thing, machine);
  }
  if (!lab.sameSegments) checkMacs(machine);
  if (lab.sorts.some(isDisk)) checkWriters(things, machine);
  // A value that failed says nothing of what needs what.
  if (machine.diagnostics.length === 0) checkNeeds(lab, machine);
}

/** Whether there is anything to check in the things of this one's declaration. */
function asksAnything({ kind, table, blueprint }: Thing): boolean {
  const { set, body } = blueprint;
  const isPlain = kind.is === "kind" && table.asserts.length === 0 && body.asserts.length === 0;
  return !isPlain || set.has("bus") || set.has("use");
}

function checkLabs([first, ...others]: readonly Thing[], machine: Machine): void {
  for (const other of others) {
    machine.tell("VB4008", other.blueprint.head, "There is one `lab` at most.", {
      related: first ? [{ span: first.blueprint.head, message: "the first is here" }] : [],
    });
  }
}

function checkThing(thing: Thing, machine: Machine): void {
  if (thing.kind.is === "component") {
    if (thing.body) askAll(thing.kind.blueprint?.body.asserts ?? [], thing.body, thing, machine);
    return;
  }
  const table = thing.class?.table ?? thing.kind.table;
  for (const assert of table.asserts) {
    attempt(() =>
      askConstraint(
        assert,
        thing.members,
        { what: thing.address, span: thing.blueprint.head, code: "VB3002", label: "asserted by its class" },
        machine,
      ),
    );
  }
  askAll(thing.blueprint.body.asserts, thing.env, thing, machine);
  const { holds } = thing.kind.table;
  const set = holds.size > 0 && thing.blueprint.set.has("bus") ? thing.origin("bus") : undefined;
  if (set?.origin === "set" && childrenOf(thing, machine).length > 0) {
    machine.tell(
      "VB4006",
      set.span,
      `\`${thing.address}\` has \`device\` blocks of its own and joins a bus.`,
      {
        related: [{ span: thing.blueprint.head, message: "its devices make a private bus" }],
        hint: "Put the devices on the bus that it joins, or leave `bus` out.",
      },
    );
  }
  checkUse(thing, machine);
}

/** A guest opens devices of its own bus. */
function checkUse(thing: Thing, machine: Machine): void {
  const origin = thing.blueprint.set.has("use") ? thing.origin("use") : undefined;
  if (origin?.origin !== "set") return;
  const bus = readMember(thing, "bus", machine);
  const used = readMember(thing, "use", machine);
  if (bus?.is !== "thing" || used?.is !== "list") return;
  const holder = bus.thing.owner?.own === bus.thing ? bus.thing.owner : bus.thing;
  for (const item of used.items) {
    if (item.is !== "thing" || item.thing.owner === holder) continue;
    machine.tell(
      "VB4009",
      origin.span,
      `\`${item.thing.address}\` does not stand on \`${bus.thing.address}\`, the bus of ` +
        `\`${thing.address}\`.`,
      {
        hint: "A guest sees the devices of its own bus and no others.",
      },
    );
  }
}

function askAll(asserts: readonly Constraint[], env: Env, thing: Thing | undefined, machine: Machine): void {
  // Most have none, and there are many: no loop is begun.
  if (asserts.length === 0) return;
  for (const assert of asserts) {
    const because = (): string | undefined => firstWay(assert, env, machine);
    attempt(() =>
      askConstraint(assert, env, { what: thing?.address ?? "", code: "VB4001", because }, machine),
    );
  }
}

/** Asks the assertion once more, listening to `reachable` and `adjacent`. */
function firstWay(assert: Constraint, env: Env, machine: Machine): string | undefined {
  machine.ways = [];
  machine.quiet++;
  attempt(() => askConstraint(assert, env, { what: "", code: "VB4001" }, machine));
  machine.quiet--;
  const [first] = machine.ways;
  machine.ways = undefined;
  return first;
}

const isDisk = ({ kind, table }: Thing): boolean => kind.name === "device" && table.members.has("volume");

/** A volume is open for writing by one device at most, and a base that overlays read by none. */
function checkWriters(things: readonly Thing[], machine: Machine): void {
  const writers = new Map<Thing, Thing>();
  const readers = new Map<Thing, Thing>();
  for (const thing of things) {
    if (thing.kind.name !== "volume") continue;
    const base = readMember(thing, "base", machine);
    if (base?.is === "thing" && !readers.has(base.thing)) readers.set(base.thing, thing);
  }
  for (const device of things) {
    if (!isDisk(device)) continue;
    const volume = readMember(device, "volume", machine);
    if (volume?.is !== "thing") continue;
    const closed = [readMember(device, "readonly", machine), readMember(volume.thing, "readonly", machine)];
    if (closed.some((one) => one?.is !== "bool" || one.value)) continue;
    const other = writers.get(volume.thing) ?? readers.get(volume.thing);
    if (other) tellWriters(device, other, volume.thing, machine);
    else writers.set(volume.thing, device);
  }
}

function tellWriters(device: Thing, other: Thing, volume: Thing, machine: Machine): void {
  const span = device.origin("volume")?.span ?? device.blueprint.head;
  const message =
    `\`${device.address}\` writes to \`${volume.address}\`, ` + `which \`${other.address}\` has open.`;
  machine.tell("VB4010", span, message, {
    related: [{ span: other.blueprint.head, message: `\`${other.address}\` is declared here` }],
    hint: "One device at most writes to a volume: set `readonly = true`, or put an overlay on it.",
  });
}

/** Two written MAC addresses on one segment. */
function checkMacs(machine: Machine): void {
  for (const segment of machine.lab.segments()?.all ?? []) {
    const seen = new Map<string, Thing>();
    for (const { device, plug } of segment.devices) {
      if (!plug.mac || !device.blueprint.set.has(plug.mac.name)) continue;
      const origin = device.origin(plug.mac.name);
      const mac = origin?.origin === "set" ? readMember(device, plug.mac.name, machine) : undefined;
      if (mac?.is !== "mac" || !origin) continue;
      const other = seen.get(mac.text);
      if (other)
        machine.tell(
          "VB4007",
          origin.span,
          `${showDatum(mac)} is given twice on one segment: to \`${other.address}\` and to ` +
            `\`${device.address}\`.`,
        );
      seen.set(mac.text, device);
    }
  }
}

/** So many declarations are looked at instead of what they declare. */
const DECLARATIONS_MAX = 64;

/**
 * Things that need each other can't come up: told as a circle, once. A new circle has a fresh thing in it.
 * A few declarations say it for thousands of things: where these need each other in no circle, things don't.
 */
function checkNeeds({ things, rewired }: ToCheck, machine: Machine): void {
  const declared = rewired === things ? neededBlueprints(things) : undefined;
  if (declared && !circleIn([...declared.keys()], (blueprint) => declared.get(blueprint) ?? [])) return;
  const circle = circleIn(rewired.filter(leadsOn), ({ needs }) => needs.filter(leadsOn));
  if (circle) tellCircle(circle, machine);
}

/** By declaration those that its things need; undefined where there are many. */
function neededBlueprints(
  things: readonly Thing[],
): ReadonlyMap<Blueprint, readonly Blueprint[]> | undefined {
  const found = new Map<Blueprint, Set<Blueprint>>();
  for (const thing of things) {
    noteNeeded(thing, found);
    if (thing.own) noteNeeded(thing.own, found);
    if (found.size > DECLARATIONS_MAX) return undefined;
  }
  return new Map([...found].map(([blueprint, needed]) => [blueprint, [...needed]]));
}

function noteNeeded({ blueprint, needs }: Thing, found: Map<Blueprint, Set<Blueprint>>): void {
  if (needs.length === 0) return;
  let needed = found.get(blueprint);
  if (needed === undefined) found.set(blueprint, (needed = new Set()));
  for (let i = 0; i < needs.length; i++) {
    const need = needs[i];
    if (need) needed.add(need.blueprint);
  }
}

/** The first circle on a way from one of `all`. */
function circleIn<T>(all: readonly T[], needsOf: (one: T) => readonly T[]): readonly T[] | undefined {
  const seen = new Map<T, "on the path" | "done">();
  const path: { readonly of: T; readonly needs: readonly T[]; next: number }[] = [];
  const enter = (of: T): void => {
    seen.set(of, "on the path");
    path.push({ of, needs: needsOf(of), next: 0 });
  };
  for (const one of all) {
    if (!seen.has(one)) enter(one);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const needed = top.needs[top.next++];
      if (needed === undefined) {
        seen.set(top.of, "done");
        path.pop();
      } else if (seen.get(needed) === "on the path") {
        return path.slice(path.findIndex(({ of }) => of === needed)).map(({ of }) => of);
      } else if (!seen.has(needed)) enter(needed);
    }
  }
  return undefined;
}

const FEW = 8;

/** Whether it may need something that needs something: most things of a large lab don't. */
const leadsOn = ({ kind, needs }: Thing): boolean =>
  kind.is === "kind" && (needs.length > FEW || needs.some((needed) => needed.needs.length > 0));

function tellCircle(circle: readonly Thing[], machine: Machine): void {
  const [first] = circle;
  if (!first) return;
  const names = [...circle, first].map(({ address }) => address).join(" → ");
  machine.tell("VB4004", first.blueprint.head, `These things wait for each other: ${names}.`, {
    related: circle.slice(1).map(({ address, blueprint }) => ({
      span: blueprint.head,
      message: `\`${address}\` is declared here`,
    })),
    hint: "Each comes up after what it refers to; take one reference out.",
  });
}
