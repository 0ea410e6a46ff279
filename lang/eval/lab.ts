// What is asked of the whole lab: all its things, private buses, segments, allocations, the graph. Each made
// once.

import type { Allocations } from "../model.ts";
import type { Blueprint, Body, KindInfo } from "../types/declared.ts";
import { allocate, type Allocation } from "./allocate.ts";
import { askedAttribute } from "./attributes.ts";
import { NONE, type Datum } from "./datum.ts";
import { Graph } from "./graph.ts";
import type { Machine } from "./machine.ts";
import { findSegments, type Segments } from "./segments.ts";
import { LazyCell, Thing, type Cell, type Env } from "./thing.ts";
import { asked, thingsOf } from "./walk.ts";

const NOTHING_SET: Blueprint["set"] = new Map();

/** What the caller gives beside the files. */
export interface LabOptions {
  readonly name: string;
  readonly allocations: Allocations;
  /** How many times a device's MAC moves on, by address: where two on a segment agreed. */
  readonly macMoves: ReadonlyMap<string, number>;
  /** What each module declares, imported ones before those that import them, the root last. */
  readonly bodies: readonly { readonly body: Body; readonly env: Env }[];
  /** The root's frame. */
  readonly env: Env;
  readonly kind: (name: string) => KindInfo | undefined;
}

export class Lab {
  readonly machine: Machine;
  readonly options: LabOptions;
  readonly allocations = new Map<Thing, { readonly cell: Cell; result: Allocation | undefined }>();
  private readonly privateBlueprints = new Map<Blueprint, Blueprint>();
  private readonly macs: number[] = [];
  private known: readonly Thing[] | undefined;
  private segmentsCell: Cell | undefined;
  private foundSegments: Segments | undefined;
  private graphCell: Cell | undefined;
  private madeGraph: Graph | undefined;

  constructor(machine: Machine, options: LabOptions) {
    this.machine = machine;
    this.options = options;
  }

  /** Told of each MAC that is filled in. */
  noteMac(mac: number): void {
    this.macs.push(mac);
  }

  /** Whether all plugged devices have MACs that were filled in here, each another. */
  get macsDiffer(): boolean {
    if (this.segments()?.macCount !== this.macs.length) return false;
    const sorted = Float64Array.from(this.macs).sort();
    return sorted.every((mac, i) => mac !== sorted[i - 1]);
  }

  /** Every declared thing, in order; private buses are not among them. */
  things(): readonly Thing[] {
    if (this.known) return this.known;
    const things = this.options.bodies.flatMap(({ body, env }) => thingsOf(body, env, this.machine));
    if (this.machine.running.length === 0) this.known = things;
    return things;
  }

  /** Every thing, and after each the private one that it got. */
  allThings(): readonly Thing[] {
    return this.things().flatMap((thing) => (thing.own ? [thing, thing.own] : [thing]));
  }

  /** Takes over segments and addresses of an earlier look at a lab with the same networks and devices. */
  adoptSegments(before: Lab): void {
    this.segmentsCell = before.segmentsCell;
    this.foundSegments = before.foundSegments;
    for (const [network, held] of before.allocations) this.allocations.set(network, held);
  }

  /** The bus (or another kind) of its own that `owner` gets where it names none. */
  privateOf(owner: Thing, kind: KindInfo, member: string): Thing {
    if (owner.own) return owner.own;
    const place = {
      address: `${owner.address}.${member}`,
      name: member,
      owner,
      first: undefined,
      ownFrames: 0,
    };
    return (owner.own = new Thing(this.privateBlueprint(owner.blueprint, kind, member), place, owner.env));
  }

  /** One for all things of a declaration. */
  private privateBlueprint(of: Blueprint, kind: KindInfo, name: string): Blueprint {
    const known = this.privateBlueprints.get(of);
    if (known) return known;
    const made: Blueprint = { ...of, name, type: { is: "thing", kind }, set: NOTHING_SET };
    this.privateBlueprints.set(of, made);
    return made;
  }

  /** Networks with their links and devices. */
  segments(): Segments | undefined {
    this.segmentsCell ??= new LazyCell(
      () => "the segments",
      this.options.env.owner?.blueprint.head ?? NOWHERE,
      () => {
        this.foundSegments = findSegments(this.things(), this.machine);
        return NONE;
      },
      { opaque: true },
    );
    asked(this.segmentsCell, this.machine);
    return this.foundSegments;
  }

  /** Addresses of the devices on the segment of `network`. */
  allocation(network: Thing): Allocation | undefined {
    const segment = this.segments()?.of(network);
    if (!segment) return undefined;
    const first = segment.networks[0] ?? network;
    let held = this.allocations.get(first);
    if (!held) {
      const entry: { cell: Cell; result: Allocation | undefined } = {
        result: undefined,
        cell: new LazyCell(
          () => `addresses of ${first.address}`,
          first.blueprint.nameSpan,
          () => {
            entry.result = allocate(segment, this.options.allocations, this.machine);
            return NONE;
          },
          { opaque: true },
        ),
      };
      held = entry;
      this.allocations.set(first, held);
    }
    this.machine.ask(held.cell);
    return held.result;
  }

  graph(): Graph | undefined {
    this.machine.sample?.leave();
    this.graphCell ??= new LazyCell(
      () => "the graph",
      NOWHERE,
      () => {
        this.madeGraph = new Graph(this.things(), this.machine);
        return NONE;
      },
      { opaque: true },
    );
    this.machine.ask(this.graphCell);
    return this.madeGraph;
  }

  /** The seed that every seed is derived from. */
  seed(): number {
    const own = this.machine.seed?.();
    if (own !== undefined) return own;
    const lab = this.things().find((thing) => thing.kind.name === "lab");
    const seed = lab && readMember(lab, "seed", this.machine);
    return seed?.is === "int" ? seed.value : 0;
  }
}

const NOWHERE = { file: "", start: 0, end: 0 };

/** A member by name, or undefined where there is none or it failed. */
export function readMember(thing: Thing, name: string, machine: Machine): Datum | undefined {
  const member = thing.table.members.get(name);
  return member && askedAttribute(thing, member.slot, machine);
}
