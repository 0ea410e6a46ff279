// What the host side knows of one kind or class: how it answers a change. The declarations stay in the
// standard library; a driver may only add to what they say.

import type { Attribute, Disruption, Resource, Value } from "../../lang/index.ts";

/** Finds a resource of the same definition by its address. */
export type Find = (address: string) => Resource | undefined;

/** A value of another thing that this one's specification is made from. */
export interface Derived {
  readonly value: Value;
  readonly disruption: Disruption;
}

/** What a driver is told of the thing as it runs. */
export interface ThingState {
  /** A guest has the device open that can't take other rings while it runs. */
  readonly rigid: boolean;
}

export interface Driver {
  readonly kind: string;
  /** Absent for kinds without classes. */
  readonly class?: string;
  /** From this class on a change can't be made in place, but by taking the thing out and making it again. */
  readonly replaceFrom?: Disruption;
  /** What a change of this attribute needs beside its mark. Absent: nothing more. */
  answer?(
    name: string,
    before: Attribute | undefined,
    after: Attribute | undefined,
    state: ThingState,
  ): Disruption | undefined;
  /** True where two settings that differ as values are the same to the host. */
  same?(name: string, before: Attribute, after: Attribute): boolean;
  /** Values of other things, by a name that a user understands (`network.gateway`). */
  derived?(resource: Resource, find: Find): Readonly<Record<string, Derived>>;
}
