// Who declares which name, who reads it, and which hides which. Reads trees only: types play no part, so a
// name counts as used wherever it could be meant.

import type * as ast from "../syntax/ast.ts";
import { folderOf, resolvePath } from "../resolve/paths.ts";

/** What a name was declared as. */
export type What =
  | "import"
  | "param"
  | "let"
  | "function"
  | "component"
  | "type"
  | "enum"
  | "parameter"
  | "variable"
  | "thing";

export interface Declared {
  readonly name: ast.Name;
  readonly what: What;
  /** The whole item, where it could be taken away. */
  readonly item?: ast.Span;
  /** The component or function whose parameter it is. */
  readonly owner?: string;
  /** At the top of a module. */
  readonly isTop: boolean;
  readonly module: string;
  used: boolean;
}

export interface Hidden {
  readonly inner: Declared;
  readonly outer: Declared;
}

export interface Names {
  readonly declared: readonly Declared[];
  readonly hidden: readonly Hidden[];
}

class Scope {
  readonly names = new Map<string, Declared>();
  readonly types = new Map<string, Declared>();
  readonly parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  find(name: string, table: "names" | "types" = "names"): Declared | undefined {
    return this[table].get(name) ?? this.parent?.find(name, table);
  }
}

/** The names of the project's modules. A folder that is imported is one module; other files are one each. */
export function namesOf(modules: readonly ast.Module[]): Names {
  const reader = new NameReader();
  const folders = new Set<string>();
  for (const module of modules) {
    for (const item of module.items) {
      if (item.node !== "import") continue;
      const key = importKey(module.file, item);
      if (key !== undefined) folders.add(key);
    }
  }
  const keyOf = (file: string): string => (folders.has(folderOf(file)) ? folderOf(file) : file);
  for (const module of modules) reader.declareTop(module, keyOf(module.file));
  for (const module of modules) reader.readModule(module, keyOf(module.file));
  return { declared: reader.declared, hidden: reader.hidden };
}

function importKey(file: string, item: ast.Import): string | undefined {
  const [text] = item.path.node === "string" ? item.path.parts : [];
  return typeof text === "string" ? resolvePath(file, text) : undefined;
}

class NameReader {
  readonly declared: Declared[] = [];
  readonly hidden: Hidden[] = [];
  readonly #modules = new Map<string, Scope>();
  /** What `alias.name` of an import leads to, for each scope of a module. */
  readonly #imports = new Map<Declared, string>();
  #module = "";

  declareTop(module: ast.Module, key: string): void {
    const scope = this.#modules.get(key) ?? new Scope();
    this.#modules.set(key, scope);
    this.#module = key;
    this.#declareItems(module.items, scope, module.file);
  }

  readModule(module: ast.Module, key: string): void {
    this.#module = key;
    const scope = this.#modules.get(key);
    if (scope) this.#readItems(module.items, scope);
  }

  #add(scope: Scope, name: ast.Name, what: What, more: Partial<Declared> = {}): Declared {
    const isTop = scope.parent === undefined;
    const entry: Declared = { name, what, isTop, module: this.#module, used: false, ...more };
    const table = what === "type" || what === "enum" ? scope.types : scope.names;
    const outer = table === scope.names ? scope.parent?.find(name.text) : undefined;
    if (outer) this.hidden.push({ inner: entry, outer });
    table.set(name.text, entry);
    this.declared.push(entry);
    return entry;
  }

  #declareItems(items: readonly ast.Item[], scope: Scope, file = ""): void {
    for (const item of items) {
      switch (item.node) {
        case "import": {
          const entry = this.#add(scope, item.as, "import", { item: item.span });
          const key = importKey(file, item);
          if (key !== undefined) this.#imports.set(entry, key);
          break;
        }
        case "param":
        case "let":
          this.#add(scope, item.name, item.node, { item: item.span });
          break;
        case "fn":
          this.#add(scope, item.name, "function", { item: item.span });
          break;
        case "component":
          this.#add(scope, item.name, "component", { item: item.span });
          break;
        case "type":
        case "enum":
          this.#add(scope, item.name, item.node, { item: item.span });
          break;
        case "declaration":
          this.#add(scope, item.name, "thing");
      }
    }
  }

  #readBody(items: readonly ast.Item[], parent: Scope): void {
    const scope = new Scope(parent);
    this.#declareItems(items, scope);
    this.#readItems(items, scope);
  }

  #readItems(items: readonly ast.Item[], scope: Scope): void {
    for (const item of items) this.#readItem(item, scope);
  }

  #readItem(item: ast.Item, scope: Scope): void {
    switch (item.node) {
      case "attribute":
        return this.#read(item.value, scope);
      case "record":
        return this.#readBody(item.body, scope);
      case "timed":
        this.#read(item.at, scope);
        this.#read(item.duration, scope);
        return this.#readBody(item.body, scope);
      case "declaration":
        return this.#readDeclaration(item, scope);
      case "param":
        return this.#readOwn(scope.names.get(item.name.text), () => this.#readField(item, scope));
      case "let":
      case "output":
        this.#readType(item.type, scope);
        return this.#readOwn(item.node === "let" ? scope.names.get(item.name.text) : undefined, () =>
          this.#read(item.value, scope),
        );
      case "fn": {
        const inner = this.#readParameters(item.parameters, scope, item.name.text);
        this.#readType(item.result, scope);
        return this.#read(item.body, inner);
      }
      case "component":
        return this.#readBody(item.body, this.#readParameters(item.parameters, scope, item.name.text));
      case "enum":
        for (const { parameters } of item.variants)
          if (parameters) this.#readParameters(parameters, scope, undefined);
        return;
      case "type":
      case "kind":
      case "class":
        return this.#readMembers(item.members, scope);
      case "assert":
        this.#read(item.condition, scope);
        return this.#read(item.message, scope);
      case "test":
        return this.#readSteps(item.steps, scope);
      case "import":
    }
  }

  /** A name that reads itself, in its own constraint, is not used by that. */
  #readOwn(entry: Declared | undefined, read: () => void): void {
    const before = entry?.used ?? false;
    read();
    if (entry) entry.used = before;
  }

  #readField(field: ast.Param | ast.Parameter | ast.Field, scope: Scope): void {
    this.#readType(field.type, scope);
    this.#read(field.value, scope);
    this.#read(field.where?.condition, scope);
    this.#read(field.where?.message, scope);
  }

  #readParameters(parameters: readonly ast.Parameter[], parent: Scope, owner: string | undefined): Scope {
    const scope = new Scope(parent);
    for (const parameter of parameters) {
      // Fields of a variant are read by name from outside.
      const isField = owner === undefined;
      if (isField) this.#readField(parameter, scope);
      else {
        const entry = this.#add(scope, parameter.name, "parameter", { owner });
        this.#readOwn(entry, () => this.#readField(parameter, scope));
      }
    }
    return scope;
  }

  #readDeclaration(item: ast.Declaration, scope: Scope): void {
    this.#useKind(item.module, item.kind, scope);
    if (item.class?.module) this.#useName(item.class.module.text, scope);
    let inner = scope;
    if (item.loop) {
      this.#read(item.loop.over, scope);
      inner = new Scope(scope);
      for (const name of item.loop.variables) this.#add(inner, name, "variable");
    }
    this.#read(item.condition, inner);
    this.#readBody(item.body, inner);
  }

  #useKind(module: ast.Name | undefined, kind: ast.Name, scope: Scope): void {
    if (module) this.#useOf(this.#useName(module.text, scope), kind.text);
    else this.#useName(kind.text, scope, "component");
  }

  #readMembers(members: readonly ast.Member[], parent: Scope): void {
    const scope = new Scope(parent);
    for (const member of members) {
      if (member.node === "field") this.#readField(member, scope);
      else if (member.node === "let" || member.node === "assert") this.#readItem(member, scope);
      else if (member.node === "live") this.#readType(member.type, scope);
      else if (member.node === "takes-over") this.#useType(member.type.text, scope);
    }
  }

  #readSteps(steps: readonly ast.Step[], parent: Scope): void {
    const scope = new Scope(parent);
    for (const step of steps) if (step.node === "let") this.#declareItems([step], scope);
    for (const step of steps) {
      if (step.node === "attribute" || step.node === "let") this.#readItem(step, scope);
      else if (step.node === "param") this.#readField(step, scope);
      else if (step.node === "do") {
        for (const act of step.acts) {
          this.#read(act.node === "set" ? act.place : act.call, scope);
          if (act.node === "set") this.#read(act.value, scope);
        }
      } else {
        this.#read(step.condition, scope);
        this.#read(step.node === "expect" ? step.within : step.duration, scope);
        this.#read(step.message, scope);
      }
    }
  }

  #useName(name: string, scope: Scope, only?: What): Declared | undefined {
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const found = at.names.get(name);
      if (!found || (only !== undefined && found.what !== only)) continue;
      found.used = true;
      return found;
    }
    return undefined;
  }

  #useType(name: string, scope: Scope): void {
    const found = scope.find(name, "types") ?? scope.find(name);
    if (found) found.used = true;
  }

  /** A name of the module behind an import. */
  #useOf(alias: Declared | undefined, name: string): void {
    const key = alias && this.#imports.get(alias);
    const scope = key === undefined ? undefined : this.#modules.get(key);
    for (const entry of [scope?.names.get(name), scope?.types.get(name)]) if (entry) entry.used = true;
  }

  #readType(type: ast.Type | undefined, scope: Scope): void {
    if (type === undefined) return;
    switch (type.node) {
      case "named-type":
        if (type.module) this.#useOf(this.#useName(type.module.text, scope), type.name.text);
        else this.#useType(type.name.text, scope);
        return;
      case "union-type":
        for (const member of type.members) this.#readType(member, scope);
        return;
      case "map-type":
        this.#readType(type.key, scope);
        return this.#readType(type.value, scope);
      case "record-type":
        for (const field of type.fields) this.#readType(field.type, scope);
        return;
      case "function-type":
        for (const parameter of type.parameters) this.#readType(parameter, scope);
        return this.#readType(type.result, scope);
      case "optional-type":
      case "secret-type":
      case "range-type":
      case "list-type":
        return this.#readType(type.of, scope);
      case "literal-type":
      case "error-type":
    }
  }

  #readLoop(loop: ast.Loop, parent: Scope): Scope {
    let scope = parent;
    for (const { variables, over } of loop.clauses) {
      this.#read(over, scope);
      scope = new Scope(scope);
      for (const name of variables) this.#add(scope, name, "variable");
    }
    this.#read(loop.condition, scope);
    return scope;
  }

  #read(expr: ast.Expr | undefined, scope: Scope): void {
    if (expr === undefined) return;
    switch (expr.node) {
      case "reference":
        this.#useName(expr.name, scope);
        return this.#useType(expr.name, scope);
      case "string":
        for (const part of expr.parts) if (typeof part !== "string") this.#read(part, scope);
        return;
      case "list": {
        const inner = expr.loop ? this.#readLoop(expr.loop, scope) : scope;
        for (const { value } of expr.items) this.#read(value, inner);
        return;
      }
      case "object":
        return this.#readObject(expr, scope);
      case "unary":
        return this.#read(expr.operand, scope);
      case "binary":
        this.#read(expr.left, scope);
        return this.#read(expr.right, scope);
      case "ternary":
        for (const one of [expr.condition, expr.then, expr.else]) this.#read(one, scope);
        return;
      case "lambda": {
        const inner = new Scope(scope);
        for (const name of expr.parameters) this.#add(inner, name, "variable");
        return this.#read(expr.body, inner);
      }
      case "member":
        if (expr.of.node === "reference") this.#useOf(scope.find(expr.of.name), expr.name.text);
        return this.#read(expr.of, scope);
      case "index":
        this.#read(expr.of, scope);
        return this.#read(expr.index, scope);
      case "call":
        // In method style the name is looked up among functions only.
        if (expr.callee.node === "member") this.#useName(expr.callee.name.text, scope, "function");
        this.#read(expr.callee, scope);
        for (const { value } of expr.arguments) this.#read(value, scope);
        return;
      case "parenthesised":
        return this.#read(expr.inner, scope);
      default:
    }
  }

  #readObject(expr: Extract<ast.Expr, { readonly node: "object" }>, scope: Scope): void {
    const inner = expr.loop ? this.#readLoop(expr.loop, scope) : scope;
    this.#read(expr.mapped?.key, inner);
    this.#read(expr.mapped?.value, inner);
    for (const entry of expr.entries) {
      if (entry.node === "shorthand") this.#useName(entry.name.text, inner);
      else this.#read(entry.value, inner);
    }
  }
}
