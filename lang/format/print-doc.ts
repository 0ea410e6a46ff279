// Docs to text: a group that fits stays on its line, one that does not breaks. Knows nothing of the language.

import { columnsOf, flatText, flatWidth, KEPT_WIDTH, unitText, WIDTH } from "./doc.ts";
import type { Box, Doc, Leading, Row, Unit } from "./doc.ts";

const STEP = 2;
/** Between a line's text and its comment. */
const COMMENT_GAP = 3;

interface Command {
  readonly doc: Doc;
  readonly indent: number;
}

/**
 * The text of a doc that begins in `column` of a line indented by `at`; `tail` columns follow on its last
 * line.
 */
function printDoc(doc: Doc, at: number, column: number, tail: number): string {
  return new Printer(tail).run(doc, at, column);
}

class Printer {
  readonly #tail: number;
  readonly #stack: Command[] = [];
  #out = "";
  #column = 0;

  constructor(tail: number) {
    this.#tail = tail;
  }

  run(doc: Doc, at: number, column: number): string {
    this.#column = column;
    this.#stack.push({ doc, indent: at });
    for (let next = this.#stack.pop(); next; next = this.#stack.pop()) this.#step(next);
    return this.#out;
  }

  #write(text: string): void {
    this.#out += text;
    const end = text.lastIndexOf("\n");
    this.#column = end < 0 ? this.#column + columnsOf(text) : columnsOf(text.slice(end + 1));
  }

  #step({ doc, indent }: Command): void {
    if (typeof doc === "string") return this.#write(doc);
    if (!("is" in doc)) {
      for (let i = doc.length - 1; i >= 0; i--) this.#stack.push({ doc: doc[i] as Doc, indent });
      return;
    }
    switch (doc.is) {
      case "lines":
        return this.#write(doc.at(indent));
      case "line":
        return this.#write(`\n${" ".repeat(indent)}`);
      case "indent":
        this.#stack.push({ doc: doc.of, indent: indent + STEP });
        return;
      case "group":
        if (this.#fits(doc, doc.kept)) this.#write(flatText(doc));
        else this.#stack.push({ doc: doc.of, indent });
        return;
      case "box":
        this.#write(this.#fits(doc, doc.kept) ? flatText(doc) : brokenBox(doc, indent));
    }
  }

  #fits(doc: Doc, kept: boolean): boolean {
    const limit = kept ? KEPT_WIDTH : WIDTH;
    const end = this.#column + flatWidth(doc);
    return end <= limit && end + this.#rest(limit - end) <= limit;
  }

  // Columns up to the next place that may break; counting ends beyond `room`.
  #rest(room: number): number {
    let columns = 0;
    for (let i = this.#stack.length - 1; i >= 0 && columns <= room; i--) {
      const { doc, indent } = this.#stack[i] as Command;
      const { width, ended } = toFirstBreak(doc, indent);
      columns += width;
      if (ended) return columns;
    }
    return columns + this.#tail;
  }
}

function toFirstBreak(doc: Doc, indent: number): { readonly width: number; readonly ended: boolean } {
  if (typeof doc === "string") return { width: columnsOf(doc), ended: false };
  if (!("is" in doc)) {
    let width = 0;
    for (const part of doc) {
      const found = toFirstBreak(part, indent);
      width += found.width;
      if (found.ended) return { width, ended: true };
    }
    return { width, ended: false };
  }
  switch (doc.is) {
    case "lines": {
      const text = doc.at(indent);
      const end = text.indexOf("\n");
      return { width: columnsOf(end < 0 ? text : text.slice(0, end)), ended: end >= 0 };
    }
    case "line":
      return { width: 0, ended: true };
    case "indent":
    case "group":
      return toFirstBreak(doc.of, indent);
    case "box":
      if (doc.rows.length === 0 && !doc.forced) return { width: doc.empty.length, ended: false };
      return { width: doc.open.length, ended: true };
  }
}

function brokenBox(box: Box, at: number): string {
  const inner = at + STEP;
  const opening = box.opening === "" ? "" : ` ${box.opening}`;
  const lines = [...printRows(box.rows, inner, box.commas), ...printLeading(box.dangling, inner)];
  // Nothing stands above the first line, so no empty line does.
  if (lines[0] === "") lines.shift();
  return `${box.open}${opening}\n${lines.join("\n")}\n${" ".repeat(at)}${box.close}`;
}

export function printLeading(leading: readonly Leading[], at: number): string[] {
  return leading.flatMap(({ blank, text }) => [...(blank ? [""] : []), " ".repeat(at) + text(at)]);
}

/** A row as far as it is known before comments are put behind rows. */
interface Line {
  readonly row: Row;
  readonly text: string;
  readonly single: boolean;
}

/** Rows one a line, empty lines and comments between them. The first line may be empty. */
export function printRows(rows: readonly Row[], at: number, commas: boolean): string[] {
  const fitting = rows.flatMap((row) => splitRow(row, at)).map(endWithComment);
  const separators = fitting.map((_, i) => {
    const next = fitting[i + 1];
    return next && (commas || next.units[0]?.goesOn === true) ? "," : "";
  });
  // Each text is made once: what stands in it is printed again at each level otherwise.
  const texts = fitting.map((row, i) => rowText(row, at, separators[i]?.length ?? 0));
  const pads = alignNames(fitting, texts, at);
  const lines = fitting.map((row, i): Line => {
    const pad = pads[i];
    const text = (pad === undefined ? texts[i] : paddedText(row, pad)) + (separators[i] ?? "");
    return { row, text, single: !text.includes("\n") };
  });
  const columns = alignComments(lines);
  return lines.flatMap(({ row, text }, i) => {
    const last = text.slice(text.lastIndexOf("\n") + 1);
    const gap = Math.max(COMMENT_GAP, (columns[i] ?? 0) - columnsOf(last));
    const comment = row.trailing === "" ? "" : " ".repeat(gap) + row.trailing;
    const line = " ".repeat(at) + text + comment;
    return [...printLeading(row.leading, at), ...(row.blank ? [""] : []), line];
  });
}

/** At the end of a line a block comment stands where a `//` comment would. */
function endWithComment(row: Row): Row {
  const last = row.units.at(-1);
  if (last === undefined || last.after === "") return row;
  const trailing = `${last.after} ${row.trailing}`.trim();
  return { ...row, units: [...row.units.slice(0, -1), { ...last, after: "" }], trailing };
}

/** A row of several units that does not fit becomes several: a flag and its value stay together. */
function splitRow(row: Row, at: number): Row[] {
  if (row.units.length < 2) return [row];
  const width = row.units.reduce(
    (sum, { doc, before, after }) => sum + before.length + flatWidth(doc) + after.length + 2,
    at - 2,
  );
  if (width <= WIDTH) return [row];
  const parts: Unit[][] = [];
  let open = false;
  for (const unit of row.units) {
    const last = parts.at(-1);
    const fits = flatWidth(last?.[0]?.doc ?? "") + flatWidth(unit.doc) + 2 + at <= WIDTH;
    const joins: boolean = last !== undefined && open && !unit.flag && fits && unit.before === "";
    if (joins) last?.push(unit);
    else parts.push([unit]);
    open = !joins && unit.flag && unit.after === "";
  }
  return parts.map((units, i) => ({
    units,
    leading: i === 0 ? row.leading : [],
    blank: i === 0 && row.blank,
    trailing: i === parts.length - 1 ? row.trailing : "",
  }));
}

function rowText(row: Row, at: number, tail: number): string {
  const [unit] = row.units;
  if (row.units.length !== 1 || unit === undefined) return row.units.map(unitText).join(", ");
  const { before, doc } = unit;
  return before + printDoc(doc, at, at + before.length, tail);
}

function paddedText({ units: [unit] }: Row, pad: number): string {
  const { name = "", value = "" } = unit?.aligned ?? {};
  return `${name.padEnd(pad)} = ${flatText(value)}`;
}

/** For each row the width of the names around it, where its `=` is aligned with theirs. */
function alignNames(rows: readonly Row[], texts: readonly string[], at: number): (number | undefined)[] {
  const pads: (number | undefined)[] = rows.map(() => undefined);
  let run: number[] = [];
  const end = (): void => {
    const units = run.map((i) => rows[i]?.units[0] as Unit);
    const width = Math.max(0, ...units.map((unit) => (unit.aligned?.name ?? unit.record ?? "").length));
    const fits = units.every(
      ({ aligned }) => !aligned || at + width + 3 + flatWidth(aligned.value) <= KEPT_WIDTH,
    );
    for (const i of run) if (fits && rows[i]?.units[0]?.aligned) pads[i] = width;
    run = [];
  };
  for (const [i, row] of rows.entries()) {
    if (row.blank || row.leading.some(({ blank }) => blank)) end();
    const [unit] = row.units;
    const named = row.units.length === 1 && unit && (unit.aligned !== undefined || unit.record !== undefined);
    if (named && unit.before === "" && !(texts[i] ?? "").includes("\n")) run.push(i);
    else end();
  }
  end();
  return pads;
}

/** For each line the column of its comment, the same for neighbours. */
function alignComments(lines: readonly Line[]): number[] {
  const columns = lines.map(() => 0);
  let run: number[] = [];
  const end = (): void => {
    const column = Math.max(0, ...run.map((i) => columnsOf(lines[i]?.text ?? ""))) + COMMENT_GAP;
    for (const i of run) columns[i] = column;
    run = [];
  };
  for (const [i, { row, single }] of lines.entries()) {
    if (row.blank || row.leading.length > 0) end();
    if (single && row.trailing !== "") run.push(i);
    else end();
  }
  end();
  return columns;
}
