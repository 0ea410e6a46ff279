// The evaluated model: what a set of files, parameters and kept allocations mean. Plain data.
// The planner compares two of these; nothing downstream looks at syntax.

import type { Span } from "./syntax/ast.ts";

/**
 * Base units: bytes, nanoseconds, bits per second, packets per second, millihertz, billionths. Whole numbers.
 */
export type Dimension = "size" | "duration" | "rate" | "pps" | "freq" | "percent";

/** A value of the language. Immutable; compared by content with `sameValue`. */
export type Value =
  | { readonly is: "none" }
  | { readonly is: "bool"; readonly value: boolean }
  | { readonly is: "int"; readonly value: number }
  | { readonly is: "float"; readonly value: number }
  | { readonly is: "string"; readonly value: string; readonly secret?: true }
  | { readonly is: "quantity"; readonly dimension: Dimension; readonly value: number }
  /** Canonical text. */
  | { readonly is: "ip"; readonly text: string }
  | { readonly is: "cidr"; readonly text: string }
  | { readonly is: "mac"; readonly text: string }
  /** `text` as written, `path` resolved and absolute (or `std:...`). */
  | { readonly is: "path"; readonly text: string; readonly path: string }
  | { readonly is: "list"; readonly items: readonly Value[] }
  | { readonly is: "map"; readonly entries: readonly (readonly [Value, Value])[] }
  | { readonly is: "record"; readonly fields: Readonly<Record<string, Value>> }
  /** An enum member or constructor; a member of a union of literals has the enum name "". */
  | {
      readonly is: "variant";
      readonly enum: string;
      readonly name: string;
      readonly fields: Readonly<Record<string, Value>>;
    }
  /** A thing, by address. */
  | { readonly is: "ref"; readonly kind: string; readonly address: string }
  | { readonly is: "range"; readonly from: Value; readonly to: Value };

/** How disruptive a change is, from least to most. */
export const DISRUPTIONS = ["live", "pause", "restart", "recreate", "data_loss"] as const;
export type Disruption = (typeof DISRUPTIONS)[number];

/** One settled attribute of a resource. */
export interface Attribute {
  readonly value: Value;
  /** The attribute's own mark. */
  readonly disruption: Disruption;
  /** Marks of record members, by dotted path (`ingress.loss`), where the value is a record that has some. */
  readonly memberDisruptions?: Readonly<Record<string, Disruption>>;
  /** Where the value came from. `auto` was filled in from the address, the pool or a driver. */
  readonly origin: "set" | "default" | "auto";
  /** The text that set it; for a default, the declaration's. */
  readonly span: Span;
}

/** A thing that should exist. A private bus is a resource too, with the address `server.bus`. */
export interface Resource {
  /** `web["a"].eth0`; unique in the lab. */
  readonly address: string;
  /** `guest`, `device`, `bus`, `network`, `image`, `volume`, `channel`, `uplink`, `lab`. */
  readonly kind: string;
  /** `venet`, `wasm`, ...; absent for kinds without classes. */
  readonly class?: string;
  /**
   * The last name of the address, without key: what a guest sees a device called is `name` or `name[key]`.
   */
  readonly name: string;
  /** Of a device: the address of its bus. */
  readonly bus?: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Addresses of the things that must be up first. */
  readonly needs: readonly string[];
  /** Addresses whose values were read: a hint for the order of starting. */
  readonly reads: readonly string[];
  /** The head of its declaration. */
  readonly span: Span;
}

/** Addresses that a lab has given out: device address → IPv4 text. */
export type Allocations = Readonly<Record<string, string>>;

export interface Model {
  /** The lab's name. */
  readonly lab: string;
  /** In the order of declaration, depth first; the lab itself first. */
  readonly resources: readonly Resource[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  /** The kept ones that are still declared, and the new ones. Persist these. */
  readonly allocations: Allocations;
  /** Files that the model was made from (modules, `file()` reads): what to watch. Absolute paths. */
  readonly inputs: readonly string[];
  /** Files that resources name with a `path` (images), not with a `target`: watched for content. Absolute. */
  readonly paths: readonly string[];
  /**
   * Where `resources` holds only some members of large families, which stand for all of them: how many things
   * there are, by kind, in the order in which kinds come first.
   */
  readonly counts?: Readonly<Record<string, number>>;
}

/** How many things there are of each kind. */
export function countsOf(resources: readonly Resource[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of resources) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
