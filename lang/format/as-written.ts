// Pieces that keep the lines that they were written on; only their indentation changes. For `"""` strings,
// and for what has comments where the layouts have no place for one.

import type { Doc } from "./doc.ts";
import type { Range, Source } from "./source.ts";

const STEP = 2;
const leadingColumns = (line: string): number => line.length - line.trimStart().length;
const spaces = (count: number): string => " ".repeat(count);

/** The text of a range as it is; its later lines move with its first. */
export function asWritten(range: Range, source: Source): Doc {
  if (source.isOneLine(range.start, range.end)) return source.slice(range).trimEnd();
  const base = source.indentationAt(range.start);
  return { is: "lines", at: (indent) => moved(range, source, base, indent) };
}

function moved(range: Range, source: Source, base: number, indent: number): string {
  const blocks = source.blocksIn(range);
  const out: string[] = [];
  let at = range.start;
  for (const line of source.slice(range).split("\n")) {
    const end = at + line.length;
    const inside = blocks.find((block) => block.start < at && at < block.end);
    // A `"""` string moves as its last line does.
    const from = inside ? lastLineOf(inside, source) : at;
    const shown = from === at ? line : source.text.slice(from, inside?.end);
    const old = leadingColumns(shown);
    const next = indent + Math.max(/^\s*[\])}]/.test(shown) ? 0 : STEP, old - base);
    const goesOn = blocks.some((block) => block.start < end && end < block.end);
    const text = line.replace(/\r$/, "");
    if (at === range.start) out.push(goesOn ? text : text.trimEnd());
    else if (inside) out.push(shiftBlockLine(text, shown.slice(0, old), next));
    else if (text.trim() === "") out.push(...(out.at(-1) === "" ? [] : [""]));
    else out.push(spaces(next) + (goesOn ? text.trimStart() : text.trim()));
    at = end + 1;
  }
  return out.join("\n");
}

const lastLineOf = (block: Range, source: Source): number => source.text.lastIndexOf("\n", block.end - 1) + 1;

/** Lines of a `"""` string begin with the indentation of its last; an interpolation's own lines may not. */
function shiftBlockLine(line: string, indentation: string, columns: number): string {
  if (line.startsWith(indentation)) return spaces(columns) + line.slice(indentation.length);
  return line.trim() === "" ? "" : line;
}

/** A `"""` string, its text a step further in than the line that it begins on. */
export function blockString(range: Range, source: Source): Doc {
  const lines = source.slice(range).split(/\r?\n/);
  const last = lines.at(-1) ?? "";
  const indentation = last.slice(0, leadingColumns(last));
  return {
    is: "lines",
    at: (indent) =>
      lines
        .map((line, i) => (i === 0 ? line.trimEnd() : shiftBlockLine(line, indentation, indent + STEP)))
        .join("\n"),
  };
}

/** A block comment; its later lines move with its first. */
export function commentText(range: Range, source: Source): (indent: number) => string {
  const text = source.slice(range).trimEnd();
  if (!text.includes("\n")) return () => text;
  const column = range.start - (source.text.lastIndexOf("\n", range.start - 1) + 1);
  return (indent) =>
    text
      .split(/\r?\n/)
      .map((line, i) => {
        if (i === 0) return line.trimEnd();
        if (line.trim() === "") return "";
        return spaces(indent + Math.max(0, leadingColumns(line) - column)) + line.trim();
      })
      .join("\n");
}
