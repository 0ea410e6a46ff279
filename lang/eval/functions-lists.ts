// External functions on lists, maps and families.

import { bool, identity, int, list, mapGet, NONE, same, type Datum } from "./datum.ts";
import { argumentSpan, type Call, type External } from "./functions.ts";
import type { Machine } from "./machine.ts";
import { elementOf } from "./members.ts";
import { compare } from "./operators.ts";
import { entriesOf, itemsOf } from "./run.ts";
import { showDatum } from "./show.ts";

function applied(f: Datum | undefined, items: readonly Datum[], machine: Machine): Datum {
  return f?.is === "lambda" ? f.apply(items) : machine.failQuietly();
}

const isTrue = (datum: Datum | undefined): boolean => datum?.is === "bool" && datum.value;

const items = (xs: Datum | undefined, call: Call, machine: Machine): readonly Datum[] =>
  itemsOf(xs ?? NONE, call.span, machine);

function counted(made: readonly Datum[], call: Call, machine: Machine): Datum {
  machine.countElements(made.length, call.span);
  return list(made);
}

function length(x: Datum, machine: Machine): number {
  switch (x.is) {
    case "string":
      return [...x.value].length;
    case "list":
      return x.items.length;
    case "map":
      return x.entries.length;
    case "family":
      return x.family.keys.length;
    case "record":
      return Object.keys(x.fields).length;
    case "range":
      return x.from.is === "int" && x.to.is === "int"
        ? Math.max(0, x.to.value - x.from.value + 1)
        : machine.failQuietly();
    default:
      return machine.failQuietly();
  }
}

/** Stable, by the values that `by` gives. */
function sorted(xs: readonly Datum[], by: Datum | undefined, machine: Machine): Datum[] {
  const keyed = xs.map((item) => ({ item, key: by?.is === "lambda" ? by.apply([item]) : item }));
  machine.countElements(keyed.length, { file: "", start: 0, end: 0 });
  return keyed.toSorted((a, b) => compare(a.key, b.key)).map(({ item }) => item);
}

function grouped(xs: readonly Datum[], by: Datum | undefined, machine: Machine): Datum {
  const groups = new Map<string, { key: Datum; members: Datum[] }>();
  for (const item of xs) {
    const key = applied(by, [item], machine);
    const group = groups.get(identity(key)) ?? { key, members: [] };
    groups.set(identity(key), group);
    group.members.push(item);
  }
  return { is: "map", entries: [...groups.values()].map(({ key, members }) => [key, list(members)]) };
}

function unique(xs: readonly Datum[]): Datum[] {
  const seen = new Set<string>();
  return xs.filter((item) => {
    const id = identity(item);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

export const LIST_FUNCTIONS: Readonly<Record<string, External>> = {
  len: ([x = NONE], _call, machine) => int(length(x, machine)),
  map: ([xs, f], call, machine) =>
    counted(
      items(xs, call, machine).map((x) => applied(f, [x], machine)),
      call,
      machine,
    ),
  filter: ([xs, f], call, machine) =>
    counted(
      items(xs, call, machine).filter((x) => isTrue(applied(f, [x], machine))),
      call,
      machine,
    ),
  flat_map: ([xs, f], call, machine) =>
    counted(
      items(xs, call, machine).flatMap((x) => items(applied(f, [x], machine), call, machine)),
      call,
      machine,
    ),
  flat: ([xs], call, machine) =>
    counted(
      items(xs, call, machine).flatMap((x) => items(x, call, machine)),
      call,
      machine,
    ),
  reduce: ([xs, start = NONE, f], call, machine) =>
    items(xs, call, machine).reduce((sum, x) => applied(f, [sum, x], machine), start),
  any: ([xs], call, machine) => bool(items(xs, call, machine).some(isTrue)),
  all: ([xs], call, machine) => bool(items(xs, call, machine).every(isTrue)),
  sort: ([xs, by], call, machine) => list(sorted(items(xs, call, machine), by, machine)),
  reverse: ([xs], call, machine) => list(items(xs, call, machine).toReversed()),
  unique: ([xs], call, machine) => list(unique(items(xs, call, machine))),
  zip: ([xs, ys], call, machine) => {
    const [a, b] = [items(xs, call, machine), items(ys, call, machine)];
    const pairs = a
      .slice(0, b.length)
      .map((first, i): Datum => ({ is: "record", fields: { first, second: b[i] ?? NONE } }));
    return counted(pairs, call, machine);
  },
  group: ([xs, by], call, machine) => grouped(items(xs, call, machine), by, machine),
  slice: ([xs, from, to], call, machine) => {
    const all = items(xs, call, machine);
    const [start, end] = [from, to].map((bound) => (bound?.is === "int" ? bound.value : 0));
    return list(all.slice(Math.max(0, start ?? 0), Math.max(0, end ?? 0)));
  },
  first: ([xs], call, machine) => items(xs, call, machine)[0] ?? NONE,
  last: ([xs], call, machine) => items(xs, call, machine).at(-1) ?? NONE,
  index: ([xs, x = NONE], call, machine) => {
    const at = items(xs, call, machine).findIndex((item) => same(item, x));
    if (at < 0) {
      machine.fail("VB3011", argumentSpan(call, 1), `${showDatum(x)} is not in the list.`, {
        hint: "`find` answers `none` instead.",
      });
    }
    return int(at);
  },
  find: ([xs, f], call, machine) =>
    items(xs, call, machine).find((x) => isTrue(applied(f, [x], machine))) ?? NONE,
  keys: ([m = NONE], call, machine) => list(entriesOf(m, call.span, machine).map(([key]) => key)),
  values: ([m = NONE], call, machine) => list(entriesOf(m, call.span, machine).map(([, value]) => value)),
  get: ([m = NONE, key = NONE]) => elementOf(m, key) ?? (m.is === "map" ? (mapGet(m, key) ?? NONE) : NONE),
  merge: ([m = NONE, over = NONE], call, machine) => {
    const merged = new Map<string, readonly [Datum, Datum]>();
    for (const source of [m, over]) {
      for (const [key, value] of entriesOf(source, call.span, machine))
        merged.set(identity(key), [key, value]);
    }
    machine.countElements(merged.size, call.span);
    return { is: "map", entries: [...merged.values()] };
  },
};
