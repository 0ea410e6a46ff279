// The form of a conformance row, and how one is asked.

import { evaluate, showValue, type Evaluation } from "../index.ts";
import { FOLDER, testWorld } from "../world.test-support.ts";
import { withAround } from "./page.test-support.ts";

/**
 * An expression that holds; or a text and what it means: codes (`VB2008 VB2013`, in order), `name = value` of
 * an output or an attribute, `has ADDRESS`, `lacks ADDRESS`, `needs A B`, `says TEXT`. A text that begins
 * with `= ` is the output `it`. Without codes there must be a model.
 */
type Row = string | readonly [text: string, ...wants: string[]] | LongRow;

interface LongRow {
  readonly text: string;
  readonly wants: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
  readonly values?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly kept?: Readonly<Record<string, string>>;
  /** Classes that have no driver. */
  readonly driverless?: readonly string[];
}

/** Rows by the beginning of the sentence of docs/language.md that they hold. */
export type Rows = Readonly<Record<string, readonly Row[]>>;

/** A row in its long form. */
export function longRow(row: Row): LongRow {
  if (typeof row === "string") return { text: `output it = ${row}`, wants: ["it = true"] };
  if ("wants" in row) return row;
  const [text, ...wants] = row;
  return { text: text.startsWith("= ") ? `output it ${text}` : text, wants };
}

/** What is wanted and what is found, line beside line. */
export function ask(row: LongRow): { wanted: readonly string[]; found: readonly string[] } {
  const world = testWorld(
    { ...row.files, "lab.vbus": withAround(row.text) },
    { env: row.env ?? {}, driverless: row.driverless ?? [] },
  );
  const evaluation = evaluate(world, {
    root: `${FOLDER}/lab.vbus`,
    labName: "page",
    params: { flags: row.flags ?? {}, values: row.values },
    ...(row.kept && { allocations: row.kept }),
  });
  const errors = evaluation.diagnostics.filter(({ severity }) => severity === "error");
  const codes = errors.map(({ code }) => code).join(" ");
  const failing = row.wants.some((want) => CODES.test(want));
  const said = errors.map(({ code, message }) => `${code} ${message}`);
  const wanted = failing ? row.wants : ["no errors", ...row.wants];
  const found = wanted.map((want) => {
    if (want === "no errors") return errors.length === 0 ? want : said.join("\n");
    return CODES.test(want)
      ? codes === want
        ? want
        : said.join("\n") || "no errors"
      : answer(want, evaluation);
  });
  return { wanted, found };
}

const CODES = /^VB\d{4}( VB\d{4})*$/;

function answer(want: string, { model, diagnostics }: Evaluation): string {
  const [word = "", first = "", ...rest] = want.split(" ");
  const of = (address: string) => model?.resources.find((one) => one.address === address);
  if (word === "has") return of(want.slice(4)) ? want : `no ${want.slice(4)}`;
  if (word === "lacks") return of(want.slice(6)) ? `there is ${want.slice(6)}` : want;
  if (word === "needs") {
    const needs = of(first)?.needs ?? [];
    return rest.every((one) => needs.includes(one)) ? want : `${first} needs ${needs.join(" ")}`;
  }
  if (word === "says") {
    const shown = diagnostics.map(({ message, hint, values, related }) =>
      [
        message,
        hint ?? "",
        ...(values ?? []).map(({ text }) => text),
        ...(related ?? []).map((one) => one.message),
      ].join(" "),
    );
    return shown.some((text) => text.includes(want.slice(5))) ? want : shown.join("\n");
  }
  return shownValue(want, model);
}

function shownValue(want: string, model: Evaluation["model"]): string {
  const name = want.slice(0, want.indexOf(" = "));
  const output = model?.outputs.find((one) => one.name === name);
  if (output) return `${name} = ${showValue(output.value)}`;
  const dot = name.lastIndexOf(".");
  const thing = model?.resources.find(({ address }) => address === name.slice(0, dot));
  const attribute = thing?.attributes[name.slice(dot + 1)];
  return attribute ? `${name} = ${showValue(attribute.value)}` : `no ${name}`;
}
