// What may stand at a place: names, attributes, kinds, classes, members of enums, units, files. Asks the
// parser what a word would be there, and the checker's notes which type is expected.

import type * as ast from "../syntax/ast.ts";
import type { Parameter } from "../types/declared.ts";
import type { ExpressionNote } from "../types/notes.ts";
import { peel, type Type } from "../types/type.ts";
import { unitsOf } from "./describe.ts";
import { parametersOf } from "./expression-names.ts";
import { itemOffers } from "./item-offers.ts";
import { marksAt, MARKER, partsOf, type Marked } from "./marked.ts";
import {
  argumentOffer,
  attributeOffers,
  classOffers,
  memberOffers,
  nameOffers,
  typeOffers,
} from "./offers.ts";
import { pathTo, type Located } from "./path.ts";
import type { View } from "./view.ts";

export type OfferKind =
  | "attribute"
  | "kind"
  | "class"
  | "type"
  | "enum-member"
  | "value"
  | "thing"
  | "function"
  | "module"
  | "live"
  | "action"
  | "unit"
  | "keyword"
  | "file"
  | "folder";

/** One thing that may stand there. */
export interface Offer {
  readonly label: string;
  readonly kind: OfferKind;
  /** Its type, or another short word about it. */
  readonly detail?: string;
  readonly doc?: string;
  /** What is put in where it is not the label; `$1` and `$0` are places to go on, as in LSP's snippets. */
  readonly snippet?: string;
  /** Lower comes first. */
  readonly rank: number;
}

export interface Offers {
  /** What an offer takes the place of. */
  readonly start: number;
  readonly end: number;
  readonly offers: readonly Offer[];
}

/**
 * Names in a folder as a `.vbus` file would say it; folders end with `/`. Answers nothing where there is
 * none.
 */
export type ListFolder = (file: string, folder: string) => readonly string[];

const isWordCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;

/** What may come at this offset of the text as it is now. */
export function offersAt(view: View, file: string, offset: number, list: ListFolder): Offers | undefined {
  const text = view.text(file);
  let [start, end] = [offset, offset];
  while (start > 0 && isWordCode(text.charCodeAt(start - 1))) start--;
  while (isWordCode(text.charCodeAt(end))) end++;
  const first = text.charCodeAt(start);
  if (start < offset && first >= 48 && first <= 57) return unitOffers(view, file, offset);
  const isCallee = /^\s*\(/.test(text.slice(end, end + 8));
  for (const marked of marksAt(view, file, start, end)) {
    const last = marked.path.at(-1) as Located;
    if (last.node === "string")
      return pathOffers(marked, last as ast.Expr, { file, start, offset, end }, list);
    const offers = offersOf(marked, text.slice(end), file).map((offer) =>
      isCallee && offer.kind === "function" ? { ...offer, snippet: offer.label } : offer,
    );
    if (offers.length > 0) return { start, end, offers };
  }
  return undefined;
}

function offersOf(marked: Marked, rest: string, file: string): readonly Offer[] {
  const { path, view } = marked;
  const [parent, node] = [path.at(-2) as Located, path.at(-1) as Located];
  if (node.node === "reference") return valueOffers(node as ast.Expr, path, view);
  switch (parent?.node) {
    case "member": {
      const expr = parent as ast.Expr & { node: "member" };
      return memberOffers(
        expr,
        view.notes,
        path.some(({ node: is }) => is === "do"),
      );
    }
    case "named-type": {
      const scope = view.notes.typeScope(parent as ast.Type) ?? view.scopeOf(file);
      return typeOffers(scope, (parent as ast.Type & { node: "named-type" }).module);
    }
    case "declaration": {
      const declaration = parent as ast.Declaration;
      if (declaration.class?.name.text === MARKER) return classOffers(declaration, view);
      if (declaration.kind.text === MARKER) return itemOffers(marked, rest, file);
      return [];
    }
    case "attribute":
    case "record":
      return itemOffers(marked, rest, file);
    case "entry":
    case "shorthand":
      return entryOffers(path, view);
    default:
      return parent && "value" in parent && "name" in parent ? argumentNames(path, view) : [];
  }
}

/** A bare name where a value may stand. */
function valueOffers(expr: ast.Expr, path: readonly Located[], view: View): readonly Offer[] {
  const note = view.notes.expression(expr);
  if (!note) return [];
  return [...argumentNames(path, view), ...nameOffers(note.context.scope, note.expected)];
}

/** Parameters that are not given yet, where the cursor begins an argument. */
function argumentNames(path: readonly Located[], view: View): readonly Offer[] {
  const call = path.findLast((one) => one.node === "call") as (ast.Expr & { node: "call" }) | undefined;
  if (!call) return [];
  const own = call.arguments.find(
    ({ name, value }) => name?.text === MARKER || (value.node === "reference" && value.name === MARKER),
  );
  if (!own) return [];
  const given = new Set(call.arguments.flatMap(({ name }) => (name ? [name.text] : [])));
  return parametersOf(call, view.notes)
    .filter(({ name }: Parameter) => !given.has(name))
    .map(argumentOffer);
}

/** Inside `{ }` of a value: the fields that are expected, or names to be put in. */
function entryOffers(path: readonly Located[], view: View): readonly Offer[] {
  const object = path.findLast((one) => one.node === "object") as (ast.Expr & { node: "object" }) | undefined;
  const note = object && view.notes.expression(object);
  if (!object || !note) return [];
  const given = new Set(
    object.entries.flatMap((entry) =>
      entry.node === "entry" ? [entry.key.text] : entry.node === "shorthand" ? [entry.name.text] : [],
    ),
  );
  const fields = fieldOffers(note, given);
  return fields.length > 0 ? fields : nameOffers(note.context.scope, undefined);
}

function fieldOffers({ expected }: ExpressionNote, given: ReadonlySet<string>): Offer[] {
  const type = expected && peel(expected);
  if (type?.is === "record") return attributeOffers(type.info.members.values(), given);
  if (type?.is !== "shape") return [];
  return [...type.fields]
    .filter(([name]) => !given.has(name))
    .map(([name]) => ({ label: name, kind: "attribute", snippet: `${name} = $0`, rank: 0 }));
}

/** The units of what is expected where a number is being written. */
function unitOffers(view: View, file: string, offset: number): Offers | undefined {
  const expr = pathTo(view, file, offset).at(-1) as ast.Expr | undefined;
  if (expr?.node !== "number" || expr.hex) return undefined;
  const wanted = wantedQuantity(view.notes.expression(expr)?.expected);
  if (!wanted) return undefined;
  const { start, end } = view.now(expr.span);
  const digits = /^[0-9_.]*/.exec(expr.text)?.[0] ?? "";
  if (offset < start + digits.length) return undefined;
  const offers = unitsOf(wanted).map((unit, rank): Offer => ({
    label: `${digits}${unit}`,
    kind: "unit",
    detail: wanted,
    rank,
  }));
  return { start, end, offers };
}

function wantedQuantity(expected: Type | undefined): string | undefined {
  const type = expected && peel(expected);
  const inner = type?.is === "range" ? type.of : type;
  return inner?.is === "quantity" ? inner.dimension : undefined;
}

/** Files, inside the quotes of a path or an import; members of a union of texts. */
function pathOffers(
  { view, path }: Marked,
  expr: ast.Expr,
  at: { readonly file: string; readonly start: number; readonly offset: number; readonly end: number },
  list: ListFolder,
): Offers | undefined {
  const [written = ""] = partsOf(expr);
  const before = written.slice(0, written.indexOf(MARKER));
  const isImport = path.at(-2)?.node === "import";
  const expected = view.notes.expression(expr)?.expected;
  const type = expected && peel(expected);
  if (type?.is === "union") {
    const texts = type.members.flatMap((member) => (member.is === "literal" ? [member.text] : []));
    return { ...at, offers: texts.map((label, rank): Offer => ({ label, kind: "enum-member", rank })) };
  }
  const isPath = type?.is === "simple" && (type.name === "path" || type.name === "target");
  if (!isImport && !isPath) return undefined;
  const folder = before.slice(0, before.lastIndexOf("/") + 1);
  const names = before === "" ? ["std:", ...list(at.file, "")] : list(at.file, folder || before);
  const offers = names
    .filter(
      (name) =>
        !isImport ||
        name.endsWith("/") ||
        name.endsWith(".vbus") ||
        name.startsWith("std:") ||
        before.startsWith("std:"),
    )
    .map((label): Offer => ({ label, kind: label.endsWith("/") ? "folder" : "file", rank: 0 }));
  return { start: at.start, end: at.end, offers };
}
