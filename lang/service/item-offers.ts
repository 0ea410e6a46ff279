// Offers where an item begins: attributes and kinds that the block takes, and the words that begin items.

import type * as ast from "../syntax/ast.ts";
import type { RecordInfo } from "../types/declared.ts";
import type { Scope } from "../types/scope.ts";
import { peel, type ThingType, type Type } from "../types/type.ts";
import type { Offer } from "./completion.ts";
import type { Marked } from "./marked.ts";
import { MARKER } from "./marked.ts";
import { attributeOffers } from "./offers.ts";
import type { Located } from "./path.ts";
import type { View } from "./view.ts";

const WORDS = {
  module: {
    import: 'import "$1" as $0',
    param: "param $1: $0",
    let: "let $1 = $0",
    fn: "fn $1($2): $3 = $0",
    enum: "enum $1 { $0 }",
    type: "type $1 { $0 }",
    component: "component $1($2) {\n  $0\n}",
    assert: 'assert $1, "$0"',
    output: "output $1 = $0",
    test: 'test "$1" {\n  $0\n}',
  },
  component: {
    let: "let $1 = $0",
    fn: "fn $1($2): $3 = $0",
    enum: "enum $1 { $0 }",
    type: "type $1 { $0 }",
    assert: 'assert $1, "$0"',
    output: "output $1 = $0",
  },
  thing: { let: "let $1 = $0", assert: 'assert $1, "$0"' },
  test: {
    expect: "expect $1 within ${2:5s}",
    always: "always $1 for ${2:200ms}",
    do: "do { $0 }",
    param: "param $1 = $0",
    let: "let $1 = $0",
    timeout: "timeout = $0",
    seed: "seed = $0",
  },
} as const;

/** `rest` is the text behind the cursor: a name or a value that is there already is not written again. */
export function itemOffers({ path, view }: Marked, rest: string, file: string): readonly Offer[] {
  const own = path.findLastIndex(
    ({ node }) => node === "attribute" || node === "record" || node === "declaration",
  );
  const block = path[own - 1];
  const goesOn = /^[ \t]*[={]/.test(rest);
  const isHead = /^[ \t]+[A-Za-z_]/.test(rest);
  const syntax = path[own] as Located;
  const offers = offersIn(path.slice(0, own), block, syntax, view, file);
  const wanted = isHead ? offers.filter(({ kind }) => kind === "kind") : offers;
  return goesOn || isHead ? wanted.map((offer) => ({ ...offer, snippet: offer.label })) : wanted;
}

function offersIn(
  around: readonly Located[],
  block: Located | undefined,
  syntax: Located,
  view: View,
  file: string,
): readonly Offer[] {
  const module = "module" in syntax ? (syntax.module as ast.Name | undefined) : undefined;
  if (module) return importedKinds(view.scopeOf(file), module);
  switch (block?.node) {
    case undefined: {
      const scope = view.scopeOf(file);
      return [...kindOffers(scope, (kind) => view.program.holdersOf(kind).length === 0), ...words("module")];
    }
    case "component": {
      const scope = view.scopeOf(file);
      return [
        ...kindOffers(scope, (kind) => view.program.holdersOf(kind).length === 0),
        ...words("component"),
      ];
    }
    case "declaration":
      return thingOffers(block as ast.Declaration, view, file);
    case "record":
    case "timed":
      return recordOffers(around, view);
    case "test":
      return words("test");
    default:
      return [];
  }
}

const words = (where: keyof typeof WORDS): Offer[] =>
  Object.entries(WORDS[where]).map(([label, snippet]) => ({ label, kind: "keyword", snippet, rank: 2 }));

function kindOffers(scope: Scope, mayStand: (kind: string) => boolean): Offer[] {
  return scope.typeNames().flatMap((name): Offer[] => {
    const found = scope.findType(name);
    if (found?.is === "component") {
      const { doc } = found.info;
      return [{ label: name, kind: "kind", detail: "component", doc, snippet: `${name} $1 { $0 }`, rank: 1 }];
    }
    if (found?.is !== "kind" || name === "resource" || !mayStand(name)) return [];
    return [kindOffer(name, found.info.doc, found.info.classes.size > 0)];
  });
}

const kindOffer = (name: string, doc: string, hasClasses: boolean): Offer => ({
  label: name,
  kind: "kind",
  doc,
  snippet: hasClasses ? `${name} $1: $2 { $0 }` : `${name} $1 { $0 }`,
  rank: 1,
});

function importedKinds(scope: Scope, module: ast.Name): Offer[] {
  const found = scope.find(module.text)?.binding;
  if (found?.is !== "module") return [];
  return [...found.module.types].flatMap(([label, binding]): Offer[] =>
    binding.is === "component" && !label.startsWith("_")
      ? [
          {
            label,
            kind: "kind",
            detail: "component",
            doc: binding.info.doc,
            snippet: `${label} $1 { $0 }`,
            rank: 0,
          },
        ]
      : [],
  );
}

function thingOffers(block: ast.Declaration, view: View, file: string): readonly Offer[] {
  const thing = view.notes.thing(block)?.thing();
  if (!thing) return [];
  const attributes = attributeOffers(settable(thing), givenIn(block.body));
  if (thing.kind.is === "component") return attributes;
  const { holds } = thing.class?.table ?? thing.kind.table;
  return [
    ...attributes,
    ...kindOffers(view.scopeOf(file), (kind) => holds.has(kind)).filter(isKind),
    ...words("thing"),
  ];
}

const isKind = ({ detail }: Offer): boolean => detail !== "component";

const settable = (thing: ThingType) => (thing.class?.table ?? thing.kind.table).members.values();

function givenIn(body: readonly ast.Item[]): ReadonlySet<string> {
  return new Set(
    body.flatMap((item) =>
      (item.node === "attribute" || item.node === "record") && item.name.text !== MARKER
        ? [item.name.text]
        : [],
    ),
  );
}

/** Fields of the record that a block fills: from the thing inwards, block by block. */
function recordOffers(around: readonly Located[], view: View): readonly Offer[] {
  const declaration = around.findLast(({ node }) => node === "declaration") as ast.Declaration | undefined;
  const thing = declaration && view.notes.thing(declaration)?.thing();
  if (!declaration || !thing) return [];
  const inside = around.slice(around.indexOf(declaration) + 1) as ast.Item[];
  let type: Type | undefined;
  let info: RecordInfo | undefined;
  for (const item of inside) {
    if (item.node !== "record") continue;
    const members = info ? info.members : (thing.class?.table ?? thing.kind.table).members;
    type = members.get(item.name.text)?.type;
    const inner = type && peel(type);
    info = inner?.is === "record" ? inner.info : undefined;
  }
  const block = inside.at(-1);
  if (!info || (block?.node !== "record" && block?.node !== "timed")) return [];
  const fields = attributeOffers(info.members.values(), givenIn(block.body));
  const timed: Offer = {
    label: "at",
    kind: "keyword",
    detail: "for a while only",
    snippet: "at ${1:10s} for ${2:500ms} { $0 }",
    rank: 2,
  };
  return info.timed && block.node === "record" ? [...fields, timed] : fields;
}
