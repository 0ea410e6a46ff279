// Layouts as data: what may stand on one line, and where it may break. Knows nothing of the language.

/** How wide a line becomes where the formatter chooses; tabs count as one column. */
export const WIDTH = 100;
/** How wide a line may be that was written as one line: it is left alone up to here. */
export const KEPT_WIDTH = 125;

/** A comment on lines of its own above a row. */
export interface Leading {
  readonly blank: boolean;
  readonly text: (indent: number) => string;
}

/** One element of a box. `aligned` is there for `name = value`, whose doc is then made from it. */
export interface Unit {
  readonly doc: Doc;
  readonly aligned?: { readonly name: string; readonly value: Doc } | undefined;
  /** The name of a `NAME { }`, which stands in the same column as the names around it. */
  readonly record?: string | undefined;
  /** Block comments on the same line, before and after. */
  readonly before: string;
  readonly after: string;
  /** Its first words could be read as the rest of the line before: a comma must stand between. */
  readonly goesOn: boolean;
  /** The text of the `"--flag"` that it is, which stays beside its value. */
  readonly flag: boolean;
}

/** What stands on one line of a broken box. */
export interface Row {
  readonly units: readonly Unit[];
  readonly leading: readonly Leading[];
  /** An empty line stands before it. */
  readonly blank: boolean;
  readonly trailing: string;
}

/** Brackets around rows: all on one line with commas, or a row a line. */
export interface Box {
  readonly is: "box";
  readonly open: string;
  readonly close: string;
  /** Stands inside the brackets of one line. */
  readonly pad: string;
  readonly empty: string;
  readonly rows: readonly Row[];
  /** Broken rows end with commas. */
  readonly commas: boolean;
  readonly forced: boolean;
  readonly kept: boolean;
  /** Comments behind the opening bracket, and on lines of their own before the closing one. */
  readonly opening: string;
  readonly dangling: readonly Leading[];
}

export type Doc =
  | string
  | readonly Doc[]
  /** Several lines as they are; gets the indentation of the line that they begin on. */
  | { readonly is: "lines"; readonly at: (indent: number) => string }
  | { readonly is: "line"; readonly flat: string }
  | { readonly is: "indent"; readonly of: Doc }
  | { readonly is: "group"; readonly of: Doc; readonly kept: boolean; readonly forced: boolean }
  | Box;

export const indent = (of: Doc): Doc => ({ is: "indent", of });
export const LINE: Doc = { is: "line", flat: " " };
export const SOFT: Doc = { is: "line", flat: "" };
/** Breaks all of its lines, or none. `kept` says that it was written on one line. */
export const group = (of: Doc, kept: boolean, forced = false): Doc => ({ is: "group", of, kept, forced });

const isList = (doc: Doc): doc is readonly Doc[] => Array.isArray(doc);

/** Columns of a text without line ends. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const _ of text) columns++;
  return columns;
}

const widths = new WeakMap<object, number>();

/** Columns that a doc takes on one line; infinite where it can't stand on one. */
export function flatWidth(doc: Doc): number {
  if (typeof doc === "string") return columnsOf(doc);
  const known = widths.get(doc);
  if (known !== undefined) return known;
  const width = measure(doc);
  widths.set(doc, width);
  return width;
}

function measure(doc: Exclude<Doc, string>): number {
  if (isList(doc)) return doc.reduce((sum: number, part) => sum + flatWidth(part), 0);
  switch (doc.is) {
    case "lines":
      return Infinity;
    case "line":
      return doc.flat.length;
    case "indent":
      return flatWidth(doc.of);
    case "group":
      return doc.forced ? Infinity : flatWidth(doc.of);
    case "box":
      return boxWidth(doc);
  }
}

function boxWidth(box: Box): number {
  if (box.forced) return Infinity;
  if (box.rows.length === 0) return box.empty.length;
  let width = box.open.length + box.close.length + 2 * box.pad.length - 2;
  for (const { units } of box.rows) {
    for (const { doc, before, after } of units)
      width += 2 + columnsOf(before) + flatWidth(doc) + columnsOf(after);
  }
  return width;
}

/** A doc on one line. Only for docs whose `flatWidth` is finite. */
export function flatText(doc: Doc): string {
  if (typeof doc === "string") return doc;
  if (isList(doc)) return doc.map(flatText).join("");
  switch (doc.is) {
    case "lines":
      throw new Error("several lines on one line");
    case "line":
      return doc.flat;
    case "indent":
    case "group":
      return flatText(doc.of);
    case "box": {
      if (doc.rows.length === 0) return doc.empty;
      const units = doc.rows.flatMap((row) => row.units.map(unitText));
      return doc.open + doc.pad + units.join(", ") + doc.pad + doc.close;
    }
  }
}

export const unitText = ({ doc, before, after }: Unit): string => before + flatText(doc) + after;
