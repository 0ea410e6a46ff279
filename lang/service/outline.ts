// What a file declares, as a tree; and which lines of a text belong together. Of the tree alone: no names are
// looked up.

import type * as ast from "../syntax/ast.ts";
import { printExpression } from "../syntax/print-expression.ts";
import { Report } from "../syntax/report.ts";
import { lex } from "../syntax/lexer.ts";
import { isCloser, isOpener } from "../syntax/brackets.ts";
import type { View } from "./view.ts";

export type OutlineKind =
  | "module"
  | "param"
  | "let"
  | "function"
  | "enum"
  | "enum-member"
  | "type"
  | "field"
  | "kind"
  | "class"
  | "component"
  | "thing"
  | "output"
  | "test";

export interface Outlined {
  readonly name: string;
  readonly kind: OutlineKind;
  /** The kind of a thing, and its class. */
  readonly detail: string;
  readonly span: ast.Span;
  readonly nameSpan: ast.Span;
  readonly children: readonly Outlined[];
}

export const outlineOf = (view: View, file: string): readonly Outlined[] => outlined(view.items(file), view);

function outlined(items: readonly ast.Item[], view: View): Outlined[] {
  return items.flatMap((item): Outlined[] => {
    const found = outlinedItem(item, view);
    if (!found || found.name.text === "") return [];
    const { name, kind, detail = "", children = [] } = found;
    const [span, nameSpan] = [view.now(item.span), view.now(name.span)];
    return [{ name: name.text, kind, detail, children, span, nameSpan }];
  });
}

interface Found {
  readonly name: ast.Name;
  readonly kind: OutlineKind;
  readonly detail?: string;
  readonly children?: readonly Outlined[];
}

function outlinedItem(item: ast.Item, view: View): Found | undefined {
  switch (item.node) {
    case "import":
      return { name: item.as, kind: "module" };
    case "param":
    case "let":
    case "output":
      return { name: item.name, kind: item.node };
    case "fn":
      return { name: item.name, kind: "function" };
    case "enum": {
      const children = item.variants.map((one) => leaf(one, "enum-member", view));
      return { name: item.name, kind: "enum", children };
    }
    case "type":
    case "kind":
    case "class": {
      const fields = item.members.flatMap((one) => (one.node === "field" ? [leaf(one, "field", view)] : []));
      const detail = item.node === "class" ? item.kind.text : "";
      return { name: item.name, kind: item.node, detail, children: fields };
    }
    case "component":
      return { name: item.name, kind: "component", children: outlined(item.body, view) };
    case "declaration": {
      const kind = item.module ? `${item.module.text}.${item.kind.text}` : item.kind.text;
      const detail = item.class ? `${kind}: ${item.class.name.text}` : kind;
      return { name: item.name, kind: "thing", detail, children: outlined(item.body, view) };
    }
    case "test": {
      const text = printExpression(item.name).replace(/^"|"$/g, "");
      return { name: { text, span: item.name.span }, kind: "test" };
    }
    default:
      return undefined;
  }
}

const leaf = (
  { name, span }: { readonly name: ast.Name; readonly span: ast.Span },
  kind: OutlineKind,
  view: View,
): Outlined => ({
  name: name.text,
  kind,
  detail: "",
  span: view.now(span),
  nameSpan: view.now(name.span),
  children: [],
});

/** Offsets of what can be shown as its first line. */
export interface Fold {
  readonly start: number;
  readonly end: number;
  readonly kind: "block" | "comment";
}

/** Blocks, lists and comments of a text, whether it can be read as a whole or not. */
export function foldsIn(file: string, text: string): readonly Fold[] {
  const { tokens, comments } = lex(new Report(file, text));
  const folds: Fold[] = [];
  const open: number[] = [];
  for (const token of tokens) {
    if (isOpener(token)) open.push(token.startOffset);
    else if (isCloser(token)) {
      const start = open.pop();
      if (start !== undefined) folds.push({ start, end: token.startOffset, kind: "block" });
    }
  }
  let run: { start: number; end: number } | undefined;
  for (const { span } of comments) {
    const between = run && text.slice(run.end, span.start);
    if (run && between !== undefined && /^\r?\n[ \t]*$/.test(between)) run.end = span.end;
    else {
      if (run) folds.push({ ...run, kind: "comment" });
      run = { start: span.start, end: span.end };
    }
  }
  if (run) folds.push({ ...run, kind: "comment" });
  return folds.filter(({ start, end }) => text.slice(start, end).includes("\n"));
}
