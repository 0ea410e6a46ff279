// Declarations of things, `KIND NAME [for] [when] [: CLASS] { }`: their type at once, head and body when
// names are known.

import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import { check, checkAs } from "./check-expression.ts";
import { entryTypes, isKey } from "./check-collection.ts";
import { moduleMember } from "./check-member.ts";
import type { Code } from "./code.ts";
import { suggestionOr } from "./context.ts";
import { emptyTable } from "./declare-members.ts";
import { declareItems, emptyBody, type Place } from "./declare-items.ts";
import { compileAttributes } from "./compile-attributes.ts";
import type { Blueprint, Body, ClassInfo, ComponentInfo, KindInfo, MemberTable, Shape } from "./declared.ts";
import { kindHint } from "./hints.ts";
import type { Program } from "./program.ts";
import { fits } from "./relate.ts";
import { isFailedImport, Scope } from "./scope.ts";
import { BOOL, ERROR, INT, optionalOf, settledType, showType, type ThingType, type Type } from "./type.ts";

interface Head {
  readonly over?: Code;
  readonly variables: readonly Type[];
}

/** Declares the name; its blueprint is put into `body` when the program settles. */
export function declareThing(
  syntax: ast.Declaration,
  scope: Scope,
  place: Place,
  body: Body,
  program: Program,
): void {
  const { name } = syntax;
  const head = program.lazy<Head>(name.text, name.span, () => checkHead(syntax, scope, program), {
    variables: [ERROR, ERROR],
  });
  const variables = syntax.loop?.variables ?? [];
  const varScope = new Scope(scope);
  for (const [i, variable] of variables.entries()) {
    if (varScope.values.has(variable.text))
      program.reporter.error("VB2005", variable.span, `\`${variable.text}\` stands twice in this head.`);
    else varScope.addValue(variable.text, variable.span, "variable", () => head().variables[i] ?? ERROR);
  }
  varScope.slots = variables.length;
  const found = once(() => findKind(syntax, scope, place, program));
  const inner = new Scope(scope);
  for (const [variable, binding] of varScope.values) inner.values.set(variable, binding);
  inner.slots = varScope.slots;
  const innerBody = once(() =>
    declareItems(childItems(syntax, program), inner, innerPlace(place, found()), program),
  );
  const shape = once(() => childShape(syntax, inner, innerBody, program));
  const thing = once((): ThingType => thingType(found(), shape));
  const type = (): Type => {
    const { kind } = found();
    if (!kind) return ERROR;
    if (syntax.loop) return { is: "family", key: head().variables[0] ?? ERROR, of: thing() };
    return syntax.condition ? optionalOf(thing()) : thing();
  };
  const slot = scope.addValue(name.text, name.span, syntax.kind.text, type);
  program.notes?.addThing(syntax, { outer: scope, inner, thing });
  program.pending.push(() => {
    const blueprint = compile(
      syntax,
      { slot, head: head(), thing: thing(), varScope, inner, body: innerBody() },
      place,
      program,
    );
    if (found().kind) body.declarations.push(blueprint);
  });
}

interface Found {
  readonly kind?: KindInfo | ComponentInfo;
  readonly class?: ClassInfo;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function childShape(syntax: ast.Declaration, inner: Scope, body: () => Body, program: Program): Shape {
  const names = syntax.body.flatMap((item) => (item.node === "declaration" ? [item.name.text] : []));
  return {
    name: syntax.name.text,
    childNames: names,
    partial: program.reporter.isUnread(syntax.span),
    placeOf: (name) => inner.values.get(name)?.span,
    child: (name) => {
      if (!names.includes(name)) return undefined;
      body();
      const binding = inner.values.get(name);
      return binding?.is === "value" ? binding.type() : undefined;
    },
  };
}

function thingType(found: Found, shape: () => Shape): ThingType {
  const { kind } = found;
  if (!kind) return { is: "thing", kind: UNKNOWN_KIND };
  const own = kind.is === "component" ? kind.shape : shape();
  return { is: "thing", kind, ...(found.class && { class: found.class }), ...(own && { shape: own }) };
}

const UNKNOWN_KIND: KindInfo = {
  is: "kind",
  name: "?",
  doc: "",
  span: { file: "", start: 0, end: 0 },
  table: emptyTable(),
  classes: new Map(),
};

/** Children, lets and asserts; what can't stand in a thing is told. */
function childItems(syntax: ast.Declaration, program: Program): ast.Item[] {
  return syntax.body.filter((item) => {
    if (["declaration", "let", "assert"].includes(item.node)) return true;
    if (item.node !== "attribute" && item.node !== "record") {
      program.reporter.error(
        "VB2010",
        item.span,
        `${itemWord(item)} can't stand in a block: attributes, blocks, \`let\` and \`assert\` can.`,
      );
    }
    return false;
  });
}

export const itemWord = (item: ast.Item): string =>
  item.node === "timed"
    ? "`at`"
    : item.node === "attribute"
      ? `\`${item.name.text} =\``
      : item.node === "record"
        ? `\`${item.name.text} { }\``
        : item.node === "declaration"
          ? `\`${item.kind.text}\``
          : `\`${item.node}\``;

function innerPlace(place: Place, found: Found): Place {
  const table = found.class?.table ?? found.kind?.table ?? emptyTable();
  // What a block of an unknown kind may hold is unknown.
  const holds = found.kind === undefined ? undefined : found.kind.is === "kind" ? table.holds : NO_NAMES;
  return { ...place, what: "thing", root: false, holds, taken: namesOf(table) };
}

const NO_NAMES: ReadonlySet<string> = new Set();
const names = new WeakMap<MemberTable, ReadonlySet<string>>();

/**
 * Everything that a thing of this table is read by: no child bears such a name. Complete when first asked.
 */
function namesOf(table: MemberTable): ReadonlySet<string> {
  const known = names.get(table);
  if (known) return known;
  const found = new Set([...table.members.keys(), ...table.live.keys(), ...table.actions.keys()]);
  names.set(table, found);
  return found;
}

function findKind(syntax: ast.Declaration, scope: Scope, place: Place, program: Program): Found {
  const { reporter } = program;
  const { text, span } = syntax.kind;
  const binding = syntax.module ? importedKind(syntax, scope, program) : scope.findType(text);
  if (syntax.module && !binding) return {};
  if (binding?.is !== "kind" && binding?.is !== "component") {
    const names = scope
      .typeNames()
      .filter((name) => ["kind", "component"].includes(scope.findType(name)?.is ?? ""));
    reporter.unknownName(
      "VB2002",
      text,
      span,
      `There is no kind or component \`${text}\`.`,
      suggestionOr(
        kindHint(text) ??
          (nearest(text, names)
            ? undefined
            : listed(
                "There are",
                names.filter((name) => name !== "resource"),
              )),
        span,
        nearest(text, names),
      ),
    );
    return {};
  }
  const kind = binding.info;
  if (kind.is === "component") {
    if (place.component) program.addUse(place.component, kind, span);
    if (place.what === "thing") reporter.error("VB2010", span, "A component can't stand in a block.");
    if (syntax.class)
      reporter.error("VB2012", syntax.class.name.span, `\`${text}\` is a component: it has no classes.`);
    return { kind };
  }
  checkStanding(syntax, kind, place, program);
  return { kind, ...withClass(syntax, kind, program) };
}

const listed = (what: string, names: readonly string[]): string =>
  `${what} ${names.map((name) => `\`${name}\``).join(", ")}.`;

function importedKind(
  syntax: ast.Declaration,
  scope: Scope,
  program: Program,
): ReturnType<Scope["findType"]> {
  const module = syntax.module && scope.find(syntax.module.text)?.binding;
  if (module?.is !== "module") {
    // An import that failed is told where it stands.
    if (syntax.module && !isFailedImport(module)) {
      program.reporter.error(
        "VB2001",
        syntax.module.span,
        `There is no module \`${syntax.module.text}\` here.`,
        { hint: `Modules are imported first: \`import "..." as ${syntax.module.text}\`.` },
      );
    }
    return undefined;
  }
  const member = moduleMember(module.module, syntax.kind, program.context(scope));
  return member && module.module.types.get(syntax.kind.text);
}

/** Whether a thing of this kind may stand here. */
function checkStanding(syntax: ast.Declaration, kind: KindInfo, place: Place, program: Program): void {
  const { span } = syntax.kind;
  const holders = program.holdersOf(kind.name);
  if (kind.name === "resource") {
    program.reporter.error("VB2002", span, "`resource` stands for every kind; declare one of them.");
  } else if (place.what === "thing" && place.holds?.has(kind.name) === false) {
    program.reporter.error(
      "VB2010",
      span,
      `\`${kind.name}\` can't stand in this block.`,
      place.holds.size ? { hint: `It holds ${[...place.holds].join(", ")}.` } : {},
    );
  } else if (place.what !== "thing" && holders.length > 0) {
    program.reporter.error("VB2010", span, `\`${kind.name}\` stands inside ${holders.join(" or ")}.`);
  } else if (kind.name === "lab" && (!place.root || syntax.loop || syntax.condition)) {
    program.reporter.error(
      "VB2010",
      syntax.head,
      "`lab` stands at the top of the root module, without `for` and `when`.",
    );
  }
}

function withClass(syntax: ast.Declaration, kind: KindInfo, program: Program): { class?: ClassInfo } {
  const { reporter } = program;
  const written = syntax.class;
  const names = [...kind.classes.keys()];
  if (!written) {
    if (names.length > 0) {
      reporter.error(
        "VB2012",
        syntax.head,
        `\`${kind.name}\` needs a class: one of ${names.map((n) => `\`${n}\``).join(", ")}.`,
        {
          hint: `Write it after the name: \`${kind.name} ${syntax.name.text}: ${names[0]} { }\`.`,
        },
      );
    }
    return {};
  }
  const { text, span } = written.name;
  const found = kind.classes.get(text);
  if (!found) {
    if (names.length === 0) reporter.error("VB2012", span, `\`${kind.name}\` has no classes.`);
    else
      reporter.error(
        "VB2003",
        span,
        `\`${kind.name}\` has no class \`${text}\`.`,
        suggestionOr(nearest(text, names) ? undefined : listed("It has", names), span, nearest(text, names)),
      );
    return {};
  }
  if (!program.drivers.has(kind.name, text)) {
    reporter.error(
      "VB2011",
      span,
      `No driver serves \`${kind.name}\` of class \`${text}\` in this version.`,
      {
        hint: "The class is declared in the standard library; the host side can't run it yet.",
      },
    );
  }
  return { class: found };
}

/** The head's loop: keys of the family, and what its variables are. */
function checkHead(syntax: ast.Declaration, scope: Scope, program: Program): Head {
  const { loop } = syntax;
  if (!loop) return { variables: [] };
  const context = program.context(scope);
  const { code, type } = check(loop.over, context);
  const over = settledType(type);
  const two = loop.variables.length > 1;
  const entries = entryTypes(over);
  if (over.is === "error") return { over: code, variables: [ERROR, ERROR] };
  const item = over.is === "list" ? over.of : over.is === "range" && fits(over.of, INT) ? INT : undefined;
  const key = two ? entries?.[0] : item;
  if (!key) {
    const hint = two
      ? "Two variables go over a map: an index of a list would rename."
      : entries
        ? "Over a map it is `for key, value in m`."
        : undefined;
    program.reporter.error(
      "VB2008",
      loop.over.span,
      `\`for\` can't go over \`${showType(over)}\` here.`,
      hint ? { hint } : {},
    );
    return { over: code, variables: [ERROR, ERROR] };
  }
  if (!isKey(settledType(key))) {
    program.reporter.error(
      "VB2008",
      loop.over.span,
      `A key is an int, a string, a bool, an enum member or an address, not \`${showType(key)}\`.`,
      {
        hint: "Go over a map, which says the keys: `for key, value in {for x in xs: x.name => x}`.",
      },
    );
  }
  return { over: code, variables: two && entries ? [settledType(key), entries[1]] : [settledType(key)] };
}

interface Parts {
  readonly slot: number;
  readonly head: Head;
  readonly thing: ThingType;
  readonly varScope: Scope;
  readonly inner: Scope;
  readonly body: Body;
}

function compile(syntax: ast.Declaration, parts: Parts, place: Place, program: Program): Blueprint {
  const condition =
    syntax.condition &&
    checkAs(syntax.condition, program.context(parts.varScope), BOOL, "The condition after `when`");
  const over = parts.head.over;
  const { thing } = parts;
  return {
    name: syntax.name.text,
    type: thing,
    head: syntax.head,
    nameSpan: syntax.name.span,
    slot: parts.slot,
    ...(syntax.loop &&
      over && { loop: { over, variables: syntax.loop.variables.length, span: syntax.loop.over.span } }),
    ...(condition && { condition }),
    frame: parts.inner,
    set: compileAttributes(syntax, thing, parts.inner, place, program),
    body: thing.kind.is === "component" ? emptyBody() : parts.body,
  };
}
