// The items of a module, a component or a thing: which names they give, and what is compiled once all are
// known.

import type * as ast from "../syntax/ast.ts";
import { check, checkAs, convert } from "./check-expression.ts";
import { announceKind } from "./declare-kinds.ts";
import { announceRecord, compileAssert, declareParameters, declareRecord } from "./declare-members.ts";
import { declareComponent } from "./declare-component.ts";
import { declareThing } from "./declare-thing.ts";
import { broken, type Checked } from "./context.ts";
import type { Body, EnumInfo, FunctionInfo, RecordInfo } from "./declared.ts";
import type { Program } from "./program.ts";
import { resolveType } from "./resolve-type.ts";
import type { Scope } from "./scope.ts";
import { settledType, type Type } from "./type.ts";

/** Where items stand: decides which may. */
export interface Place {
  readonly what: "module" | "component" | "thing";
  /** Absolute path or `std:` name of the module. */
  readonly module: string;
  readonly prelude: boolean;
  readonly root: boolean;
  /** Kinds that may stand inside, of a thing. */
  readonly holds?: ReadonlySet<string> | undefined;
  /** Names that a child may not bear. */
  readonly taken?: ReadonlySet<string>;
  /** The component around it, for circles of components. */
  readonly component?: object;
}

/** Modules of the standard library, which have no mistakes. */
const isStd = (module: string): boolean => module.startsWith("std:");

export const emptyBody = (): Body => ({ lets: [], declarations: [], asserts: [] });

const NAMED = new Set(["import", "param", "let", "fn", "enum", "type", "kind", "component", "declaration"]);
const TYPES = new Set(["enum", "type", "kind", "component"]);

/** The item's name, if the name is free in `scope`; tells a second use. */
function isFree(item: ast.Item, scope: Scope, place: Place, program: Program): boolean {
  if (!NAMED.has(item.node)) return true;
  const name =
    item.node === "import"
      ? item.as
      : "name" in item && "span" in (item.name as object)
        ? (item.name as ast.Name)
        : undefined;
  if (!name || name.text === "") return name !== undefined;
  const first =
    TYPES.has(item.node) && item.node !== "component"
      ? scope.types.get(name.text)
      : scope.values.get(name.text);
  const other = item.node === "component" ? (scope.types.get(name.text) ?? first) : first;
  if (other) {
    program.reporter.error("VB2005", name.span, `The name \`${name.text}\` is used twice.`, {
      related: [{ span: other.span, message: "first declared here" }],
      hint: "Names are unique in a scope, across kinds.",
    });
    return false;
  }
  if (item.node === "declaration" && place.taken?.has(name.text)) {
    program.reporter.error(
      "VB2005",
      name.span,
      `\`${name.text}\` is a member of what it stands in: a child can't bear that name.`,
    );
    return false;
  }
  return true;
}

/** Gives every item its name and puts what is to compile behind. Returns the body that this fills. */
export function declareItems(items: readonly ast.Item[], scope: Scope, place: Place, program: Program): Body {
  const body = emptyBody();
  for (const item of items) {
    program.notes?.addItem(item, scope);
    if (!isFree(item, scope, place, program)) continue;
    switch (item.node) {
      case "let":
        declareLet(item, scope, body, program);
        break;
      case "fn":
        declareFunction(item, scope, place, program);
        break;
      case "enum": {
        const made: EnumInfo = {
          name: item.name.text,
          doc: item.doc,
          span: item.name.span,
          variants: new Map(),
        };
        // The name is there before what it contains: a type that contains itself is told, not followed.
        const fill = lazyInfo(() => fillEnum(item, made, scope, program));
        const info = (): EnumInfo => (fill(), made);
        scope.types.set(item.name.text, { is: "enum", span: item.name.span, info });
        program.pending.push(fill);
        break;
      }
      case "type": {
        const made = announceRecord(item);
        const fill = lazyInfo(() => declareRecord(item, made, scope, program));
        const info = (): RecordInfo => (fill(), made);
        scope.types.set(item.name.text, { is: "record", span: item.name.span, info });
        program.pending.push(fill);
        break;
      }
      case "kind":
        if (place.prelude)
          scope.types.set(item.name.text, { is: "kind", span: item.name.span, info: announceKind(item) });
        break;
      case "component":
        declareComponent(item, scope, place, program);
        break;
      case "declaration":
        declareThing(item, scope, place, body, program);
        break;
      case "assert":
        program.pending.push(() => body.asserts.push(compileAssert(item, program.context(scope))));
        break;
      default:
        break;
    }
  }
  return body;
}

/** Made once, when first asked. Asked again while it is made, it is not made twice. */
function lazyInfo<T>(make: () => T): () => T {
  const made: { info?: T; started?: true } = {};
  return () => {
    if (!made.started) {
      made.started = true;
      made.info = make();
    }
    return made.info as T;
  };
}

function declareLet(item: ast.Let, scope: Scope, body: Body, program: Program): void {
  const { name } = item;
  const declared = item.type;
  const checked = program.lazy<Checked>(
    name.text,
    name.span,
    () => {
      const context = program.context(scope);
      if (!declared) return check(item.value, context);
      const type = resolveType(declared, scope, program);
      return {
        code: convert(check(item.value, context, type), type, context, item.value.span, `\`${name.text}\``),
        type,
      };
    },
    broken(name.span),
  );
  let declaredType: Type | undefined;
  const type = (): Type =>
    declared ? (declaredType ??= resolveQuietly(declared, scope, program)) : settledType(checked().type);
  const slot = scope.addValue(name.text, name.span, "let", type);
  program.pending.push(() =>
    body.lets.push({ name: name.text, slot, code: checked().code, span: item.value.span }),
  );
}

/** A declared type is resolved for its value, too, which tells its mistakes. */
function resolveQuietly(type: ast.Type, scope: Scope, program: Program): Type {
  const before = program.reporter.diagnostics.length;
  const resolved = resolveType(type, scope, program);
  program.reporter.diagnostics.length = before;
  return resolved;
}

function declareFunction(item: ast.Fn, scope: Scope, place: Place, program: Program): void {
  const info = lazyInfo(() => {
    const caller = {};
    const { parameters, scope: inner } = declareParameters(item.parameters, scope, program, {
      variables: item.external && place.prelude,
      caller,
    });
    const made: FunctionInfo = {
      name: item.name.text,
      external: item.external,
      parameters,
      result: resolveType(item.result, scope, program, item.external && place.prelude),
      doc: item.doc,
      span: item.name.span,
      depth: scope.depth,
    };
    const { body } = item;
    if (body) {
      program.pending.push(() => {
        made.body = checkAs(
          body,
          program.context(inner, { caller: made }),
          made.result,
          "What the function gives",
        );
      });
    }
    return made;
  });
  scope.values.set(item.name.text, { is: "function", span: item.name.span, info });
  if (!program.sparing || !isStd(place.module)) program.pending.push(() => void info());
}

function fillEnum(item: ast.Enum, into: EnumInfo, scope: Scope, program: Program): void {
  const { variants } = into;
  for (const variant of item.variants) {
    const { text, span } = variant.name;
    if (variants.has(text)) {
      program.reporter.error("VB2005", span, `\`${item.name.text}\` has two members \`${text}\`.`);
      continue;
    }
    const parameters = variant.parameters && declareParameters(variant.parameters, scope, program).parameters;
    variants.set(text, { name: text, doc: variant.doc, span, ...(parameters && { parameters }) });
  }
}
