// VB5007: an order in `depends_on` that holds anyway, because the same thing is referred to.

import type { Diagnostic, Edit } from "../diagnostics.ts";
import { sameTree } from "../format/same-tree.ts";
import type * as ast from "../syntax/ast.ts";
import { walk } from "./walk.ts";
import { removal, warn } from "./warn.ts";

/** Attributes whose things order nothing, or that are looked at themselves. */
const ORDERLESS: ReadonlySet<string> = new Set(["depends_on", "links", "labels", "moved_from"]);

type List = Extract<ast.Expr, { readonly node: "list" }>;

export function impliedOrders(module: ast.Module, text: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  walk(module.items, (node) => {
    if (node.node === "declaration") found.push(...impliedIn(node as ast.Declaration, text));
  });
  return found;
}

function impliedIn(declaration: ast.Declaration, text: string): Diagnostic[] {
  const attributes = declaration.body.filter((item) => item.node === "attribute");
  const own = attributes.find(({ name }) => name.text === "depends_on");
  if (own?.value.node !== "list" || own.value.loop) return [];
  const list: List = own.value;
  const referred = thingsOf(declaration.body);
  const implied = list.items.flatMap((item) => {
    const same = referred.find((one) => !item.spread && sameTree(one, item.value));
    return same ? [{ item, same }] : [];
  });
  return implied.map(({ item, same }, i) => {
    const name = text.slice(item.span.start, item.span.end);
    // One fix takes all of them where all go; each its own otherwise.
    const all = implied.length === list.items.length;
    const edits: Edit[] = all ? (i === 0 ? [removal(text, own.span)] : []) : [removal(text, item.span)];
    return warn("VB5007", item.span, `Referring to \`${name}\` already puts this after it.`, {
      related: [{ span: same.span, message: "referred to here" }],
      ...(edits.length > 0 && { fix: { title: `Remove \`${all ? "depends_on" : name}\``, edits } }),
    });
  });
}

/** What attributes are set to, alone or in a list: of a thing and of the devices in it. */
function thingsOf(body: readonly ast.Item[]): ast.Expr[] {
  return body.flatMap((item): ast.Expr[] => {
    if (item.node === "declaration" && item.kind.text === "device" && !item.loop && !item.condition)
      return thingsOf(item.body);
    if (item.node !== "attribute" || ORDERLESS.has(item.name.text)) return [];
    return item.value.node === "list" ? item.value.items.map(({ value }) => value) : [item.value];
  });
}
