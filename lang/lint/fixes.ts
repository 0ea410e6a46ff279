// Fixes of diagnostics put into texts. Writes no file: the caller does.

import type { Diagnostic, Edit, Fix } from "../diagnostics.ts";

export interface FixedFile {
  readonly file: string;
  readonly text: string;
  /** What was done, in the order of the text. */
  readonly applied: readonly { readonly title: string; readonly at: number; readonly code: string }[];
}

/**
 * Applies every fix that overlaps none before it, whole or not at all. Files of the standard library are left
 * alone, and so is a fix that would touch one. Files without a change are not answered.
 */
export function applyFixes(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): FixedFile[] {
  const taken = new Map<string, Edit[]>();
  const applied = new Map<string, { title: string; at: number; code: string }[]>();
  for (const { fix, code, span } of diagnostics) {
    if (!fix || !isApplicable(fix, taken, sources)) continue;
    for (const edit of fix.edits) taken.set(edit.span.file, [...(taken.get(edit.span.file) ?? []), edit]);
    const file = fix.edits[0]?.span.file ?? span.file;
    applied.set(file, [...(applied.get(file) ?? []), { title: fix.title, at: span.start, code }]);
  }
  return [...taken].flatMap(([file, edits]) => {
    const before = sources.get(file) ?? "";
    const text = edited(before, edits);
    return text === before ? [] : [{ file, text, applied: applied.get(file) ?? [] }];
  });
}

function isApplicable(
  fix: Fix,
  taken: ReadonlyMap<string, readonly Edit[]>,
  sources: ReadonlyMap<string, string>,
): boolean {
  if (fix.edits.length === 0) return false;
  return fix.edits.every(({ span }) => {
    if (span.file.startsWith("std:") || !sources.has(span.file)) return false;
    return !(taken.get(span.file) ?? []).some((other) => overlap(span, other.span));
  });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What is put in where something else begins or ends overlaps it too: their order would be a guess. */
function overlap(a: Range, b: Range): boolean {
  const touches = a.start <= b.end && b.start <= a.end;
  if (a.start === a.end || b.start === b.end) return touches;
  return a.start < b.end && b.start < a.end;
}

function edited(text: string, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const { span, text: put } of edits.toSorted((a, b) => a.span.start - b.span.start)) {
    out += text.slice(at, span.start) + put;
    at = span.end;
  }
  return out + text.slice(at);
}
