// Changes by hand as edits of the root module's text: what the admin tree does to a running lab is what a
// person would write, checked as everything that is written. Pure; a change that can't be written is a
// sentence.

import { parseWritten } from "../eval/written.ts";
import { format } from "../format/index.ts";
import { parse } from "../syntax/index.ts";
import type { AttributeItem, Declaration, Expr, Item, RecordItem } from "../syntax/ast.ts";
import { bodyIn, bodyOf, cut, inserted, replaced, type Body } from "./surgery.ts";

/** Paths are addresses; values are written as in a file. */
export type HandChange =
  | { readonly do: "set"; readonly path: string; readonly value: string }
  /** `kind` is `bus` or `device:venet`; each attribute is `name=value`. */
  | {
      readonly do: "make";
      readonly path: string;
      readonly kind: string;
      readonly attributes: readonly string[];
    }
  | { readonly do: "link"; readonly path: string; readonly to: string }
  | { readonly do: "unlink"; readonly path: string }
  | { readonly do: "remove"; readonly path: string };

export type Edited = { readonly text: string } | { readonly problem: string };

/** Where devices are that are made and linked to no bus. The planner does not make what stands there. */
export const SHELF = "_unlinked";

const FAMILY = "is one of a family: its block is that of all of them, so change it in the file";

const quoted = (names: readonly string[]): string => `\`${names.join(".")}\``;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

class Unwritable extends Error {}

/**
 * The text with the change in it; laid out as everybody does where it was so before. What the change means is
 * not asked here: the answer may not check.
 */
export function editByHand(file: string, text: string, change: HandChange): Edited {
  const { module, diagnostics } = parse(file, text);
  if (diagnostics.length > 0) return { problem: "the file can't be read as it is" };
  const place = new Place(file, text, module.items);
  try {
    const edited = edit(place, change);
    return { text: isLaidOut(file, text) ? laidOut(file, edited) : edited };
  } catch (error) {
    if (error instanceof Unwritable) return { problem: error.message };
    throw error;
  }
}

function edit(place: Place, change: HandChange): string {
  switch (change.do) {
    case "set":
      return set(place, change.path, change.value);
    case "make":
      return make(place, change);
    case "link":
      return link(place, change.path, change.to);
    case "unlink":
      return unlink(place, change.path);
    case "remove":
      return place.without(place.declared(change.path)).text;
  }
}

function laidOut(file: string, text: string): string {
  const formatted = format(file, text);
  return "text" in formatted ? formatted.text : text;
}

const isLaidOut = (file: string, text: string): boolean => laidOut(file, text) === text;

/** A text and what is declared in it. */
class Place {
  readonly file: string;
  readonly text: string;
  readonly items: readonly Item[];

  constructor(file: string, text: string, items: readonly Item[]) {
    this.file = file;
    this.text = text;
    this.items = items;
  }

  /** The declaration with this address. */
  declared(path: string): Declaration {
    const { found, rest } = this.find(path);
    if (rest.length > 0) throw new Unwritable(`no block declares \`${path}\``);
    return found;
  }

  /** The declaration that the path begins with, and what follows. A device without a bus goes by its name. */
  find(path: string): { readonly found: Declaration; readonly rest: readonly string[] } {
    const names = path.split(".");
    const family = names.findIndex((name) => name.includes("["));
    let items = this.items;
    let found: Declaration | undefined;
    let count = 0;
    for (const name of names) {
      const plain = name.replace(/\[.*$/s, "");
      const next =
        blockIn(items, plain) ?? (count === 0 ? blockIn(this.shelf?.body ?? [], plain) : undefined);
      if (next === undefined) break;
      if (next.loop !== undefined) throw new Unwritable(`${quoted(names.slice(0, count + 1))} ${FAMILY}`);
      found = next;
      items = next.body;
      count++;
      // What a guest's own devices are on.
      if (next.kind.text === "guest" && names[count] === "bus" && names.length === count + 1) count++;
    }
    if (found === undefined || family !== -1)
      throw new Unwritable(`no block of ${baseName(this.file)} declares \`${path}\` alone`);
    return { found, rest: names.slice(count) };
  }

  get shelf(): Declaration | undefined {
    return blockIn(this.items, SHELF);
  }

  again(text: string): Place {
    return new Place(this.file, text, parse(this.file, text).module.items);
  }

  /** Without the declaration, and without a shelf that nothing stands on any more. */
  without(declaration: Declaration): { readonly text: string; readonly piece: string } {
    const { text, piece } = cut(this.text, declaration);
    const { shelf } = this.again(text);
    return shelf?.body.length === 0 ? { text: cut(text, shelf).text, piece } : { text, piece };
  }

  onShelf(piece: string): string {
    const { shelf, text } = this;
    if (shelf !== undefined) return inserted(text, bodyOf(shelf, text), piece, "end");
    return appended(text, `bus ${SHELF} {\n  ${piece.replaceAll("\n", "\n  ")}\n}`);
  }
}

const blockIn = (items: readonly Item[], name: string): Declaration | undefined =>
  items.find((item): item is Declaration => item.node === "declaration" && item.name.text === name);

const baseName = (file: string): string => file.slice(file.lastIndexOf("/") + 1);

const appended = (text: string, piece: string): string =>
  `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}\n${piece}\n`;

function make(place: Place, { kind, path, attributes }: HandChange & { do: "make" }): string {
  const [sort = "", className] = kind.split(":");
  const names = path.split(".");
  const name = names.pop() ?? "";
  if (![sort, className ?? sort, name].every((word) => NAME.test(word)))
    throw new Unwritable("it takes KIND or KIND:CLASS, and a name of letters, digits and `_`");
  const inside = names.length > 0 ? place.declared(names.join(".")) : undefined;
  const shelved = sort === "device" && inside === undefined;
  const beside = inside?.body ?? [...place.items, ...(place.shelf?.body ?? [])];
  if (blockIn(beside, name) !== undefined) throw new Unwritable(`there is a \`${path}\` already`);
  const values = attributes.map((attribute) => {
    const at = attribute.indexOf("=");
    const member = attribute.slice(0, at).trim();
    if (at < 1 || !NAME.test(member)) throw new Unwritable("an attribute is written as NAME=VALUE");
    return `${member} = ${valueText(attribute.slice(at + 1))}`;
  });
  const head = `${sort} ${name}${className === undefined ? "" : `: ${className}`}`;
  const piece = values.length === 0 ? `${head} { }` : `${head} { ${values.join(", ")} }`;
  if (shelved) return place.onShelf(piece);
  if (inside === undefined) return appended(place.text, piece);
  return inserted(place.text, bodyOf(inside, place.text), piece, "end");
}

function link(place: Place, path: string, to: string): string {
  const device = place.declared(path);
  if (!(place.shelf?.body ?? []).includes(device))
    throw new Unwritable(`\`${path}\` is no device without a bus: unlink it first`);
  const { text, piece } = place.without(device);
  const after = place.again(text);
  const bus = after.declared(to);
  if (blockIn(bus.body, device.name.text) !== undefined)
    throw new Unwritable(`\`${to}\` has a \`${device.name.text}\` already`);
  return inserted(text, bodyOf(bus, text), piece, "end");
}

function unlink(place: Place, path: string): string {
  const device = place.declared(path);
  if (device.kind.text !== "device") throw new Unwritable(`\`${path}\` is no device`);
  if ((place.shelf?.body ?? []).includes(device)) throw new Unwritable(`\`${path}\` is on no bus`);
  if (blockIn(place.shelf?.body ?? [], device.name.text) !== undefined)
    throw new Unwritable(`another \`${device.name.text}\` is without a bus`);
  const { text, piece } = place.without(device);
  return place.again(text).onShelf(piece);
}

function set(place: Place, path: string, value: string): string {
  const { found, rest } = place.find(path);
  if (rest.length === 0)
    throw new Unwritable(`\`${path}\` is a ${found.kind.text}: say which attribute of it`);
  if (!rest.every((name) => NAME.test(name))) throw new Unwritable(`\`${path}\` is no path of an attribute`);
  return setIn(place.text, bodyOf(found, place.text), rest, valueText(value));
}

function setIn(text: string, body: Body, path: readonly string[], value: string): string {
  const [name = "", ...rest] = path;
  const item = body.items.find(
    (one): one is AttributeItem | RecordItem =>
      (one.node === "attribute" || one.node === "record") && one.name.text === name,
  );
  if (item === undefined) return inserted(text, body, nested(path, value), "blocks");
  if (rest.length > 0 && item.node === "record")
    return setIn(
      text,
      bodyIn({ start: item.name.span.end, end: item.span.end }, item.body, text),
      rest,
      value,
    );
  if (rest.length > 0 && item.node === "attribute") return setField(text, item.value, rest, value);
  return item.node === "attribute"
    ? replaced(text, item.value.span, value)
    : replaced(text, item.span, `${name} = ${value}`);
}

/** `impair { loss = 1% }` for `impair.loss`. */
function nested([name = "", ...rest]: readonly string[], value: string): string {
  return rest.length === 0 ? `${name} = ${value}` : `${name} { ${nested(rest, value)} }`;
}

function setField(text: string, record: Expr, path: readonly string[], value: string): string {
  const [name, ...rest] = path;
  if (record.node === "object" && record.loop === undefined) {
    const entry = record.entries.find((one) => one.node === "entry" && one.key.text === name);
    if (entry?.node === "entry")
      return rest.length === 0
        ? replaced(text, entry.value.span, value)
        : setField(text, entry.value, rest, value);
    if (rest.length === 0) {
      const piece = record.entries.length === 0 ? ` ${name} = ${value} ` : ` ${name} = ${value},`;
      return replaced(text, { start: record.span.start + 1, end: record.span.start + 1 }, piece);
    }
  }
  throw new Unwritable(`\`${name}\` is a part of a value that is computed: set the whole`);
}

/** The expression as it was written, without what stands around it. */
function valueText(raw: string): string {
  const written = parseWritten(raw, "(value)", parse);
  if ("diagnostics" in written) {
    const [first] = written.diagnostics;
    throw new Unwritable(
      `\`${raw}\` is no value (${first?.message ?? ""}); write it as in a file, texts in quotes`,
    );
  }
  return raw.slice(written.expr.span.start, written.expr.span.end);
}
