// What is asked of the finished lab: assertions everywhere, circles of needs, rules that span several things.

import type { Resource } from "../model.ts";
import type { Constraint } from "../types/declared.ts";
import type { CheckedModule, Program } from "../types/program.ts";
import { askConstraint } from "./explain.ts";
import type { Machine } from "./machine.ts";
import { readMember } from "./lab.ts";
import type { Env, Thing } from "./thing.ts";
import { attempt, childrenOf } from "./walk.ts";

export function checkLab(
  program: Program,
  frames: ReadonlyMap<CheckedModule, Env>,
  things: readonly Thing[],
  resources: readonly Resource[],
  machine: Machine,
): void {
  checkLabs(things, machine);
  // Also where no device asks for an address: written ones and linked pools are looked at there.
  for (const { networks } of machine.lab.segments()?.all ?? []) {
    for (const network of networks.slice(0, 1)) attempt(() => machine.lab.allocation(network));
  }
  for (const module of program.modules.values()) {
    askAll(module.body.asserts, frames.get(module) ?? { slots: [] }, undefined, machine);
  }
  for (const thing of things) checkThing(thing, machine);
  checkMacs(machine);
  checkWriters(things, machine);
  // A value that failed says nothing of what needs what.
  if (machine.diagnostics.length === 0) checkNeeds(resources, machine);
}

function checkLabs(things: readonly Thing[], machine: Machine): void {
  const [first, ...others] = things.filter((thing) => thing.kind.name === "lab");
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
  const set = thing.kind.table.holds.size > 0 ? thing.origin("bus") : undefined;
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
  const origin = thing.origin("use");
  if (origin?.origin !== "set") return;
  const bus = readMember(thing, "bus", machine);
  const used = readMember(thing, "use", machine);
  if (bus?.is !== "thing" || used?.is !== "list") return;
  const holder =
    bus.thing.owner && machine.lab.privates.get(bus.thing.owner) === bus.thing ? bus.thing.owner : bus.thing;
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

/** A volume is open for writing by one device at most, and a base that overlays read by none. */
function checkWriters(things: readonly Thing[], machine: Machine): void {
  const writers = new Map<Thing, Thing>();
  const readers = new Map<Thing, Thing>();
  for (const thing of things) {
    const base = thing.kind.name === "volume" ? readMember(thing, "base", machine) : undefined;
    if (base?.is === "thing" && !readers.has(base.thing)) readers.set(base.thing, thing);
  }
  for (const device of things.filter((thing) => thing.kind.name === "device")) {
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
      const origin = plug.mac && device.origin(plug.mac.name);
      const mac =
        plug.mac && origin?.origin === "set" ? readMember(device, plug.mac.name, machine) : undefined;
      if (mac?.is !== "mac" || !origin) continue;
      const other = seen.get(mac.text);
      if (other)
        machine.tell(
          "VB4007",
          origin.span,
          `${mac.text} is given twice on one segment: to \`${other.address}\` and to \`${device.address}\`.`,
        );
      seen.set(mac.text, device);
    }
  }
}

/** Things that need each other can't come up: told as a circle, once. */
function checkNeeds(resources: readonly Resource[], machine: Machine): void {
  const indexes = new Map(resources.map((resource, i) => [resource.address, i]));
  const [ONGOING, DONE] = [1, 2];
  const state = new Uint8Array(resources.length);
  const next = new Uint32Array(resources.length);
  const path: number[] = [];
  for (const start of resources.keys()) {
    if (state[start] === 0) path.push(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      state[top] = ONGOING;
      const at = next[top] ?? 0;
      next[top] = at + 1;
      const needed = resources[top]?.needs[at];
      const index = needed === undefined ? undefined : indexes.get(needed);
      if (needed === undefined) {
        state[top] = DONE;
        path.pop();
      } else if (index !== undefined && state[index] === ONGOING) {
        const circle = path.slice(path.indexOf(index)).flatMap((i) => resources[i] ?? []);
        tellCircle(circle, machine);
        return;
      } else if (index !== undefined && state[index] === 0) {
        path.push(index);
      }
    }
  }
}

function tellCircle(circle: readonly Resource[], machine: Machine): void {
  const [first] = circle;
  if (!first) return;
  const names = [...circle, first].map((resource) => resource.address).join(" → ");
  machine.tell("VB4004", first.span, `These things wait for each other: ${names}.`, {
    related: circle
      .slice(1)
      .map((resource) => ({ span: resource.span, message: `\`${resource.address}\` is declared here` })),
    hint: "Each comes up after what it refers to; take one reference out.",
  });
}
