// Names and what they stand for, scope in scope. A scope with slots has a frame when it is evaluated.

import type { Span } from "../syntax/ast.ts";
import type { ComponentInfo, EnumInfo, FunctionInfo, KindInfo, RecordInfo } from "./declared.ts";
import type { Type } from "./type.ts";

/** What a bare name is. `type` is inferred when first asked. */
export type Binding =
  | {
      readonly is: "value";
      readonly slot: number;
      readonly span: Span;
      readonly what: string;
      /** A member of a record that may still be `auto`: it can be compared with that. */
      readonly auto?: true;
      type(): Type;
    }
  | { readonly is: "function"; readonly span: Span; info(): FunctionInfo }
  | { readonly is: "component"; readonly span: Span; readonly info: ComponentInfo }
  | { readonly is: "module"; readonly span: Span; readonly module: Scope };

/** What a name in the place of a type is. */
export type TypeBinding =
  | { readonly is: "kind"; readonly info: KindInfo }
  | { readonly is: "component"; readonly info: ComponentInfo }
  | { readonly is: "enum"; info(): EnumInfo }
  | { readonly is: "record"; info(): RecordInfo };

/** Whether a name stands for a module that could not be read. */
export const isFailedImport = (binding: Binding | undefined): boolean =>
  binding?.is === "value" && binding.what === "import";

export class Scope {
  // Made when something is put into them: most of the many scopes stay empty.
  private ownValues: Map<string, Binding> | undefined = undefined;
  private ownTypes: Map<string, TypeBinding & { readonly span: Span }> | undefined = undefined;
  slots = 0;
  readonly parent: Scope | undefined;
  /** The module that it is the top of; frames of modules are found by key, not by hops. */
  readonly module: string | undefined;

  constructor(parent?: Scope, module?: string) {
    this.parent = parent;
    this.module = module;
  }

  /** The same names but for those that `holds` refuses; slots are never given again. */
  without(holds: (name: string) => boolean): Scope {
    const scope = new Scope(this.parent, this.module);
    scope.slots = this.slots;
    for (const [name, binding] of this.values) if (holds(name)) scope.values.set(name, binding);
    for (const [name, binding] of this.types) if (holds(name)) scope.types.set(name, binding);
    return scope;
  }

  get values(): Map<string, Binding> {
    return (this.ownValues ??= new Map());
  }

  get types(): Map<string, TypeBinding & { readonly span: Span }> {
    return (this.ownTypes ??= new Map());
  }

  /** How many frames stand around what is read here. */
  get depth(): number {
    return this.module !== undefined ? 0 : (this.parent?.depth ?? 0) + 1;
  }

  /** Takes the next slot for a value. The caller has made sure that the name is free. */
  addValue(name: string, span: Span, what: string, type: () => Type): number {
    const slot = this.slots++;
    this.values.set(name, { is: "value", slot, span, what, type });
    return slot;
  }

  /** The innermost binding of `name`, and how to reach its slot. */
  find(
    name: string,
  ): { readonly binding: Binding; readonly hops: number; readonly scope: Scope } | undefined {
    return Scope.search(this, name);
  }

  /** Without a generator: every name of every text is looked up. */
  private static search(from: Scope, name: string): ReturnType<Scope["find"]> {
    let hops = 0;
    for (let scope: Scope | undefined = from; scope; scope = scope.parent) {
      const binding = scope.ownValues?.get(name);
      if (binding) return { binding, hops, scope };
      if (scope.module === undefined) hops++;
    }
    return undefined;
  }

  findType(name: string): (TypeBinding & { readonly span: Span }) | undefined {
    return Scope.searchType(this, name);
  }

  private static searchType(from: Scope, name: string): ReturnType<Scope["findType"]> {
    for (let scope: Scope | undefined = from; scope; scope = scope.parent) {
      const binding = scope.ownTypes?.get(name);
      if (binding) return binding;
    }
    return undefined;
  }

  /** The innermost function of that name: values do not hide functions in method style. */
  findFunction(name: string): FunctionInfo | undefined {
    for (const scope of outward(this)) {
      const binding = scope.ownValues?.get(name);
      if (binding?.is === "function") return binding.info();
    }
    return undefined;
  }

  /** Every name that can be read from here, for "did you mean". */
  names(): string[] {
    const found = new Set<string>();
    for (const scope of outward(this)) {
      for (const name of scope.ownValues?.keys() ?? []) found.add(name);
    }
    return [...found];
  }

  typeNames(): string[] {
    const found = new Set<string>();
    for (const scope of outward(this)) {
      for (const name of scope.ownTypes?.keys() ?? []) found.add(name);
    }
    return [...found];
  }
}

/** A scope, and those around it. */
function* outward(innermost: Scope): Generator<Scope> {
  for (let scope: Scope | undefined = innermost; scope; scope = scope.parent) yield scope;
}
