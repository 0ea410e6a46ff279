// What the checker knew at each place of a tree, for who asks about places afterwards (lang/service). Made
// only where somebody will: the check of a lab that runs keeps none.

import type { Declaration, Expr, Item, Type as TypeSyntax } from "../syntax/ast.ts";
import type { Context } from "./context.ts";
import type { Scope } from "./scope.ts";
import type { ThingType, Type } from "./type.ts";

export interface ExpressionNote {
  readonly context: Context;
  /** What stands around it lets it be; undefined where that says nothing. */
  readonly expected: Type | undefined;
  readonly type: Type;
}

export interface ThingNote {
  /** Where the thing is declared. */
  readonly outer: Scope;
  /** Its body's. */
  readonly inner: Scope;
  thing(): ThingType;
}

/** Keyed by the nodes themselves: a tree that nobody holds takes its notes along. */
export class Notes {
  readonly #expressions = new WeakMap<Expr, ExpressionNote>();
  readonly #things = new WeakMap<Declaration, ThingNote>();
  readonly #items = new WeakMap<Item, Scope>();
  readonly #types = new WeakMap<TypeSyntax, Scope>();

  /** An expression may be checked more than once: what knows more of it is kept. */
  addExpression(expr: Expr, note: ExpressionNote): void {
    const known = this.#expressions.get(expr);
    const tellsLess = note.expected === undefined || note.expected.is === "error";
    if (known?.expected !== undefined && tellsLess) return;
    this.#expressions.set(expr, note);
  }

  addThing(syntax: Declaration, note: ThingNote): void {
    this.#things.set(syntax, note);
  }

  /** The scope that an item stands in. */
  addItem(syntax: Item, scope: Scope): void {
    this.#items.set(syntax, scope);
  }

  addType(syntax: TypeSyntax, scope: Scope): void {
    this.#types.set(syntax, scope);
  }

  expression(expr: Expr): ExpressionNote | undefined {
    return this.#expressions.get(expr);
  }

  thing(syntax: Declaration): ThingNote | undefined {
    return this.#things.get(syntax);
  }

  itemScope(syntax: Item): Scope | undefined {
    return this.#items.get(syntax);
  }

  typeScope(syntax: TypeSyntax): Scope | undefined {
    return this.#types.get(syntax);
  }
}
