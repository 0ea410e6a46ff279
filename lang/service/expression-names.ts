// The names in expressions, with what they mean by the checker's notes.

import type { Argument, Clause, Expr, Loop, Name, ObjectEntry } from "../syntax/ast.ts";
import type { Parameter } from "../types/declared.ts";
import type { ExpressionNote, Notes } from "../types/notes.ts";
import { ERROR, peel, settledType, showType, type Type } from "../types/type.ts";
import type { Meaning, Occurrence } from "./meaning.ts";
import { bindingMeaning, memberMeaning, nameMeaning, propertyMeaning, typeMeaning } from "./resolve.ts";

/** The function, constructor or live fact that a call names, where it is one. */
export function calleeMeaning(call: Expr & { node: "call" }, notes: Notes): Meaning | undefined {
  const note = notes.expression(call);
  const callee = bare(call.callee);
  if (!note) return undefined;
  const { scope } = note.context;
  if (callee.node === "reference") {
    const found = nameMeaning(callee.name, scope, note.expected);
    if (found && found.is !== "value") return found;
    const info = scope.findFunction(callee.name);
    return info ? { is: "function", info } : found;
  }
  if (callee.node !== "member") return undefined;
  const type = notes.expression(callee.of)?.type;
  const found = memberMeaning(callee, note, type);
  if (found && (found.is !== "field" || type === undefined)) return found;
  const info = scope.findFunction(callee.name.text);
  return info && { is: "function", info };
}

/** What a call gives its arguments to; in method style without the first. */
export function parametersOf(call: Expr & { node: "call" }, notes: Notes): readonly Parameter[] {
  const meaning = calleeMeaning(call, notes);
  switch (meaning?.is) {
    case "function": {
      const callee = bare(call.callee);
      const method = callee.node === "member" && notes.expression(callee.of) !== undefined;
      return method ? meaning.info.parameters.slice(1) : meaning.info.parameters;
    }
    case "variant":
    case "live":
      return meaning.info.parameters ?? [];
    default:
      return [];
  }
}

export function bare(expr: Expr): Expr {
  let inner = expr;
  while (inner.node === "parenthesised") inner = inner.inner;
  return inner;
}

export class ExpressionNames {
  readonly #notes: Notes;
  readonly #tell: (found: Occurrence) => void;

  constructor(notes: Notes, tell: (found: Occurrence) => void) {
    this.#notes = notes;
    this.#tell = tell;
  }

  read(expr: Expr): void {
    switch (expr.node) {
      case "reference":
        return this.#reference(expr);
      case "member":
        return this.#member(expr);
      case "call":
        return this.#call(expr);
      case "object":
        return this.#object(expr);
      case "list":
        if (expr.loop) this.#loop(expr.loop, [expr.items[0]?.value]);
        for (const { value } of expr.items) this.read(value);
        return;
      case "lambda":
        return this.#lambda(expr);
      case "string":
        for (const part of expr.parts) if (typeof part !== "string") this.read(part);
        return;
      case "unary":
        return this.read(expr.operand);
      case "binary":
        this.read(expr.left);
        return this.read(expr.right);
      case "ternary":
        for (const part of [expr.condition, expr.then, expr.else]) this.read(part);
        return;
      case "index":
        this.read(expr.of);
        return this.read(expr.index);
      case "parenthesised":
        return this.read(expr.inner);
      case "error":
        return expr.read && this.read(expr.read);
      default:
        return;
    }
  }

  #add(name: Name, meaning: Meaning | undefined, more: Partial<Occurrence> = {}): void {
    if (meaning) this.#tell({ span: name.span, text: name.text, meaning, role: "reads", ...more });
  }

  #reference(expr: Expr & { node: "reference" }): void {
    const note = this.#notes.expression(expr);
    if (!note) return;
    this.#add(
      { text: expr.name, span: expr.span },
      nameMeaning(expr.name, note.context.scope, note.expected),
    );
  }

  #member(expr: Expr & { node: "member" }): void {
    const note = this.#notes.expression(expr);
    this.#left(expr.of, note);
    if (note) this.#add(expr.name, memberMeaning(expr, note, this.#notes.expression(expr.of)?.type));
  }

  /** The left side of a dot: a value, or the name of a module or of an enum. */
  #left(of: Expr, note: ExpressionNote | undefined): void {
    if (this.#notes.expression(of)) return this.read(of);
    const scope = note?.context.scope;
    if (!scope) return;
    if (of.node === "reference") {
      const found = scope.find(of.name);
      const type = found ? undefined : scope.findType(of.name);
      const meaning = found ? bindingMeaning(found.binding, found.scope) : type && typeMeaning(type);
      this.#add({ text: of.name, span: of.span }, meaning);
    } else if (of.node === "member" && of.of.node === "reference") {
      this.#left(of.of, note);
      const module = scope.find(of.of.name)?.binding;
      const type = module?.is === "module" ? module.module.types.get(of.name.text) : undefined;
      this.#add(of.name, type && typeMeaning(type));
    }
  }

  #call(expr: Expr & { node: "call" }): void {
    const callee = bare(expr.callee);
    const meaning = calleeMeaning(expr, this.#notes);
    if (callee.node === "reference") this.#add({ text: callee.name, span: callee.span }, meaning);
    else if (callee.node === "member") {
      this.#left(callee.of, this.#notes.expression(expr));
      this.#add(callee.name, meaning);
    } else this.read(callee);
    this.arguments(expr.arguments, parametersOf(expr, this.#notes));
  }

  arguments(given: readonly Argument[], parameters: readonly Parameter[]): void {
    for (const { name, value } of given) {
      const parameter = name && parameters.find((one) => one.name === name.text);
      if (name && parameter) {
        const { span, type } = parameter;
        this.#add(
          name,
          { is: "value", what: "parameter", declared: span, type: () => type },
          { role: "sets" },
        );
      }
      this.read(value);
    }
  }

  #object(expr: Expr & { node: "object" }): void {
    const note = this.#notes.expression(expr);
    if (expr.loop && expr.mapped) {
      this.#loop(expr.loop, [expr.mapped.key, expr.mapped.value]);
      this.read(expr.mapped.key);
      return this.read(expr.mapped.value);
    }
    const wanted = note?.expected && peel(note.expected);
    for (const entry of expr.entries) this.#entry(entry, wanted, note);
  }

  #entry(entry: ObjectEntry, wanted: Type | undefined, note: ExpressionNote | undefined): void {
    if (entry.node === "spread") return this.read(entry.value);
    const key = entry.node === "entry" ? entry.key : entry.name;
    const member = wanted?.is === "record" ? wanted.info.members.get(key.text) : undefined;
    const meaning: Meaning | undefined = member
      ? { is: "member", owner: wanted ? showType(wanted) : "", member }
      : wanted?.is === "shape"
        ? propertyMeaning(wanted, key.text)
        : undefined;
    if (entry.node === "entry") {
      this.#add(key, meaning, { role: "sets" });
      return this.read(entry.value);
    }
    this.#add(key, meaning, { role: "sets", shorthand: "key" });
    const value = note && nameMeaning(key.text, note.context.scope, member?.type);
    this.#add(key, value, { shorthand: "value" });
  }

  #loop(loop: Loop, bodies: readonly (Expr | undefined)[]): void {
    const inner = bodies.map((body) => body && this.#notes.expression(body)).find((note) => note);
    for (const clause of loop.clauses) {
      this.#variables(clause, inner);
      this.read(clause.over);
    }
    if (loop.condition) this.read(loop.condition);
  }

  #variables(clause: Clause, inner: ExpressionNote | undefined): void {
    for (const name of clause.variables) this.#variable(name, inner);
  }

  #variable(name: Name, inner: ExpressionNote | undefined): void {
    const type = (): Type => {
      const binding = inner?.context.scope.find(name.text)?.binding;
      return binding?.is === "value" ? settledType(binding.type()) : ERROR;
    };
    this.#add(name, { is: "value", what: "variable", declared: name.span, type }, { role: "declares" });
  }

  #lambda(expr: Expr & { node: "lambda" }): void {
    const inner = this.#notes.expression(expr.body);
    for (const name of expr.parameters) this.#variable(name, inner);
    this.read(expr.body);
  }
}
