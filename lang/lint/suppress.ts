// `// vbus-lint: off NAME, NAME`: which lints are not told of the item below it.

import type { Diagnostic } from "../diagnostics.ts";
import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import type { Comment } from "../syntax/comments.ts";
import { LINT_CODES } from "./codes.ts";
import { walk } from "./walk.ts";
import { warn } from "./warn.ts";

export interface Suppressions {
  readonly hides: (diagnostic: Diagnostic) => boolean;
  /** Comments that name no lint. */
  readonly diagnostics: readonly Diagnostic[];
}

const COMMENT = /^\/\/\s*vbus-lint\s*:\s*(.*)$/;

export function suppressions(module: ast.Module, comments: readonly Comment[]): Suppressions {
  const off: { readonly span: ast.Span; readonly codes: ReadonlySet<string> }[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const comment of comments) {
    const asked = COMMENT.exec(comment.text)?.[1]?.trim();
    if (comment.kind !== "line" || asked === undefined) continue;
    const span = itemBelow(module, comment.span.end);
    const { codes, unknown } = readNames(asked);
    if (unknown !== undefined || !span) diagnostics.push(badComment(comment, unknown));
    if (span) off.push({ span, codes });
  }
  const hides = ({ code, span }: Diagnostic): boolean =>
    off.some(
      (one) =>
        one.codes.has(code) &&
        one.span.file === span.file &&
        one.span.start <= span.start &&
        span.end <= one.span.end,
    );
  return { hides, diagnostics };
}

function readNames(asked: string): { readonly codes: ReadonlySet<string>; readonly unknown?: string } {
  const [, rest] = /^off\b(.*)$/.exec(asked) ?? [];
  if (rest === undefined) return { codes: new Set(), unknown: asked };
  const names = rest.split(/[\s,]+/).filter((name) => name !== "");
  if (names.length === 0) return { codes: new Set(LINT_CODES.map(({ code }) => code)) };
  const known = LINT_CODES.filter(({ code, name }) => names.includes(code) || names.includes(name));
  const unknown = names.find((name) => !LINT_CODES.some((page) => page.code === name || page.name === name));
  return { codes: new Set(known.map(({ code }) => code)), ...(unknown !== undefined && { unknown }) };
}

function badComment({ span, text }: Comment, unknown: string | undefined): Diagnostic {
  if (unknown === undefined) return warn("VB5008", span, "No item stands below this comment.");
  const names = LINT_CODES.map(({ name }) => name);
  const meant = nearest(unknown, names);
  const at = span.start + text.lastIndexOf(unknown);
  return warn("VB5008", span, `\`${unknown}\` is no lint.`, {
    hint: meant
      ? `Did you mean \`${meant}\`?`
      : `Say \`off\` and one of ${names.join(", ")}, or none for all.`,
    ...(meant !== undefined && {
      fix: {
        title: `Write \`${meant}\``,
        edits: [{ span: { file: span.file, start: at, end: at + unknown.length }, text: meant }],
      },
    }),
  });
}

/** The first item, member or step that begins below, the outermost of those that begin there. */
function itemBelow(module: ast.Module, offset: number): ast.Span | undefined {
  let best: ast.Span | undefined;
  walk(module.items, (node) => {
    if (node.node === undefined || node.span.start < offset) return;
    if (!best || node.span.start < best.start) best = node.span;
  });
  return best;
}
