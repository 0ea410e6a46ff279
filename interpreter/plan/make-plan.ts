// Decides what must happen so that what runs becomes what is declared. Never acts; same inputs, same plan.

import type { Disruption, Resource } from "../../lang/index.ts";
import { driverOf } from "../drivers/registry.ts";
import { invariant } from "../bug.ts";
import { atLeast, compare, stronger, strongest } from "./compare.ts";
import type { Definition } from "./definition.ts";
import { devicesSeen } from "./definition.ts";
import { orderSteps } from "./order.ts";
import { PLAN_SCHEMA } from "./plan.ts";
import type { AttributeChange, Plan, Step, StepKind } from "./plan.ts";

/** A step before it has its place. */
export type Draft = Omit<Step, "after">;

/** From what runs to what is declared. Things in `replace` are made anew although nothing differs. */
export function makePlan(
  observed: Definition,
  desired: Definition,
  replace: ReadonlySet<string> = new Set(),
): Plan {
  const drafts = new Map<string, Draft>();
  for (const address of [...observed.resources.keys()].reverse()) {
    const gone = observed.resources.get(address);
    if (gone !== undefined && !desired.resources.has(address)) drafts.set(address, destroyStep(gone));
  }
  for (const address of inNeedOrder(desired)) {
    const draft = decide(address, { observed, desired, replace }, drafts);
    if (draft !== undefined) drafts.set(address, draft);
  }
  const steps = orderSteps(drafts, observed, desired);
  const warnings = warningsOf(steps, observed);
  const touched = [...drafts.keys()].filter((address) => desired.resources.has(address)).length;
  return {
    schema: PLAN_SCHEMA,
    lab: desired.lab,
    steps,
    unchanged: desired.resources.size - touched,
    ...(steps.length > 0 && { disruption: strongest(steps.map((step) => step.disruption)) }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** What most labs never mean: more than half of the guests go, or something stored does. */
function warningsOf(steps: readonly Step[], observed: Definition): readonly string[] {
  const all = [...observed.resources.values()].filter(({ kind }) => kind === "guest").length;
  const gone = steps.filter(
    ({ kind, resourceKind }) => kind === "destroy" && resourceKind === "guest",
  ).length;
  const lost = steps.filter(({ disruption }) => disruption === "data_loss").map(({ address }) => address);
  return [
    ...(gone * 2 > all ? [`It destroys ${gone} of ${all} running guests.`] : []),
    ...(lost.length > 0 ? [`It loses what is stored: ${lost.join(", ")}.`] : []),
  ];
}

/** Each thing after what it needs: causes pass from a thing to those that refer to it. */
function inNeedOrder(desired: Definition): readonly string[] {
  const placed = new Set<string>();
  const order: string[] = [];
  for (const start of desired.resources.keys()) {
    const stack = [start];
    const open = new Set<string>();
    // Bound: an address is opened once; the checker has refused circles.
    while (stack.length > 0) {
      const address = stack.at(-1) ?? "";
      const waiting = open.has(address)
        ? []
        : (desired.needs.get(address) ?? []).filter((need) => !placed.has(need));
      open.add(address);
      if (waiting.length > 0) {
        stack.push(...waiting);
        continue;
      }
      stack.pop();
      if (!placed.has(address)) order.push(address);
      placed.add(address);
    }
  }
  return order;
}

interface Sides {
  readonly observed: Definition;
  readonly desired: Definition;
  readonly replace: ReadonlySet<string>;
}

function decide(
  address: string,
  { observed, desired, replace }: Sides,
  drafts: ReadonlyMap<string, Draft>,
): Draft | undefined {
  const after = desired.resources.get(address);
  const before = observed.resources.get(address);
  invariant(after !== undefined, `${address} is not declared`);
  if (before === undefined) return draft("create", after, { causes: ["not found"] });
  if (before.kind !== after.kind || before.class !== after.class) {
    const causes = [`${typeText(before)} -> ${typeText(after)}`];
    return draft("replace", after, {
      causes,
      disruption: "recreate",
      touches: guestsSeeing(address, desired),
    });
  }
  const driver = driverOf(after.kind, after.class);
  invariant(driver !== undefined, `${address} has no driver`);
  const findBefore = (other: string): Resource | undefined => observed.resources.get(other);
  const findAfter = (other: string): Resource | undefined => desired.resources.get(other);
  const state = { rigid: observed.rigid.has(address) };
  const changes = compare({ before, after, findBefore, findAfter, state }, driver);
  const passed = [...passedOn(after, observed, desired, drafts), ...askedFor(after, replace)];
  if (changes.length === 0 && passed.length === 0) return undefined;
  const marks = [...changes.map((change) => change.disruption), ...passed.map((cause) => cause.disruption)];
  const disruption = strongest(marks);
  const inPlace = driver.replaceFrom === undefined || !atLeast(disruption, driver.replaceFrom);
  const kind = inPlace ? "update" : after.kind === "guest" ? "restart" : "replace";
  const causes = [...changes.map(causeText), ...passed.map((cause) => cause.text)];
  const touches = after.kind === "device" ? guestsSeeing(address, desired) : [];
  return draft(kind, after, { causes, changes, disruption, touches });
}

function draft(kind: StepKind, resource: Resource, parts: Partial<Draft> & Pick<Draft, "causes">): Draft {
  return {
    kind,
    address: resource.address,
    resourceKind: resource.kind,
    ...(resource.class !== undefined && { class: resource.class }),
    changes: [],
    disruption: "live",
    touches: [],
    ...parts,
  };
}

function destroyStep(gone: Resource): Draft {
  // What is in memory goes with it, whatever it says.
  const retain = gone.attributes["retain"]?.value;
  const kept = gone.class !== "memory" && retain?.is === "bool" && retain.value;
  const stores = gone.kind === "volume" && !kept;
  return draft("destroy", gone, {
    causes: ["no longer declared"],
    disruption: stores ? "data_loss" : "live",
  });
}

/** As disruptive as making such a thing anew is. */
function askedFor({ address, kind }: Resource, replace: ReadonlySet<string>): readonly Passed[] {
  if (!replace.has(address)) return [];
  const disruption =
    kind === "volume" ? "data_loss" : MADE_ANEW_BY_RESTART.has(kind) ? "restart" : "recreate";
  return [{ text: "asked to be made anew", disruption }];
}

const MADE_ANEW_BY_RESTART: ReadonlySet<string> = new Set(["guest", "device", "image"]);

interface Passed {
  readonly text: string;
  readonly disruption: Disruption;
}

/** What changes of others mean for this thing. */
function passedOn(
  resource: Resource,
  observed: Definition,
  desired: Definition,
  drafts: ReadonlyMap<string, Draft>,
): readonly Passed[] {
  if (resource.kind === "device" || resource.kind === "uplink") {
    return ["network", "channel", "volume", "bus"].flatMap((kind) =>
      replacedNeeds(resource, desired, drafts, kind).map(({ address }): Passed => ({
        text: `${kind} ${address} is made anew`,
        disruption: "recreate",
      })),
    );
  }
  if (resource.kind === "volume") {
    // What differs from a base says nothing beside another one.
    return replacedNeeds(resource, desired, drafts, "volume").map(({ address }): Passed => ({
      text: `its base ${address} is made anew`,
      disruption: "data_loss",
    }));
  }
  if (resource.kind !== "guest") return [];
  const before = observed.resources.get(resource.address);
  const had = new Set(before === undefined ? [] : devicesSeen(before, observed));
  const causes: Passed[] = [];
  for (const image of replacedNeeds(resource, desired, drafts, "image")) {
    causes.push({ text: `image ${image.address}: ${image.causes.join(", ")}`, disruption: "restart" });
  }
  for (const { address } of replacedNeeds(resource, desired, drafts, "bus"))
    causes.push({ text: `bus ${address} is made anew`, disruption: "recreate" });
  for (const device of devicesSeen(resource, desired)) {
    const step = drafts.get(device);
    if (step?.kind !== "replace" || !had.has(device)) continue;
    causes.push({
      text: `${device}: ${step.causes.join(", ")}`,
      disruption: stronger("restart", step.disruption),
    });
  }
  for (const step of drafts.values()) {
    if (step.resourceKind !== "lab" || step.kind !== "update" || !atLeast(step.disruption, "restart"))
      continue;
    causes.push({ text: `lab: ${step.causes.join(", ")}`, disruption: "restart" });
  }
  return causes;
}

function replacedNeeds(
  resource: Resource,
  desired: Definition,
  drafts: ReadonlyMap<string, Draft>,
  kind: string,
): readonly Draft[] {
  const needs = desired.needs.get(resource.address) ?? [];
  return needs.flatMap((address) => {
    const step = drafts.get(address);
    return step !== undefined && step.kind === "replace" && step.resourceKind === kind ? [step] : [];
  });
}

function guestsSeeing(device: string, desired: Definition): readonly string[] {
  const users = desired.neededBy.get(device) ?? [];
  return users.filter((address) => desired.resources.get(address)?.kind === "guest");
}

function causeText(change: AttributeChange): string {
  if (change.name === "digest") return "content changed";
  const { name, before = "none", after = "none" } = change;
  // Only a secret differs and looks the same.
  return before === after ? `${name} changed (secret)` : `${name} ${before} -> ${after}`;
}

function typeText(resource: Resource): string {
  return resource.class === undefined ? resource.kind : `${resource.kind} of class ${resource.class}`;
}
