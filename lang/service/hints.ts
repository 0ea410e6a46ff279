// What is not written and true all the same: types that follow, addresses that the planner fills in. And
// where each thing of the lab is declared.

import type * as ast from "../syntax/ast.ts";
import { peel, settledType, showType, type Type } from "../types/type.ts";
import { valueText, type Values } from "./values.ts";
import type { View } from "./view.ts";

/** Put in at an offset, for the eye only. */
export interface Hint {
  readonly offset: number;
  readonly text: string;
  readonly kind: "type" | "value";
}

/** A declaration with the things that it came to. */
export interface DeclaredThings {
  readonly kind: string;
  readonly addresses: readonly string[];
  readonly span: ast.Span;
  /** Behind the head, before its block. */
  readonly headEnd: number;
}

/** Longer types are not shown beside a name. */
const TYPE_MAX = 40;
/** Instances of a family whose addresses are shown. */
const SHOWN_MAX = 2;
const ADDRESSES: ReadonlySet<string> = new Set(["ip", "cidr", "mac"]);

export function hintsIn(view: View, file: string, values: Values | undefined): readonly Hint[] {
  const hints: Hint[] = [];
  const items = (list: readonly (ast.Item | ast.Step)[]): void => {
    for (const item of list) {
      if (item.node === "let" || item.node === "param" || item.node === "output") typeHint(item);
      else if (item.node === "component") items(item.body);
      else if (item.node === "test") items(item.steps);
      else if (item.node === "declaration") {
        const text = values ? addressesText(item, values) : "";
        if (text !== "") hints.push({ offset: headEnd(view, item), text, kind: "value" });
        items(item.body);
      }
    }
  };
  const typeHint = (item: ast.Let | ast.Param | ast.Output): void => {
    const type = item.type || !item.value ? undefined : view.notes.expression(item.value)?.type;
    const text = type && typeText(type);
    if (text) hints.push({ offset: view.now(item.name.span).end, text: `: ${text}`, kind: "type" });
  };
  items(view.items(file));
  return hints;
}

function typeText(type: Type): string | undefined {
  const settled = settledType(type);
  if (settled.is === "error" || settled.is === "never") return undefined;
  const text = showType(settled);
  return text.length <= TYPE_MAX ? text : undefined;
}

const headEnd = (view: View, item: ast.Declaration): number => view.now(item.head).end;

/** Addresses that nobody wrote, of the first things of a declaration. */
function addressesText(item: ast.Declaration, values: Values): string {
  const things = values.thingsOf(item);
  const texts = things.slice(0, SHOWN_MAX).flatMap((thing) => {
    const known = values.attributes(thing);
    const filled = [...thing.table.members.values()].flatMap(({ name, type }) => {
      const inner = peel(type);
      const one = known.get(name);
      const isAddress = inner.is === "simple" && ADDRESSES.has(inner.name);
      return isAddress && one?.origin === "auto" ? [valueText(one.value)] : [];
    });
    return filled.length === 0 ? [] : [filled.join(" ")];
  });
  const more = things.length > SHOWN_MAX && texts.length > 0 ? ", ..." : "";
  return texts.join(", ") + more;
}

/** Every declaration of things in a file, outermost first. */
export function thingsDeclaredIn(
  view: View,
  file: string,
  values: Values | undefined,
): readonly DeclaredThings[] {
  const found: DeclaredThings[] = [];
  const step = (items: readonly ast.Item[]): void => {
    for (const item of items) {
      if (item.node === "component") step(item.body);
      if (item.node !== "declaration") continue;
      const addresses = (values?.thingsOf(item) ?? []).map(({ address }) => address);
      const span = view.now(item.span);
      found.push({ kind: item.kind.text, addresses, span, headEnd: headEnd(view, item) });
      step(item.body);
    }
  };
  step(view.items(file));
  return found;
}
