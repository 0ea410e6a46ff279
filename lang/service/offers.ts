// Offers of names, members and types: what a scope or a type has, best first.

import type * as ast from "../syntax/ast.ts";
import { enumNamed } from "../types/check-member.ts";
import type { ActionInfo, LiveMember, Member, Parameter } from "../types/declared.ts";
import type { Notes } from "../types/notes.ts";
import { fits, isRequired } from "../types/relate.ts";
import type { Binding, Scope } from "../types/scope.ts";
import { BUILT_IN_TYPES, peel, settledType, showType, type Type } from "../types/type.ts";
import { unify } from "../types/unify.ts";
import type { Offer } from "./completion.ts";
import { showParameters } from "./describe.ts";
import type { View } from "./view.ts";

/** What fits comes first, then the rest of the file's names, then the standard library's functions. */
const RANK = { wanted: 0, fits: 1, other: 3, module: 4, function: 5 } as const;

const BOOLS = ["true", "false"];

/** Bare names that can be read in a scope, members of the enum that is expected first. */
export function nameOffers(scope: Scope, expected: Type | undefined): Offer[] {
  const offers = expected ? wantedOffers(expected) : [];
  const seen = new Set(offers.map(({ label }) => label));
  for (let room: Scope | undefined = scope; room; room = room.parent) {
    for (const [name, binding] of room.values) {
      if (seen.has(name) || !isWordOf(name)) continue;
      seen.add(name);
      const offer = bindingOffer(name, binding, expected);
      if (offer) offers.push(offer);
    }
  }
  return offers;
}

const isWordOf = (name: string): boolean => /^[A-Za-z_]/.test(name);

/** Words that the expected type itself brings along. */
function wantedOffers(expected: Type): Offer[] {
  const offers: Offer[] = [];
  const word = (label: string, detail: string): void =>
    void offers.push({ label, kind: "keyword", detail, rank: RANK.wanted });
  if (takesAuto(expected)) word("auto", "filled in when the plan is made");
  if (expected.is === "optional") word("none", "nothing");
  const type = peel(expected);
  if (type.is === "simple" && type.name === "bool") for (const one of BOOLS) word(one, "bool");
  if (type.is === "enum") {
    for (const { name, doc, parameters } of type.info.variants.values()) {
      offers.push({
        label: name,
        kind: "enum-member",
        detail: `${type.info.name}${parameters ? showParameters(parameters) : ""}`,
        doc,
        rank: RANK.wanted,
        ...(parameters?.some(({ required }) => required) && { snippet: `${name}($0)` }),
      });
    }
  }
  const literals = type.is === "union" ? type.members : [type];
  for (const member of literals)
    if (member.is === "literal") offers.push({ label: member.text, kind: "enum-member", rank: RANK.wanted });
  return offers;
}

const takesAuto = (type: Type): boolean =>
  type.is === "auto" || ((type.is === "optional" || type.is === "secret") && takesAuto(type.of));

function bindingOffer(name: string, binding: Binding, expected: Type | undefined): Offer | undefined {
  switch (binding.is) {
    case "value": {
      const type = settledType(binding.type());
      const rank = expected && expected.is !== "error" && fits(type, expected) ? RANK.fits : RANK.other;
      const inner = peel(type);
      const kind = inner.is === "thing" || inner.is === "family" ? "thing" : "value";
      return { label: name, kind, detail: showType(type), rank };
    }
    case "function": {
      const info = binding.info();
      return {
        label: name,
        kind: "function",
        detail: `${showParameters(info.parameters)}: ${showType(info.result)}`,
        doc: info.doc,
        snippet: `${name}($0)`,
        rank: RANK.function,
      };
    }
    case "module":
      return { label: name, kind: "module", rank: RANK.module };
    case "component":
      return undefined;
  }
}

/** What may follow the dot. */
export function memberOffers(
  expr: ast.Expr & { node: "member" },
  notes: Notes,
  acts: boolean,
): readonly Offer[] {
  const note = notes.expression(expr) ?? notes.expression(expr.of);
  const scope = note?.context.scope;
  if (!note || !scope) return [];
  const info = enumNamed(expr.of, note.context);
  if (info) return wantedOffers({ is: "enum", info });
  const found = expr.of.node === "reference" ? scope.find(expr.of.name)?.binding : undefined;
  if (found?.is === "module") {
    return [...found.module.values].flatMap(([name, binding]) =>
      name.startsWith("_") ? [] : (bindingOffer(name, binding, note.expected) ?? []),
    );
  }
  const of = notes.expression(expr.of)?.type;
  if (!of || of.is === "error") return [];
  const properties = propertyOffers(of, note.expected, { live: note.context.live, acts });
  return acts ? properties : [...properties, ...methodOffers(of, scope)];
}

function propertyOffers(
  of: Type,
  expected: Type | undefined,
  { live, acts }: { readonly live: boolean; readonly acts: boolean },
): Offer[] {
  const type = of.is === "optional" ? settledType(of.of) : settledType(of);
  const rankOf = (one: Type): number => (expected && fits(settledType(one), expected) ? RANK.fits : 2);
  const member = (one: Member): Offer => ({
    label: one.name,
    kind: "attribute",
    detail: showType(one.type),
    doc: one.doc,
    rank: rankOf(one.type),
  });
  switch (type.is) {
    case "thing": {
      const { shape, kind } = type;
      const table = type.class?.table ?? kind.table;
      const children = (shape?.childNames ?? []).flatMap((label): Offer[] => {
        const child = shape?.child(label);
        return child ? [{ label, kind: "thing", detail: showType(child), rank: rankOf(child) }] : [];
      });
      const own =
        kind.is === "component"
          ? [...table.members.values()].filter(({ name }) => kind.resourceMembers.has(name))
          : [...table.members.values()];
      return [
        ...children,
        ...own.map(member),
        ...(live ? [...table.live.values()].map(liveOffer) : []),
        ...(acts ? [...table.actions.values()].map(actionOffer) : []),
      ];
    }
    case "record":
      return [...type.info.members.values()].map(member);
    case "shape":
      return [...type.fields].map(([label, field]) => ({
        label,
        kind: "attribute",
        detail: showType(field.type),
        rank: rankOf(field.type),
      }));
    case "simple":
      return type.name === "cidr"
        ? ["size", "bits", "first", "last"].map((label) => ({ label, kind: "attribute", rank: 1 }))
        : [];
    default:
      return [];
  }
}

const liveOffer = ({ name, type, doc, parameters }: LiveMember): Offer => ({
  label: name,
  kind: "live",
  detail: showType(type),
  doc,
  rank: RANK.fits,
  ...(parameters && { snippet: `${name}($0)` }),
});

const actionOffer = ({ name, parameters, doc }: ActionInfo): Offer => ({
  label: name,
  kind: "action",
  detail: showParameters(parameters),
  doc,
  snippet: parameters.length > 0 ? `${name}($0)` : `${name}()`,
  rank: RANK.wanted,
});

/** Functions that take such a value first. */
function methodOffers(of: Type, scope: Scope): Offer[] {
  const offers: Offer[] = [];
  for (const name of scope.names()) {
    const info = scope.findFunction(name);
    const [first, ...rest] = info?.parameters ?? [];
    if (!info || !first || !unify(first.type, settledType(of), new Map())) continue;
    offers.push({
      label: name,
      kind: "function",
      detail: `${showParameters(rest)}: ${showType(info.result)}`,
      doc: info.doc,
      snippet: rest.length > 0 ? `${name}($0)` : `${name}()`,
      rank: RANK.other,
    });
  }
  return offers;
}

export const argumentOffer = ({ name, type, required }: Parameter): Offer => ({
  label: name,
  kind: "attribute",
  detail: `${showType(type)}${required ? "" : ", has a default"}`,
  snippet: `${name} = $0`,
  rank: RANK.wanted,
});

/** Attributes to be set: those that must be, first. */
export function attributeOffers(members: Iterable<Member>, given: ReadonlySet<string>): Offer[] {
  return [...members].flatMap((member): Offer[] => {
    if (member.out || given.has(member.name) || member.deprecated !== undefined) return [];
    const { name, type, doc } = member;
    const inner = peel(type);
    return [
      {
        label: name,
        kind: "attribute",
        detail: `${showType(type)}${isRequired(member) ? ", required" : ""}`,
        doc,
        snippet: inner.is === "record" ? `${name} { $0 }` : `${name} = $0`,
        rank: isRequired(member) ? RANK.wanted : RANK.fits,
      },
    ];
  });
}

export function classOffers(declaration: ast.Declaration, view: View): readonly Offer[] {
  const kind = view.notes.thing(declaration)?.thing().kind;
  if (kind?.is !== "kind") return [];
  return [...kind.classes.values()]
    .filter(({ name }) => view.program.drivers.has(kind.name, name))
    .map(({ name, doc }) => ({
      label: name,
      kind: "class",
      detail: `${kind.name} of class ${name}`,
      doc,
      rank: 0,
    }));
}

export function typeOffers(scope: Scope, module: ast.Name | undefined): readonly Offer[] {
  const found = module && scope.find(module.text)?.binding;
  if (module) {
    if (found?.is !== "module") return [];
    return [...found.module.types.keys()].map((label) => ({ label, kind: "type", rank: 0 }));
  }
  return [
    ...[...BUILT_IN_TYPES.keys()].map((label): Offer => ({ label, kind: "type", rank: 1 })),
    ...scope.typeNames().map((label): Offer => ({ label, kind: "type", rank: 0 })),
  ];
}
