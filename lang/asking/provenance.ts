// One value and what it was made from: the text that set it, its default, other attributes, parameters, or
// the planner.

import { attributeCell } from "../eval/attributes.ts";
import type { Datum } from "../eval/datum.ts";
import type { EvaluateInput, Whole } from "../eval/evaluate.ts";
import { plugOf } from "../eval/segments.ts";
import { plainValue } from "../eval/plain.ts";
import { run } from "../eval/run.ts";
import { LazyCell, MemberCell, type Env, type Thing } from "../eval/thing.ts";
import { asked, attempt } from "../eval/walk.ts";
import type { Value } from "../model.ts";
import type { JsonPlace } from "../report/json.ts";
import type { Span } from "../syntax/ast.ts";
import type { Code } from "../types/code.ts";
import type { Member } from "../types/declared.ts";
import type { CheckedModule } from "../types/program.ts";
import { peel } from "../types/type.ts";

/**
 * Where a value came from: said in a declaration, a default, computed by a default from other values, found
 * by the planner or a driver, given for a parameter, or a variable of a loop.
 */
export type How = "set" | "default" | "derived" | "allocated" | "given" | "variable";

export interface Provenance {
  /** Of an attribute asked for its name; of what it was made from, the whole: `lan.mtu`, `count`. */
  readonly name: string;
  readonly value: Value;
  readonly how: How;
  /** What the place doesn't say: who allocated it, which flag gave it. */
  readonly note?: string;
  readonly place?: JsonPlace;
  /** What it was computed from. */
  readonly from: readonly Provenance[];
}

/** Longer chains are cut: each link can be asked for itself. */
const LINKS_MAX = 4;

export class Tracer {
  readonly whole: Whole;
  readonly place: (span: Span) => JsonPlace;
  private readonly input: EvaluateInput;

  constructor(whole: Whole, input: EvaluateInput, place: (span: Span) => JsonPlace) {
    this.whole = whole;
    this.input = input;
    this.place = place;
  }

  attribute(thing: Thing, member: Member, datum: Datum, name = member.name, links = 0): Provenance {
    const value = plainValue(datum);
    const origin = thing.origin(member.name);
    const set = thing.blueprint.set.get(member.name);
    if (!origin || origin.origin === "auto") {
      return { name, value, how: "allocated", note: this.allocator(thing, member), from: [] };
    }
    const code = set?.code ?? member.value;
    const from = code ? this.sources(code, set ? thing.env : thing.members, links) : [];
    const how = set ? "set" : from.length > 0 ? "derived" : "default";
    return { name, value, how, place: this.place(origin.span), from };
  }

  private allocator(thing: Thing, member: Member): string {
    const plug = plugOf(thing);
    const type = peel(member.type);
    if (plug?.ip === member) {
      const kept = this.input.allocations?.[thing.address] !== undefined ? ", kept from before" : "";
      const network = asked(attributeCell(thing, plug.network.slot, this.whole.machine), this.whole.machine);
      return `from the pool of ${network?.is === "thing" ? network.thing.address : "its network"}${kept}`;
    }
    if (plug?.mac === member) return "from the lab's name and the address";
    if (type.is === "thing") return "a private one";
    if (type.is === "list") return "what stands inside";
    if (type.is === "simple" && type.name === "int")
      return member.out ? "its place" : "from the lab's seed and the address";
    return "told by its driver";
  }

  /** What `code` reads, each once; nothing where the chain is long enough. */
  private sources(code: Code, env: Env, links: number): Provenance[] {
    if (links >= LINKS_MAX) return [];
    const found = new Map<string, Provenance>();
    for (const part of readsOf(code)) {
      const source = this.source(part, env, links + 1);
      if (source && source.value.is !== "ref") found.set(source.name, source);
    }
    return [...found.values()];
  }

  private source(part: Code, env: Env, links: number): Provenance | undefined {
    if (part.op === "member") return this.memberSource(part, env, links);
    if (part.op === "global") {
      const module = this.whole.program.modules.get(part.module);
      const frame = this.whole.machine.globals.get(part.module);
      return module && frame && this.moduleValue(module, frame, part.slot, part.name, links);
    }
    if (part.op !== "slot") return undefined;
    let frame = env;
    for (let hop = 0; hop < part.hops && frame.parent; hop++) frame = frame.parent;
    return this.frameValue(frame, part.slot, part.name, links);
  }

  private memberSource(part: Code & { op: "member" }, env: Env, links: number): Provenance | undefined {
    const of = attempt(() => run(part.of, env, this.whole.machine));
    if (of?.is !== "thing") return this.source(part.of, env, links);
    const member = of.thing.table.members.get(part.name);
    if (!member || of.thing.kind.is === "component") return undefined;
    return this.member(of.thing, member, links);
  }

  private member(thing: Thing, member: Member, links: number): Provenance | undefined {
    const { machine } = this.whole;
    const datum = asked(attributeCell(thing, member.slot, machine), machine);
    return datum && this.attribute(thing, member, datum, `${thing.address}.${member.name}`, links);
  }

  /** A `let` or a parameter of a module. */
  private moduleValue(
    module: CheckedModule,
    frame: Env,
    slot: number,
    name: string,
    links: number,
  ): Provenance | undefined {
    const param = module.params.find((one) => one.slot === slot);
    const cell = frame.slots[slot];
    const datum = cell instanceof LazyCell ? asked(cell, this.whole.machine) : undefined;
    if (!datum) return undefined;
    const value = plainValue(datum);
    if (param) {
      const note = module === this.whole.root ? this.giver(name) : undefined;
      const place = this.place(note === undefined ? (param.value?.span ?? param.span) : param.span);
      return {
        name,
        value,
        how: note === undefined ? "default" : "given",
        ...(note && { note }),
        place,
        from: [],
      };
    }
    const item = module.body.lets.find((one) => one.slot === slot);
    if (!item) return undefined;
    const from = this.sources(item.code, frame, links);
    return { name, value, how: "set", place: this.place(item.span), from };
  }

  /** Who gave a parameter of the root its value; nobody: the default holds. */
  private giver(name: string): string | undefined {
    const { flags, values } = this.input.params ?? {};
    if (flags?.[name] !== undefined) return `-p ${name}`;
    if (values && Object.hasOwn(values, name)) return "the parameter file";
    const variable = `VBUS_PARAM_${name.toUpperCase()}`;
    return this.whole.machine.world.env(variable) === undefined ? undefined : variable;
  }

  /** A member of the thing that is asked about, a parameter of a component, a `let` or a loop's variable. */
  private frameValue(frame: Env, slot: number, name: string, links: number): Provenance | undefined {
    const held = frame.slots[slot];
    if (held instanceof MemberCell || (held === undefined && frame.owner)) {
      const member = [...(frame.owner?.table.members.values() ?? [])].find((one) => one.slot === slot);
      return frame.owner && member && this.member(frame.owner, member, links);
    }
    if (held instanceof LazyCell) {
      const datum = asked(held, this.whole.machine);
      return (
        datum && {
          name,
          value: plainValue(datum),
          how: "set",
          place: this.place(held.span),
          from: [],
        }
      );
    }
    if (held === undefined || "state" in held) return undefined;
    return { name, value: plainValue(held), how: "variable", from: [] };
  }
}

/** Names and members that an expression reads in its own frame: nothing inside lambdas and comprehensions. */
function* readsOf(code: Code): Generator<Code> {
  switch (code.op) {
    case "slot":
    case "global":
    case "member":
      yield code;
      return;
    case "index":
      yield* readsOf(code.of);
      yield* readsOf(code.index);
      return;
    case "text":
      for (const part of code.parts) if (typeof part !== "string") yield* readsOf(part);
      return;
    case "list":
      for (const item of code.items) yield* readsOf(item.code);
      return;
    case "object":
      for (const entry of code.entries) yield* readsOf("spread" in entry ? entry.spread : entry.value);
      return;
    case "collect":
      for (const clause of code.clauses.slice(0, 1)) yield* readsOf(clause.over);
      return;
    case "call":
      for (const argument of code.arguments) if (!argument.isDefault) yield* readsOf(argument.code);
      return;
    case "variant":
      for (const field of code.fields) if (!field.isDefault) yield* readsOf(field.code);
      return;
    case "binary":
      yield* readsOf(code.left);
      yield* readsOf(code.right);
      return;
    case "if":
      yield* readsOf(code.condition);
      yield* readsOf(code.whenTrue);
      yield* readsOf(code.whenFalse);
      return;
    case "not":
    case "negate":
    case "convert":
    case "present":
      yield* readsOf(code.of);
      return;
    default:
  }
}
