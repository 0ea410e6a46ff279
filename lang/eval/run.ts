// Runs checked code: one function over its forms. Arithmetic, members, functions and conversions stand
// elsewhere.

import type { Code, CodeClause, ObjectCode, TimedCode } from "../types/code.ts";
import type { Span } from "../syntax/ast.ts";
import type { RecordInfo } from "../types/declared.ts";
import {
  bool,
  identity,
  int,
  isSecret,
  isTainted,
  list,
  NONE,
  scalarText,
  taint,
  type Datum,
} from "./datum.ts";
import { callExternal } from "./functions.ts";
import { callHiding } from "./hiding.ts";
import { convertDatum, buildRecord } from "./convert.ts";
import type { Machine } from "./machine.ts";
import { LIMITS } from "./machine.ts";
import { indexDatum, memberOfDatum } from "./members.ts";
import { binary, negate } from "./operators.ts";
import { showDatum } from "./show.ts";
import { askConstraint } from "./explain.ts";
import { askAttribute } from "./attributes.ts";
import { Cell, type Env } from "./thing.ts";

/** The value of `code` in `env`. Throws `Failure` after its mistake is told. */
export function run(code: Code, env: Env, machine: Machine): Datum {
  machine.step(code.span);
  switch (code.op) {
    case "broken":
      return machine.failQuietly();
    case "constant":
      return code.value as Datum;
    case "auto":
      return { is: "auto" };
    case "slot":
      return readSlot(ancestor(env, code.hops), code.slot, machine);
    case "global": {
      const globals = machine.globals.get(code.module);
      return globals ? readSlot(globals, code.slot, machine) : machine.failQuietly();
    }
    case "text":
      return runText(code, env, machine);
    case "list":
      return runList(code, env, machine);
    case "collect":
      return runCollect(code, env, machine);
    case "object":
      return runObject(code, env, machine);
    case "variant":
      return { is: "variant", enum: code.enum, name: code.name, fields: namedFields(code, env, machine) };
    case "not": {
      const of = run(code.of, env, machine);
      const result = bool(of.is === "bool" && !of.value);
      return isSecret(of) ? taint(result) : result;
    }
    case "negate":
      return negate(run(code.of, env, machine), code.span, machine);
    case "binary":
      return binary(code, env, machine);
    case "if":
      return runIf(code, env, machine);
    case "lambda":
      return makeLambda(code, env, machine);
    case "member":
      return memberOfDatum(run(code.of, env, machine), code, machine);
    case "index":
      return runIndex(code, env, machine);
    case "call":
      return runCall(code, env, machine);
    case "present": {
      const of = run(code.of, env, machine);
      return of.is === "none" ? of : run(code.body, { slots: [of], parent: env }, machine);
    }
    case "apply": {
      const callee = run(code.callee, env, machine);
      const items = code.arguments.map((argument) => run(argument, env, machine));
      return callee.is === "lambda" ? callee.apply(items) : machine.failQuietly();
    }
    case "live":
      if (machine.live) return machine.live(code, env);
      return machine.fail("VB2020", code.span, "A live fact can't be read here.");
    case "convert":
      return convertDatum(run(code.of, env, machine), code.to, code.span, machine);
  }
}

const makeLambda = (code: Code & { op: "lambda" }, env: Env, machine: Machine): Datum => ({
  is: "lambda",
  apply: (items) =>
    nested(machine, code.span, () => run(code.body, { slots: [...items], parent: env }, machine)),
});

function ancestor(env: Env, hops: number): Env {
  let frame = env;
  for (let i = 0; i < hops && frame.parent; i++) frame = frame.parent;
  return frame;
}

function readSlot(frame: Env, slot: number, machine: Machine): Datum {
  const held = frame.slots[slot];
  if (held === undefined && frame.owner) return askAttribute(frame.owner, slot, machine);
  if (held === undefined) return machine.failQuietly();
  if (!(held instanceof Cell)) return held;
  const datum = machine.ask(held);
  if (datum.is === "family") machine.sample?.readBy(datum.family);
  return datum;
}

/** Runs a call or lambda one level deeper. */
function nested(machine: Machine, span: Span, compute: () => Datum): Datum {
  if (machine.depth >= LIMITS.levels) machine.exhaust(span, "nested calls", LIMITS.levels);
  machine.depth++;
  const result = compute();
  machine.depth--;
  return result;
}

function runIf(code: Code & { op: "if" }, env: Env, machine: Machine): Datum {
  const condition = run(code.condition, env, machine);
  const result = run(
    condition.is === "bool" && condition.value ? code.whenTrue : code.whenFalse,
    env,
    machine,
  );
  return isSecret(condition) ? chosen(result, code.span, machine) : result;
}

function runIndex(code: Code & { op: "index" }, env: Env, machine: Machine): Datum {
  const [of, index] = [run(code.of, env, machine), run(code.index, env, machine)];
  const found = indexDatum(of, index, code, machine);
  return isSecret(index) ? chosen(found, code.span, machine) : found;
}

/** What a secret chose is one. A thing can't be hidden: the plan and the graph show who refers to whom. */
function chosen(result: Datum, span: Span, machine: Machine): Datum {
  if (result.is === "thing" || result.is === "family")
    machine.fail("VB3012", span, "Which thing is meant is shown: it can't be computed from a secret.");
  return taint(result);
}

function runText(code: Code & { op: "text" }, env: Env, machine: Machine): Datum {
  let value = "";
  let secret = false;
  for (const part of code.parts) {
    if (typeof part === "string") {
      value += part;
      continue;
    }
    const datum = run(part, env, machine);
    secret ||= isSecret(datum);
    value +=
      scalarText(datum) ?? machine.fail("VB2008", part.span, `\`${showDatum(datum, 3)}\` has no text.`);
    machine.checkText(value.length, code.span);
  }
  return secret ? { is: "string", value, secret: true } : { is: "string", value };
}

function runList(code: Code & { op: "list" }, env: Env, machine: Machine): Datum {
  // As long as it gets, where nothing is spread into it: there are many.
  const spreads = code.items.some(({ spread }) => spread);
  if (!spreads) return listOf(code, env, machine);
  const items: Datum[] = [];
  let secret = false;
  for (const item of code.items) {
    const datum = run(item.code, env, machine);
    if (!item.spread) {
      items.push(datum);
      continue;
    }
    const spread = itemsOf(datum, item.code.span, machine);
    // Items of a secret list are secrets themselves; where there are none, nothing else says so.
    secret ||= spread.length === 0 && isTainted(datum);
    for (const one of spread) items.push(one);
  }
  machine.countElements(items.length, code.span);
  return secret ? taint(list(items)) : list(items);
}

function listOf(code: Code & { op: "list" }, env: Env, machine: Machine): Datum {
  const items = code.items.map((item) => run(item.code, env, machine));
  machine.countElements(items.length, code.span);
  return list(items);
}

/** The items of a list, or of a range of ints. */
export function itemsOf(datum: Datum, span: Span, machine: Machine): readonly Datum[] {
  if (datum.is === "list") return datum.items;
  if (datum.is !== "range" || datum.from.is !== "int" || datum.to.is !== "int") return machine.failQuietly();
  const count = Math.max(0, datum.to.value - datum.from.value + 1);
  machine.countElements(count, span);
  const first = datum.from.value;
  const secret = isSecret(datum);
  return Array.from({ length: count }, (_, i) => (secret ? taint(int(first + i)) : int(first + i)));
}

/** Key and value pairs of what can be gone through with two variables. */
export function entriesOf(datum: Datum, span: Span, machine: Machine): readonly (readonly [Datum, Datum])[] {
  switch (datum.is) {
    case "map":
      return datum.entries;
    case "family":
      return datum.family.keys.map((key) => [key, datum.family.get(key)?.datum ?? NONE]);
    case "record":
      return Object.entries(datum.fields).map(([name, value]) => [{ is: "string", value: name }, value]);
    default:
      return itemsOf(datum, span, machine).map((item, i) => [{ is: "int", value: i }, item]);
  }
}

function runCollect(code: Code & { op: "collect" }, env: Env, machine: Machine): Datum {
  const items: Datum[] = [];
  const keys: Datum[] = [];
  const seen = new Set<string>();
  let secret = false;
  const overSecret = goThrough(code.clauses, 0, env, machine, (inner) => {
    if (code.condition) {
      const condition = run(code.condition, inner, machine);
      secret ||= isSecret(condition);
      if (condition.is !== "bool" || !condition.value) return;
    }
    if (code.key) {
      const key = run(code.key, inner, machine);
      if (seen.has(identity(key)))
        machine.fail("VB3005", code.key.span, `The key ${showDatum(key)} comes twice.`);
      seen.add(identity(key));
      keys.push(key);
    }
    items.push(run(code.item, inner, machine));
    machine.countElements(1, code.span);
  });
  const made: Datum = code.key
    ? { is: "map", entries: keys.map((key, i) => [key, items[i] ?? NONE]) }
    : list(items);
  return secret || overSecret ? taint(made) : made;
}

/** Each combination of the clauses in a frame of its own. The answer: whether a secret decided how many. */
export function goThrough(
  clauses: readonly CodeClause[],
  at: number,
  env: Env,
  machine: Machine,
  each: (env: Env) => void,
): boolean {
  const clause = clauses[at];
  if (!clause) {
    each(env);
    return false;
  }
  const over = run(clause.over, env, machine);
  let secret = isTainted(over);
  if (clause.slots === 1) {
    for (const item of itemsOf(over, clause.span, machine))
      secret = goThrough(clauses, at + 1, { slots: [item], parent: env }, machine, each) || secret;
  } else {
    for (const [key, value] of entriesOf(over, clause.span, machine)) {
      secret = goThrough(clauses, at + 1, { slots: [key, value], parent: env }, machine, each) || secret;
    }
  }
  return secret;
}

function runObject(code: Code & { op: "object" }, env: Env, machine: Machine): Datum {
  if (code.as === "map") return runMap(code.entries, code.span, env, machine);
  const fields: Record<string, Datum> = {};
  const spans: Record<string, Span> = {};
  for (const entry of code.entries) {
    if ("spread" in entry) {
      const spread = run(entry.spread, env, machine);
      if (spread.is === "record") Object.assign(fields, spread.fields);
      continue;
    }
    const name = entry.name ?? "";
    fields[name] = run(entry.value, env, machine);
    spans[name] = entry.span;
  }
  machine.countElements(code.entries.length, code.span);
  const { type } = code;
  if (!type) return { is: "record", fields };
  const made = buildRecord(type, fields, (name) => spans[name] ?? code.span, code.span, machine);
  if (!code.timed || made.is !== "record") return made;
  const at = list(code.timed.map((timed) => runTimed(timed, type, made.fields, env, machine)));
  return { ...made, fields: { ...made.fields, at } };
}

/** `{ at, for, set }`: what is set is held against the constraints together with what holds otherwise. */
function runTimed(
  timed: TimedCode,
  type: RecordInfo,
  base: Readonly<Record<string, Datum>>,
  env: Env,
  machine: Machine,
): Datum {
  const set = run(timed.record, env, machine);
  if (set.is !== "record") return machine.failQuietly();
  buildRecord(type, laidOver(base, set.fields), () => timed.span, timed.span, machine);
  const [at, duration] = [run(timed.at, env, machine), run(timed.duration, env, machine)];
  return { is: "record", fields: { at, for: duration, set } };
}

/** What is set over what holds otherwise; records inside are set member by member. */
function laidOver(
  base: Readonly<Record<string, Datum>>,
  set: Readonly<Record<string, Datum>>,
): Record<string, Datum> {
  const merged: Record<string, Datum> = { ...base };
  for (const [name, value] of Object.entries(set)) {
    const below = base[name];
    merged[name] =
      value.is === "record" && below?.is === "record"
        ? { ...value, fields: laidOver(below.fields, value.fields) }
        : value;
  }
  return merged;
}

function runMap(entries: readonly ObjectCode[], span: Span, env: Env, machine: Machine): Datum {
  const found = new Map<string, readonly [Datum, Datum]>();
  for (const entry of entries) {
    if ("spread" in entry) {
      for (const pair of entriesOf(run(entry.spread, env, machine), entry.span, machine))
        found.set(identity(pair[0]), pair);
    } else {
      const key = run(entry.key, env, machine);
      found.set(identity(key), [key, run(entry.value, env, machine)]);
    }
  }
  machine.countElements(found.size, span);
  return { is: "map", entries: [...found.values()] };
}

/** Arguments into a frame of their parameters; defaults are asked in that frame. */
export function bindFrame(
  code: Code & { op: "call" | "variant" | "live" },
  env: Env,
  parent: Env | undefined,
  machine: Machine,
): Env {
  const bound = code.op === "variant" ? code.fields : code.arguments;
  const frame: Env = { slots: [], parent };
  for (const argument of bound) {
    frame.slots[argument.slot] = run(argument.code, argument.isDefault ? frame : env, machine);
  }
  for (const { name, slot, constraint, code: given } of bound) {
    const value = frame.slots[slot];
    if (!constraint || (value && !(value instanceof Cell) && value.is === "none")) continue;
    askConstraint(constraint, frame, { what: name, span: given.span, code: "VB3002" }, machine);
  }
  return frame;
}

function namedFields(code: Code & { op: "variant" }, env: Env, machine: Machine): Record<string, Datum> {
  const frame = bindFrame(code, env, undefined, machine);
  const fields: Record<string, Datum> = {};
  for (const { name, slot } of code.fields) {
    const value = frame.slots[slot];
    if (value && !(value instanceof Cell)) fields[name] = value;
  }
  return fields;
}

function runCall(code: Code & { op: "call" }, env: Env, machine: Machine): Datum {
  const { callee } = code;
  const parent = callee.depth > 0 ? ancestor(env, code.hops) : undefined;
  const frame = bindFrame(code, env, parent, machine);
  if (callee.body) {
    const { body } = callee;
    return nested(machine, code.span, () => run(body, frame, machine));
  }
  if (!callee.external) return machine.failQuietly();
  return callHiding(callee.name, frame.slots as Datum[], code.span, machine, (items) =>
    nested(machine, code.span, () => callExternal(callee.name, items, code, machine)),
  );
}
