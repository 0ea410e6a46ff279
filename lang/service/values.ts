// What things and names came to in the newest evaluation. Knows nothing while the files are wrong.

import { alikeCell } from "../eval/alike.ts";
import type { Whole } from "../eval/evaluate.ts";
import { plainValue } from "../eval/plain.ts";
import { asked } from "../eval/walk.ts";
import { Exhausted } from "../eval/machine.ts";
import { Cell, type Env, type Thing } from "../eval/thing.ts";
import type { Value } from "../model.ts";
import type { Declaration, Span } from "../syntax/ast.ts";
import { showValue } from "../values.ts";

/** Longer texts are cut. */
const TEXT_MAX = 200;

/** A computed attribute of one thing. */
export interface Known {
  readonly address: string;
  readonly value: Value;
  readonly origin: "set" | "default" | "auto";
}

export class Values {
  readonly #whole: Whole;
  #byAddress: ReadonlyMap<string, Thing> | undefined;
  readonly #things = new Map<string, Thing[]>();

  constructor(whole: Whole) {
    this.#whole = whole;
    for (const thing of whole.machine.lab.allThings()) {
      const key = keyOf(thing.blueprint.nameSpan);
      const same = this.#things.get(key);
      if (same) same.push(thing);
      else this.#things.set(key, [thing]);
    }
  }

  /**
   * The things of the declaration with this name: none, one, or a family's. Private ones are not among them.
   */
  things(name: Span): readonly Thing[] {
    const found = this.#things.get(keyOf(name)) ?? [];
    return found.filter((thing) => !found.some((other) => other.own === thing));
  }

  thingsOf(declaration: Declaration): readonly Thing[] {
    return this.things(declaration.name.span);
  }

  byAddress(address: string): readonly Thing[] {
    this.#byAddress ??= new Map(this.#whole.machine.lab.allThings().map((thing) => [thing.address, thing]));
    const thing = this.#byAddress.get(address);
    return thing ? [thing] : [];
  }

  attributes(thing: Thing): ReadonlyMap<string, Known> {
    const known = new Map<string, Known>();
    for (const { name, slot } of thing.table.members.values()) {
      const value = valueOf(thing.members.slots[slot] ?? alikeCell(thing, slot));
      const origin = thing.origin(name)?.origin;
      if (value && origin) known.set(name, { address: thing.address, value, origin });
    }
    return known;
  }

  /** A `let` or a parameter of a module. */
  global({ module, slot }: { readonly module: string; readonly slot: number }): Value | undefined {
    const frame = this.#whole.machine.globals.get(module);
    const cell = frame?.slots[slot];
    if (cell instanceof Cell && cell.state === "new") this.#compute(cell);
    return frame && valueIn(frame, slot);
  }

  /** What nothing reads was not computed yet. A mistake in it is not told: nobody hears it but here. */
  #compute(cell: Cell): void {
    const { machine } = this.#whole;
    const told = machine.diagnostics.length;
    try {
      asked(cell, machine);
    } catch (caught) {
      if (!(caught instanceof Exhausted) && !(caught instanceof RangeError)) throw caught;
    }
    machine.diagnostics.length = told;
    if (cell.state === "failed") cell.state = "new";
  }
}

const keyOf = ({ file, start }: Span): string => `${file}:${start}`;

const valueIn = (frame: Env, slot: number): Value | undefined => valueOf(frame.slots[slot]);

function valueOf(held: Env["slots"][number]): Value | undefined {
  const datum = held instanceof Cell ? (held.state === "done" ? held.value : undefined) : held;
  return datum && plainValue(datum);
}

/** As it would be written; cut where it is long. Secrets are hidden. */
export function valueText(value: Value): string {
  const text = value.is === "ref" ? value.address : showValue(value);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}...` : text;
}
