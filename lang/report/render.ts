// Diagnostics as text for people: message, place, code frame, values, labels, hint. Reads no files: texts are
// given.

import type { Diagnostic, ShownValue } from "../diagnostics.ts";
import type { Span } from "../syntax/ast.ts";
import { drawFrame, type Mark } from "./frame.ts";
import { paintFor, type Paint } from "./paint.ts";
import { LineIndex } from "./position.ts";

export interface RenderOptions {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

const DIAGNOSTICS_MAX = 50;

/**
 * All of them, an empty line between two; and how many there are, where there are several. Empty for none.
 */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  options: RenderOptions,
): string {
  const paint = paintFor(options.colour);
  const indexes = new Map<string, LineIndex>();
  const indexOf = (file: string): LineIndex => {
    const index = indexes.get(file) ?? new LineIndex(sources.get(file) ?? "");
    indexes.set(file, index);
    return index;
  };
  const sheet: Sheet = { sources, indexOf, width: options.width, paint };
  const shown = diagnostics.slice(0, DIAGNOSTICS_MAX).map((diagnostic) => renderOne(diagnostic, sheet));
  const rest = diagnostics.length - shown.length;
  if (rest > 0) shown.push(`... and ${rest} more.\n`);
  return shown.join("\n");
}

/** What every frame of one rendering is drawn with. */
interface Sheet {
  readonly sources: ReadonlyMap<string, string>;
  readonly indexOf: (file: string) => LineIndex;
  readonly width: number;
  readonly paint: Paint;
}

function renderOne(diagnostic: Diagnostic, sheet: Sheet): string {
  const { sources, indexOf, paint } = sheet;
  const sign = diagnostic.severity === "error" ? paint.error : paint.warning;
  const lines = [
    paint.strong(sign(`${diagnostic.severity}[${diagnostic.code}]`)) +
      paint.strong(`: ${diagnostic.message}`),
  ];
  const related = diagnostic.related ?? [];
  const spans = [diagnostic.span, ...related.map((other) => other.span)];
  const numbers = spans.map((span) =>
    sources.has(span.file) ? indexOf(span.file).position(span.end).line : 0,
  );
  const gutter = Math.max(2, ...numbers.map((number) => String(number).length));
  const values = diagnostic.values ?? [];
  const own = valuesFor(diagnostic.span, values);
  lines.push(...drawPlace({ span: diagnostic.span, label: "", primary: true, values: own }, gutter, sheet));
  for (const other of related) {
    const labelled = valuesFor(
      other.span,
      values.filter((value) => !own.includes(value)),
    );
    lines.push(
      ...drawPlace(
        { span: other.span, label: other.message, primary: false, values: labelled },
        gutter,
        sheet,
      ),
    );
  }
  if (diagnostic.hint)
    lines.push(`${" ".repeat(gutter)} ${paint.dim("=")} ${paint.note("hint")}: ${diagnostic.hint}`);
  return `${lines.join("\n")}\n`;
}

const valuesFor = (span: Span, values: readonly ShownValue[]): ShownValue[] =>
  values.filter(
    (value) => value.span.file === span.file && value.span.start >= span.start && value.span.end <= span.end,
  );

function drawPlace(mark: Mark, gutter: number, { sources, indexOf, width, paint }: Sheet): string[] {
  const { span, primary } = mark;
  const corner = `${" ".repeat(gutter)} ${paint.dim(primary ? "┌─" : "├─")}`;
  // A file that can't be read has no lines to show.
  if (!sources.has(span.file)) return span.file === "" ? [] : [`${corner} ${span.file}`];
  const index = indexOf(span.file);
  const { line, column } = index.position(span.start);
  return [`${corner} ${span.file}:${line}:${column}`, ...drawFrame(mark, index, gutter, width, paint)];
}
