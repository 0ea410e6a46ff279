// One side of a comparison: the things that should be, or that are, by address, with what each needs.
// Pure data; the same for what a file says and for what was applied last.

import type { Model, Resource } from "../../lang/index.ts";
import { refOf } from "../drivers/read.ts";
import { usedDevices } from "../drivers/guest.ts";

export interface Definition {
  readonly lab: string;
  /** In the order of declaration. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** Devices of each bus, by its address. */
  readonly devicesOf: ReadonlyMap<string, readonly string[]>;
  /** What must be up before each thing; only addresses that are there. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** The other way round. */
  readonly neededBy: ReadonlyMap<string, readonly string[]>;
  /** Devices whose guests, as they run, can't take other rings. */
  readonly rigid: ReadonlySet<string>;
}

/** Attributes by which a thing refers to another without which it can't be. */
const REFERENCES = ["network", "image", "bus", "volume", "base", "channel"];

/** What the evaluated model says. */
export function desiredOf(model: Model): Definition {
  return define(model.lab, model.resources);
}

/** Nothing at all: what runs before the first apply. */
export function nothing(lab: string): Definition {
  return define(lab, []);
}

export function define(
  lab: string,
  list: Iterable<Resource>,
  rigid: ReadonlySet<string> = new Set(),
): Definition {
  const resources = new Map<string, Resource>();
  const devicesOf = new Map<string, string[]>();
  for (const resource of list) {
    resources.set(resource.address, resource);
    if (resource.kind === "device" && resource.bus !== undefined)
      push(devicesOf, resource.bus, resource.address);
  }
  const needs = new Map<string, readonly string[]>();
  const neededBy = new Map<string, string[]>();
  for (const resource of resources.values()) {
    const found = needsOf(resource, devicesOf).filter((address) => resources.has(address));
    needs.set(resource.address, found);
    for (const address of found) push(neededBy, address, resource.address);
  }
  return { lab, resources, devicesOf, needs, neededBy, rigid };
}

/** The devices that a guest sees: those it says, or all of its bus. */
export function devicesSeen(guest: Resource, definition: Definition): readonly string[] {
  const bus = refOf(guest, "bus");
  return usedDevices(guest) ?? (bus === undefined ? [] : (definition.devicesOf.get(bus) ?? []));
}

function needsOf(resource: Resource, devicesOf: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const all = new Set(resource.needs);
  if (resource.bus !== undefined) all.add(resource.bus);
  for (const name of REFERENCES) {
    const value = resource.attributes[name]?.value;
    if (value?.is === "ref") all.add(value.address);
  }
  if (resource.kind === "guest") {
    const bus = refOf(resource, "bus");
    const seen = usedDevices(resource) ?? (bus === undefined ? [] : devicesOf.get(bus));
    for (const address of seen ?? []) all.add(address);
  }
  all.delete(resource.address);
  return [...all];
}

function push(map: Map<string, string[]>, key: string, item: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}
