// Things that exist, families of them, and the frames and cells that hold what is known of them so far.

import type { Resource, Value } from "../model.ts";
import type { Span } from "../syntax/ast.ts";
import type { Blueprint, ClassInfo, ComponentInfo, Constraint, KindInfo, Member } from "../types/declared.ts";
import { alikeCell } from "./alike.ts";
import { identity, NONE, type Datum } from "./datum.ts";
import type { Few } from "./distinct.ts";
import type { Example } from "./example.ts";
import type { Machine } from "./machine.ts";

/** Values and cells by slot. Of members of a thing the cells are made when they are first asked. */
export interface Env {
  readonly slots: (Datum | Cell | undefined)[];
  readonly parent?: Env | undefined;
  /** The thing whose members these are. */
  readonly owner?: Thing;
}

type Slots = (Datum | Cell | undefined)[];
const empty: Slots[] = [];

/** Empty slots, with room for as many as there will be: a copy, as that is the quickest. */
export function slotsFor(count: number): Slots {
  const known = empty[count];
  if (known) return known.slice();
  const made: Slots = [];
  made.length = count;
  empty[count] = made;
  return made.slice();
}

export type CellState = "new" | "running" | "done" | "failed";

/**
 * A value that is computed once, when it is first asked. There are many: what computes it stands in
 * subclasses.
 */
export abstract class Cell {
  state: CellState = "new";
  value: Datum | undefined = undefined;
  /** Things whose attributes it was computed from. */
  reads: Few<Thing> = undefined;
  /** The thing that it is an attribute of. */
  readonly of: Thing | undefined;

  constructor(of?: Thing) {
    this.of = of;
  }

  /** Asks about the whole lab, so what it reads says nothing about who asks it. */
  get opaque(): boolean {
    return false;
  }

  abstract get span(): Span;
  /** For messages about circles. */
  abstract name(): string;
  abstract compute(machine: Machine): Datum;
  /** Asked when the value is there: a constraint. Throws where it does not hold. */
  check(_machine: Machine): void {}
  /** What the computation took by itself, without that of other cells. */
  spent(_steps: number, _elements: number): void {}
}

/** A cell whose computation is given as a function. */
export class LazyCell extends Cell {
  readonly span: Span;
  private readonly ofWhole: boolean;
  private readonly give: () => Datum;
  private readonly label: () => string;
  private readonly checked: (() => void) | undefined;

  constructor(
    name: () => string,
    span: Span,
    compute: () => Datum,
    more: { readonly check?: () => void; readonly opaque?: boolean } = {},
  ) {
    super();
    this.span = span;
    this.ofWhole = more.opaque ?? false;
    this.label = name;
    this.give = compute;
    this.checked = more.check;
  }

  override get opaque(): boolean {
    return this.ofWhole;
  }

  override name(): string {
    return this.label();
  }

  override compute(): Datum {
    return this.give();
  }

  override check(): void {
    this.checked?.();
  }
}

/** A member of a thing. Made by `attributeCell`, which knows how it is computed. */
export abstract class MemberCell extends Cell {
  declare readonly of: Thing;
  origin: Origin = "default";
  /** Its constraint holds. */
  settled = false;
  /** It names its own thing, by whatever name that has for everybody. */
  readsItself = false;
  steps = 0;
  elements = 0;

  abstract get originSpan(): Span;

  override spent(steps: number, elements: number): void {
    this.steps = steps;
    this.elements = elements;
  }
}

const NO_THINGS: readonly Thing[] = [];

export type Origin = "set" | "default" | "auto";

/** Where a thing stands. */
export interface Place {
  readonly address: string;
  readonly name: string;
  readonly owner: Thing | undefined;
  readonly first: Thing | undefined;
  readonly ownFrames: number;
}

export class Thing {
  readonly datum: Datum;
  readonly kind: KindInfo | ComponentInfo;
  readonly class: ClassInfo | undefined;
  readonly address: string;
  /** Last name of the address, with its key. */
  readonly name: string;
  /** Another one of the same shape, where an edit changed what attributes are set to. */
  blueprint: Blueprint;
  readonly owner: Thing | undefined;
  /**
   * The first of its family, or what stands at the same place inside that one. What follows from nothing of
   * their own is computed for the first only (`alike.ts`).
   */
  readonly first: Thing | undefined;
  /** How many frames, from its own outward, each thing of its family has for itself; 0 outside families. */
  readonly ownFrames: number;
  /** The head's variables, children and lets. */
  readonly env: Env;
  readonly members: Env;
  private madeRef: Value | undefined = undefined;
  /** Of a component: its body's frame. */
  body: Env | undefined = undefined;
  /** The bus (or another kind) of its own that it got because it names none. */
  own: Thing | undefined = undefined;
  /** As the model has it, once it is settled; and the files that it names. */
  resource: Resource | undefined = undefined;
  paths: readonly string[] | undefined = undefined;
  /** Of the first of a family: the slots that all have alike, and what the others take over. */
  alike: { readonly of: Blueprint; readonly slots: readonly boolean[] } | undefined = undefined;
  example: Example | undefined = undefined;
  /** What must be up first. */
  needs: readonly Thing[] = NO_THINGS;

  constructor(blueprint: Blueprint, place: Place, env: Env) {
    this.address = place.address;
    this.name = place.name;
    this.blueprint = blueprint;
    this.kind = blueprint.type.kind;
    this.class = blueprint.type.class;
    this.owner = place.owner;
    this.first = place.first;
    this.ownFrames = place.ownFrames;
    this.env = env;
    // As long as it gets: a list that grows takes room for more than it will have.
    const { size } = this.table.members;
    this.members = { slots: slotsFor(size), parent: undefined, owner: this };
    this.datum = { is: "thing", thing: this };
  }

  /** The thing as a value of the model; one object, however many refer to it. */
  get ref(): Value {
    return (this.madeRef ??= { is: "ref", kind: this.kind.name, address: this.address });
  }

  get table(): { readonly members: ReadonlyMap<string, Member>; readonly asserts: readonly Constraint[] } {
    return this.class?.table ?? this.kind.table;
  }

  /** Where the value of a member came from; undefined while it was not asked for. */
  origin(name: string): { readonly origin: Origin; readonly span: Span } | undefined {
    const member = this.table.members.get(name);
    const cell = member && (this.members.slots[member.slot] ?? alikeCell(this, member.slot));
    return cell instanceof MemberCell ? { origin: cell.origin, span: cell.originSpan } : undefined;
  }
}

/** The instances of `KIND NAME for ...`, by key in the order of declaration. */
export class Family {
  readonly address: string;
  readonly keys: Datum[] = [];
  readonly things: Thing[] = [];
  /** Made when it is first asked for: most families are only gone through. */
  private byKey: Map<string | number, Thing> | undefined = undefined;

  constructor(address: string) {
    this.address = address;
  }

  add(key: Datum, thing: Thing): void {
    this.keys.push(key);
    this.things.push(thing);
    this.byKey?.set(placeOf(key), thing);
  }

  has(key: Datum): boolean {
    return this.index().has(placeOf(key));
  }

  get(key: Datum): Thing | undefined {
    return this.index().get(placeOf(key));
  }

  private index(): Map<string | number, Thing> {
    if (this.byKey) return this.byKey;
    const { keys, things } = this;
    this.byKey = new Map();
    for (const [i, thing] of things.entries()) this.byKey.set(placeOf(keys[i] ?? NONE), thing);
    return this.byKey;
  }
}

/** A number as it is, so that no text is made for each: a float and an int of one value are one key. */
const placeOf = (key: Datum): string | number =>
  key.is === "int" || key.is === "float" ? key.value : identity(key);
