// Every name in an item of a module, with what it means. Goes through the tree with the checker's notes
// beside it; what the checker could not read has no names here.

import type * as ast from "../syntax/ast.ts";
import type { Member } from "../types/declared.ts";
import type { Notes } from "../types/notes.ts";
import type { Program } from "../types/program.ts";
import type { Scope } from "../types/scope.ts";
import { ERROR, peel, settledType, showType, type Type } from "../types/type.ts";
import { ExpressionNames } from "./expression-names.ts";
import type { Meaning, Occurrence } from "./meaning.ts";
import { actionMeaning, bindingMeaning, namedTypeMeaning, propertyMeaning, typeMeaning } from "./resolve.ts";

/** Of one item at the top of a module, in the order of the text. */
export function occurrencesIn(item: ast.Item, scope: Scope, program: Program): readonly Occurrence[] {
  if (!program.notes) return [];
  const names = new ItemNames(program.notes);
  names.item(item, scope);
  return names.found.toSorted((a, b) => a.span.start - b.span.start);
}

class ItemNames {
  readonly found: Occurrence[] = [];
  readonly #notes: Notes;
  readonly #expressions: ExpressionNames;

  constructor(notes: Notes) {
    this.#notes = notes;
    this.#expressions = new ExpressionNames(notes, (found) => this.found.push(found));
  }

  item(item: ast.Item, scope: Scope): void {
    switch (item.node) {
      case "declaration":
        return this.#declaration(item, scope);
      case "import": {
        const binding = scope.values.get(item.as.text);
        if (binding?.is === "module") this.#add(item.as, bindingMeaning(binding, scope), "declares");
        return;
      }
      case "param":
      case "let":
        this.#declares(item.name, scope, item.node);
        return this.#typed(item, scope);
      case "output":
        this.#output(item);
        return this.#typed(item, scope);
      case "fn":
        return this.#fn(item, scope);
      case "enum":
        return this.#enum(item, scope);
      case "type":
        return this.#type(item, scope);
      case "component":
        return this.#component(item, scope);
      case "kind":
      case "class":
        return this.#table(item, scope);
      case "assert":
        return this.#all(item.condition, item.message);
      case "test":
        return this.#test(item, scope);
      default:
        return;
    }
  }

  #add(name: ast.Name, meaning: Meaning | undefined, role: Occurrence["role"]): void {
    if (meaning && name.text !== "") this.found.push({ span: name.span, text: name.text, meaning, role });
  }

  #all(...exprs: readonly (ast.Expr | undefined)[]): void {
    for (const expr of exprs) if (expr) this.#expressions.read(expr);
  }

  #declares(name: ast.Name, scope: Scope, what: string): void {
    const binding = scope.values.get(name.text);
    const own = binding?.is === "value" && binding.span.start === name.span.start;
    if (own) this.#add(name, bindingMeaning(binding, scope), "declares");
    else this.#add(name, { is: "value", what, declared: name.span, type: () => ERROR }, "declares");
  }

  #output(item: ast.Output): void {
    const type = (): Type => this.#notes.expression(item.value)?.type ?? ERROR;
    this.#add(item.name, { is: "value", what: "output", declared: item.name.span, type }, "declares");
  }

  #typed(item: ast.Param | ast.Let | ast.Output, scope: Scope): void {
    if (item.type) this.#typeNames(item.type, scope);
    this.#all(item.value);
    if (item.node === "param" && item.where) this.#all(item.where.condition, item.where.message);
  }

  #typeNames(type: ast.Type, outer: Scope): void {
    switch (type.node) {
      case "named-type": {
        const scope = this.#notes.typeScope(type) ?? outer;
        const module = type.module && scope.find(type.module.text);
        if (type.module && module)
          this.#add(type.module, bindingMeaning(module.binding, module.scope), "reads");
        return this.#add(type.name, namedTypeMeaning(type.module, type.name.text, scope), "reads");
      }
      case "optional-type":
      case "secret-type":
      case "range-type":
      case "list-type":
        return this.#typeNames(type.of, outer);
      case "union-type":
        return type.members.forEach((member) => this.#typeNames(member, outer));
      case "map-type":
        this.#typeNames(type.key, outer);
        return this.#typeNames(type.value, outer);
      case "record-type":
        return type.fields.forEach((field) => this.#typeNames(field.type, outer));
      case "function-type":
        type.parameters.forEach((parameter) => this.#typeNames(parameter, outer));
        return this.#typeNames(type.result, outer);
      default:
        return;
    }
  }

  #parameters(
    parameters: readonly ast.Parameter[],
    scope: Scope,
    typeOf: (name: string) => Type | undefined,
  ): void {
    for (const { name, type, value, where } of parameters) {
      const known = (): Type => typeOf(name.text) ?? ERROR;
      this.#add(name, { is: "value", what: "parameter", declared: name.span, type: known }, "declares");
      this.#typeNames(type, scope);
      this.#all(value, where?.condition, where?.message);
    }
  }

  #fn(item: ast.Fn, scope: Scope): void {
    const binding = scope.values.get(item.name.text);
    const info = binding?.is === "function" ? binding.info() : undefined;
    if (info) this.#add(item.name, { is: "function", info }, "declares");
    this.#parameters(
      item.parameters,
      scope,
      (name) => info?.parameters.find((one) => one.name === name)?.type,
    );
    this.#typeNames(item.result, scope);
    this.#all(item.body);
  }

  #enum(item: ast.Enum, scope: Scope): void {
    const binding = scope.types.get(item.name.text);
    if (binding?.is !== "enum") return;
    const info = binding.info();
    this.#add(item.name, { is: "enum", info }, "declares");
    for (const { name, parameters } of item.variants) {
      const variant = info.variants.get(name.text);
      if (variant) this.#add(name, { is: "variant", of: info, info: variant }, "declares");
      this.#parameters(
        parameters ?? [],
        scope,
        (one) => variant?.parameters?.find((other) => other.name === one)?.type,
      );
    }
  }

  #type(item: ast.TypeDeclaration, scope: Scope): void {
    const binding = scope.types.get(item.name.text);
    if (binding?.is !== "record") return;
    const info = binding.info();
    this.#add(item.name, { is: "record", info }, "declares");
    for (const member of item.members) this.#member(member, info.name, info.members, scope);
  }

  #table(item: ast.Kind | ast.Class, scope: Scope): void {
    const kindName = item.node === "kind" ? item.name.text : item.kind.text;
    const binding = scope.types.get(kindName);
    if (binding?.is !== "kind") return;
    const kind = binding.info;
    const own = item.node === "class" ? kind.classes.get(item.name.text) : undefined;
    if (item.node === "class") this.#add(item.kind, { is: "kind", info: kind }, "reads");
    if (item.node === "kind") this.#add(item.name, { is: "kind", info: kind }, "declares");
    else if (own) this.#add(item.name, { is: "class", info: own }, "declares");
    const table = own?.table ?? kind.table;
    for (const member of item.members) {
      const live = member.node === "live" ? table.live.get(member.name.text) : undefined;
      if (member.node === "live" && live)
        this.#add(member.name, { is: "live", owner: kindName, info: live }, "declares");
      const action = member.node === "action" ? table.actions.get(member.name.text) : undefined;
      if (member.node === "action" && action)
        this.#add(member.name, { is: "action", owner: kindName, info: action }, "declares");
      this.#member(member, kindName, table.members, scope);
    }
  }

  #member(syntax: ast.Member, owner: string, members: ReadonlyMap<string, Member>, scope: Scope): void {
    if (syntax.node === "field") {
      const member = members.get(syntax.name.text);
      if (member) this.#add(syntax.name, { is: "member", owner, member }, "declares");
      this.#typeNames(syntax.type, scope);
      this.#all(syntax.value, syntax.where?.condition, syntax.where?.message);
    } else if (syntax.node === "takes-over") {
      const binding = scope.findType(syntax.type.text);
      if (binding) this.#add(syntax.type, typeMeaning(binding), "reads");
    } else if (syntax.node === "assert") this.#all(syntax.condition, syntax.message);
    else if (syntax.node === "live") this.#typeNames(syntax.type, scope);
  }

  #component(item: ast.Component, scope: Scope): void {
    const binding = scope.values.get(item.name.text);
    if (binding?.is !== "component") return;
    const { info } = binding;
    this.#add(item.name, { is: "component", info }, "declares");
    this.#parameters(item.parameters, scope, (name) => info.table.members.get(name)?.type);
    for (const inner of item.body) this.item(inner, this.#notes.itemScope(inner) ?? scope);
  }

  #declaration(item: ast.Declaration, scope: Scope): void {
    const note = this.#notes.thing(item);
    if (!note) return;
    this.#head(item, scope);
    const thing = note.thing();
    const named = item.class && thing.class;
    if (item.class && named) this.#add(item.class.name, { is: "class", info: named }, "reads");
    const { members } = thing.class?.table ?? thing.kind.table;
    for (const inner of item.body) {
      if (inner.node === "attribute" || inner.node === "record")
        this.#setting(inner, showType(thing), members.get(inner.name.text));
      else this.item(inner, note.inner);
    }
  }

  #head(item: ast.Declaration, scope: Scope): void {
    const module = item.module && scope.find(item.module.text);
    if (item.module && module) this.#add(item.module, bindingMeaning(module.binding, module.scope), "reads");
    this.#add(item.kind, namedTypeMeaning(item.module, item.kind.text, scope), "reads");
    this.#declares(item.name, scope, item.kind.text);
    const inner = this.#notes.thing(item)?.inner;
    for (const variable of item.loop?.variables ?? []) if (inner) this.#declares(variable, inner, "variable");
    this.#all(item.loop?.over, item.condition);
  }

  #setting(item: ast.AttributeItem | ast.RecordItem, owner: string, member: Member | undefined): void {
    if (member) this.#add(item.name, { is: "member", owner, member }, "sets");
    if (item.node === "attribute") return this.#all(item.value);
    this.#record(item.body, member?.type);
  }

  /** `NAME { ... }` of a record, and the timed blocks in it. */
  #record(body: readonly ast.Item[], type: Type | undefined): void {
    const inner = type && peel(type);
    for (const item of body) {
      if (item.node === "timed") {
        this.#all(item.at, item.duration);
        this.#record(item.body, type);
      } else if (item.node === "attribute" || item.node === "record") {
        const member = inner?.is === "record" ? inner.info.members.get(item.name.text) : undefined;
        this.#setting(item, inner ? showType(inner) : "", member);
      }
    }
  }

  #test(item: ast.Test, scope: Scope): void {
    this.#all(item.name);
    for (const step of item.steps) this.#step(step, scope);
  }

  #step(step: ast.Step, scope: Scope): void {
    switch (step.node) {
      case "attribute":
        return this.#all(step.value);
      case "param": {
        const binding = scope.values.get(step.name.text);
        if (binding) this.#add(step.name, bindingMeaning(binding, scope), "sets");
        return this.#all(step.value);
      }
      case "let": {
        const type = (): Type => settledType(this.#notes.expression(step.value)?.type ?? ERROR);
        this.#add(step.name, { is: "value", what: "let", declared: step.name.span, type }, "declares");
        return this.#typed(step, scope);
      }
      case "expect":
        return this.#all(step.condition, step.within, step.message);
      case "always":
        return this.#all(step.condition, step.duration, step.message);
      case "do":
        for (const act of step.acts) this.#act(act);
    }
  }

  #act(act: ast.Act): void {
    if (act.node === "set") {
      if (act.place.node !== "member") return;
      const { of, name } = act.place;
      this.#all(of);
      const type = this.#notes.expression(of)?.type;
      if (type) this.#add(name, propertyMeaning(type, name.text), "sets");
      return this.#all(act.value);
    }
    if (act.call.node !== "call" || act.call.callee.node !== "member") return;
    const { of, name } = act.call.callee;
    this.#all(of);
    const type = this.#notes.expression(of)?.type;
    const action = type && actionMeaning(type, name.text);
    if (action) this.#add(name, action, "reads");
    if (action?.is === "action") this.#expressions.arguments(act.call.arguments, action.info.parameters);
  }
}
