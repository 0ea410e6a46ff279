// Answers of the admin tree: what the lab is made of, its attributes, how it stands. Changes nothing.

import { showValue, valueJson } from "../../lang/index.ts";
import type { Attribute, HandChange, Resource, Value } from "../../lang/index.ts";
import type {
  AdminMethods,
  AttributeRow,
  Changed,
  DeadRow,
  LabStatus,
  TreeRow,
} from "../control/admin-methods.ts";
import type { LabEvent, Snapshot } from "../control/protocol.ts";
import type { DriftDesk } from "./desk.ts";
import { isWithin, withoutShelfName } from "./drift.ts";

export interface AdminSources {
  readonly desk: DriftDesk;
  readonly snapshot: () => Snapshot;
  readonly events: () => readonly LabEvent[];
  /** What is applied, in the order of declaration. */
  readonly ledger: ReadonlyMap<string, Resource>;
  /** Guests that ended without having met their goal. */
  readonly dead: () => readonly string[];
}

/** What the control server asks; `actor` is who asks. */
export interface AdminTree {
  status(): LabStatus;
  tree(path: string | undefined): readonly TreeRow[];
  /** A sentence where there is no such thing. */
  get(path: string): AdminMethods["get"]["result"] | string;
  change(params: AdminMethods["change"]["params"]): Promise<Changed> | string;
  adopt(path: string | undefined): Promise<Changed>;
  heal(path: string | undefined): Promise<Changed>;
}

export function adminTree(sources: AdminSources, actor: string): AdminTree {
  const { desk } = sources;
  return {
    status: () => statusOf(sources),
    tree: (path) => treeOf(sources, path),
    get: (path) => attributesAt(sources, path),
    change(params) {
      const change = changeOf(params);
      return typeof change === "string" ? change : desk.change(change, actor);
    },
    adopt: (path) => desk.adopt(path, actor),
    heal: (path) => desk.heal(path, actor),
  };
}

/** A request for a change, or what it lacks. */
function changeOf(params: AdminMethods["change"]["params"]): HandChange | string {
  const { path, value, kind, attributes = [], to } = params;
  switch (params.do) {
    case "set":
      return value === undefined ? "`set` takes a value" : { do: "set", path, value };
    case "make":
      return kind === undefined ? "`make` takes a kind" : { do: "make", path, kind, attributes };
    case "link":
      return to === undefined ? "`link` takes a bus" : { do: "link", path, to };
    case "unlink":
      return { do: "unlink", path };
    case "remove":
      return { do: "remove", path };
    default:
      return `there is no change \`${params.do}\``;
  }
}

function treeOf(sources: AdminSources, at: string | undefined): readonly TreeRow[] {
  const { desk, ledger } = sources;
  const members = new Map(sources.snapshot().buses.map((bus) => [bus.address, bus.members]));
  const linked = [...ledger.values()].filter(({ kind }) => kind !== "lab");
  const things = [...linked, ...desk.shelf];
  const changed = ownersOf(desk.places, new Set(things.map(({ address }) => withoutShelfName(address))));
  const rows = things.map((thing): TreeRow => {
    const address = withoutShelfName(thing.address);
    const unlinked = address !== thing.address;
    const parent = unlinked ? undefined : parentOf(thing, ledger);
    const seen = members.get(address);
    return {
      address,
      kind: thing.kind,
      ...(thing.class !== undefined && { class: thing.class }),
      ...(parent !== undefined && { parent }),
      ...(seen !== undefined && { members: seen }),
      hand: changed.has(address),
      unlinked,
    };
  });
  return at === undefined
    ? rows
    : rows.filter(({ address, parent = "" }) => isWithin(address, at) || isWithin(parent, at));
}

/** The thing at each path, or the nearest around it. */
function ownersOf(places: readonly string[], addresses: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    places.map((place) => {
      let at = place;
      // Bound: each round is shorter by a name.
      while (at.includes(".") && !addresses.has(at)) at = at.slice(0, at.lastIndexOf("."));
      return at;
    }),
  );
}

function parentOf(thing: Resource, ledger: ReadonlyMap<string, Resource>): string | undefined {
  if (thing.kind === "device") return thing.bus;
  const owner = thing.address.slice(0, thing.address.lastIndexOf("."));
  return thing.kind === "bus" && ledger.get(owner)?.kind === "guest" ? owner : undefined;
}

/** A thing's attributes, or the one that the path names. A sentence where there is none. */
function attributesAt({ ledger, desk }: AdminSources, at: string): AdminMethods["get"]["result"] | string {
  const things = new Map(
    [...ledger.values(), ...desk.shelf].map((thing) => [withoutShelfName(thing.address), thing]),
  );
  const whole = things.get(at);
  if (whole !== undefined) {
    const attributes = Object.entries(whole.attributes).map(([name, one]) => rowOf(name, one, one.value));
    return { address: at, attributes };
  }
  const cuts = [...at.matchAll(/\./g)].map(({ index }) => index).reverse();
  const cut = cuts.find((index) => things.has(at.slice(0, index)));
  if (cut === undefined) return `Nothing that runs has the address \`${at}\`.`;
  const [name = "", ...rest] = at.slice(cut + 1).split(".");
  const address = at.slice(0, cut);
  const attribute = things.get(address)?.attributes[name];
  const value = attribute === undefined ? undefined : memberOf(attribute.value, rest);
  if (attribute === undefined || value === undefined)
    return `\`${address}\` has no attribute \`${at.slice(cut + 1)}\`.`;
  return { address, attributes: [rowOf(at.slice(cut + 1), attribute, value)] };
}

function memberOf(value: Value, path: readonly string[]): Value | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const field = value.is === "record" ? value.fields[first] : undefined;
  return field === undefined ? undefined : memberOf(field, rest);
}

function rowOf(name: string, { origin, disruption }: Attribute, value: Value): AttributeRow {
  return { name, text: showValue(value), value: valueJson(value), origin, disruption };
}

function statusOf(sources: AdminSources): LabStatus {
  const { desk } = sources;
  const snapshot = sources.snapshot();
  const { lab, file, pid, generation, ready, watch, guests, diagnosticsText } = snapshot;
  const { held, refused, rolledBack } = snapshot;
  const running = guests.filter(({ state }) => state === "running").length;
  const events = sources.events();
  const dead = sources.dead().map((guest): DeadRow => {
    const row = guests.find(({ address }) => address === guest);
    const end = events.findLast((event) => event.address === guest && event.level === "error");
    const reason = row?.reason ?? (row?.exit === undefined ? "" : `exit ${row.exit}`);
    return { guest, state: row?.state ?? "failed", reason, ...(end !== undefined && { time: end.time }) };
  });
  const unlinked = desk.shelf.map(({ address }) => withoutShelfName(address));
  const counts = { guests: guests.length, running };
  const facts = { lab, file, pid, generation, ready, watch, drift: desk.policy, ...counts };
  return {
    ...facts,
    ...(held !== undefined && { held }),
    ...(refused !== undefined && { refused }),
    ...(rolledBack !== undefined && { rolledBack }),
    changes: desk.changes,
    dead,
    unlinked,
    diagnosticsText,
  };
}
