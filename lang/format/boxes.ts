// Units between brackets with the comments around them: every comment that does not stand inside of a unit
// gets its place here.

import type { Comment } from "../syntax/comments.ts";
import { asWritten, commentText } from "./as-written.ts";
import type { Box, Doc, Leading, Row, Unit } from "./doc.ts";
import type { Range, Source } from "./source.ts";

/** What a unit is made of: its doc, and how it lines up with its neighbours. */
export interface Made {
  readonly doc: Doc;
  readonly aligned?: Unit["aligned"];
  readonly record?: string | undefined;
}

export interface Part extends Range {
  readonly make: () => Made;
}

/** How a pair of brackets is laid out. */
export interface Style {
  readonly pad: string;
  readonly empty: string;
  readonly commas: boolean;
  /** Broken for good where any line ends inside, or just where one ends behind the opening bracket. */
  readonly opensAt: "any line end" | "first line end";
  /** Units that were written on one line stay on one. */
  readonly rows: boolean;
}

export const BODY: Style = {
  pad: " ",
  empty: "{ }",
  commas: false,
  opensAt: "any line end",
  rows: false,
};
export const OBJECT: Style = { ...BODY, empty: "{}" };
export const LIST: Style = { pad: "", empty: "[]", commas: false, opensAt: "first line end", rows: true };
export const ARGUMENTS: Style = {
  pad: "",
  empty: "()",
  commas: true,
  opensAt: "first line end",
  rows: false,
};

/** The comments of one gap between units, by where they go. */
interface Gap {
  /** Behind what stands before, on its line. */
  readonly trailing: readonly Comment[];
  /** In the middle of a line, before and after the comma. */
  readonly after: readonly Comment[];
  readonly before: readonly Comment[];
  readonly own: readonly Leading[];
  /** An empty line before the unit that follows. */
  readonly blank: boolean;
}

const hasBlankLine = (text: string): boolean => /\n[ \t\r,]*\n/.test(text);

function readGap(source: Source, start: number, end: number): Gap {
  const comments = source.commentsIn(start, end);
  for (const comment of comments) source.placed.add(comment);
  if (comments.length === 0) {
    const blank = hasBlankLine(source.text.slice(start, end));
    return { trailing: [], after: [], before: [], own: [], blank };
  }
  if (source.isOneLine(start, end)) {
    let comma = start;
    for (const { span } of comments) {
      if (source.text.slice(comma, span.start).includes(",")) break;
      comma = span.end;
    }
    const after = comments.filter(({ span }) => span.end <= comma);
    return { trailing: [], after, before: comments.slice(after.length), own: [], blank: false };
  }
  let at = start;
  let first = 0;
  for (const { span, text } of comments) {
    if (!source.isOneLine(at, span.start) || text.includes("\n")) break;
    at = span.end;
    first++;
  }
  let last = comments.length;
  for (let next = end; last > first; last--) {
    const { kind, span } = comments[last - 1] as Comment;
    if (kind !== "block" || !source.isOneLine(span.start, next)) break;
    next = span.start;
  }
  const own = comments.slice(first, last).map((comment): Leading => {
    const blank = hasBlankLine(source.text.slice(at, comment.span.start));
    at = comment.span.end;
    return { blank, text: commentText(comment.span, source) };
  });
  const before = comments.slice(last);
  const blank = hasBlankLine(source.text.slice(at, before[0]?.span.start ?? end));
  return { trailing: comments.slice(0, first), after: [], before, own, blank };
}

const textOf = (comments: readonly Comment[]): string => comments.map(({ text }) => text.trimEnd()).join(" ");

/** Words that go on with the line before, where nothing like `=` follows them (grammar.md §3). */
const GOING_ON = new Set(["in", "for", "when", "where", "within", "as"]);

function makeUnit(part: Part, source: Source, before: readonly Comment[]): Unit {
  const made = part.make();
  const lost = source.commentsIn(part.start, part.end).filter((comment) => !source.placed.has(comment));
  for (const comment of lost) source.placed.add(comment);
  const [first, second] = source.wordsFrom(part.start);
  const { doc, aligned, record } = lost.length > 0 ? { doc: asWritten(part, source) } : (made as Made);
  return {
    doc,
    aligned,
    record,
    before: before.length === 0 ? "" : `${textOf(before)} `,
    after: "",
    goesOn: GOING_ON.has(first) && second !== "=" && second !== ":",
    flag: source.text.startsWith('"-', part.start),
  };
}

interface Filled {
  readonly rows: readonly Row[];
  readonly opening: string;
  readonly dangling: readonly Leading[];
}

/**
 * Rows of units between `start` and `end`, a unit a row. `bracket` says that one stands before `start`, whose
 * line may end with comments.
 */
export function fillRows(
  parts: readonly Part[],
  start: number,
  end: number,
  bracket: boolean,
  source: Source,
): Filled {
  const gaps = parts.map((part, i) => readGap(source, parts[i - 1]?.end ?? start, part.start));
  const lastEnd = parts.at(-1)?.end ?? start;
  const last = readGap(source, lastEnd, end);
  const closesOnLine = source.isOneLine(lastEnd, end);
  const rows = parts.map((part, i): Row => {
    const gap = gaps[i] as Gap;
    const next = gaps[i + 1];
    const unit = makeUnit(part, source, i === 0 ? [...gap.after, ...gap.before] : gap.before);
    const inline = next ? next.after : closesOnLine ? [...last.after, ...last.before] : [];
    return {
      units: [{ ...unit, after: inline.length === 0 ? "" : ` ${textOf(inline)}` }],
      leading: i === 0 && !bracket ? [...asLeading(gap.trailing), ...gap.own] : gap.own,
      blank: gap.blank,
      trailing: textOf((next ?? last).trailing),
    };
  });
  if (parts.length > 0) {
    const dangling = closesOnLine ? [] : [...last.own, ...asLeading(last.before)];
    return { rows, opening: bracket ? textOf((gaps[0] as Gap).trailing) : "", dangling };
  }
  const first = bracket ? [] : asLeading(last.trailing);
  const dangling = [...first, ...asLeading(last.after), ...last.own, ...asLeading(last.before)];
  return { rows, opening: bracket ? textOf(last.trailing) : "", dangling };
}

const asLeading = (comments: readonly Comment[]): Leading[] =>
  comments.map(({ text }) => ({ blank: false, text: () => text.trimEnd() }));

/** The box of the brackets at `open` and `close`. */
export function makeBox(
  open: number,
  close: number,
  parts: readonly Part[],
  style: Style,
  source: Source,
): Box {
  const { rows, opening, dangling } = fillRows(parts, open + 1, close, true, source);
  const kept = source.isOneLine(open, close);
  const first = parts[0]?.start ?? close;
  const asked = style.opensAt === "any line end" ? !kept : !source.isOneLine(open, first);
  const commented =
    opening !== "" ||
    dangling.length > 0 ||
    rows.some(({ leading, trailing }) => leading.length > 0 || trailing !== "");
  return {
    is: "box",
    open: source.text.charAt(open),
    close: source.text.charAt(close),
    pad: style.pad,
    empty: style.empty,
    rows: !style.rows ? rows : asked ? joinRows(rows, parts, source) : pairFlags(rows),
    commas: style.commas,
    forced: commented || (asked && rows.length > 0),
    kept,
    opening,
    dangling,
  };
}

/** Units that stand on one line become one row. */
function joinRows(rows: readonly Row[], parts: readonly Part[], source: Source): Row[] {
  const joined: Row[] = [];
  for (const [i, row] of rows.entries()) {
    const last = joined.at(-1);
    const part = parts[i] as Part;
    const same = i > 0 && source.isOneLine(parts[i - 1]?.start ?? 0, part.end);
    if (last && same && last.trailing === "" && row.leading.length === 0)
      joined[joined.length - 1] = { ...last, units: [...last.units, ...row.units], trailing: row.trailing };
    else joined.push(row);
  }
  return joined;
}

/** A `"--flag"` and its value become one row. */
function pairFlags(rows: readonly Row[]): Row[] {
  const paired: Row[] = [];
  let open = false;
  for (const row of rows) {
    const last = paired.at(-1);
    const [unit] = row.units;
    const joins: boolean = open && row.leading.length === 0 && !row.blank && unit?.flag === false;
    if (joins && last) {
      paired[paired.length - 1] = { ...last, units: [...last.units, ...row.units], trailing: row.trailing };
    } else paired.push(row);
    open = !joins && unit?.flag === true && row.trailing === "";
  }
  return paired;
}
