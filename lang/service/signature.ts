// What a call takes, while its arguments are being written.

import type { Expr } from "../syntax/ast.ts";
import type { Notes } from "../types/notes.ts";
import { documentation, headline, showParameter } from "./describe.ts";
import { bare, calleeMeaning, parametersOf } from "./expression-names.ts";
import { MARKER, marksAt } from "./marked.ts";
import type { Meaning } from "./meaning.ts";
import type { Located } from "./path.ts";
import { actionMeaning } from "./resolve.ts";
import type { View } from "./view.ts";

export interface Signature {
  /** The whole as it is declared: `fn clamp(x: N, low: N, high: N): N`. */
  readonly label: string;
  readonly doc: string;
  /** Each as it stands in the label. */
  readonly parameters: readonly string[];
  /** The one that is being written; undefined where there are no more. */
  readonly active?: number;
}

type Call = Expr & { node: "call" };

export function signatureAt(view: View, file: string, offset: number): Signature | undefined {
  const text = view.text(file);
  const [start, end] = [back(text, offset), forth(text, offset)];
  for (const marked of marksAt(view, file, start, end)) {
    const at = marked.path.findLastIndex((node, i) => isOpenCall(node, marked.path[i + 1]));
    const call = marked.path[at] as Call | undefined;
    const found = call && signatureOf(call, marked.view.notes, marked.path[at + 1]);
    if (found) return found;
  }
  return undefined;
}

function back(text: string, offset: number): number {
  let at = offset;
  while (/\w/.test(text.charAt(at - 1))) at--;
  return at;
}

function forth(text: string, offset: number): number {
  let at = offset;
  while (/\w/.test(text.charAt(at))) at++;
  return at;
}

/** A call of which an argument holds the cursor, not its name. */
const isOpenCall = (node: Located, next: Located | undefined): boolean =>
  node.node === "call" && next !== undefined && (node as Call).arguments.some((one) => one === next);

function signatureOf(call: Call, notes: Notes, argument: Located | undefined): Signature | undefined {
  const callee = bare(call.callee);
  const name = callee.node === "member" ? callee.name.text : callee.node === "reference" ? callee.name : "";
  const meaning = calleeMeaning(call, notes) ?? actionOf(callee, notes);
  if (!meaning || !TAKE.has(meaning.is)) return undefined;
  const all = "info" in meaning && "parameters" in meaning.info ? (meaning.info.parameters ?? []) : [];
  const own = meaning.is === "action" ? all : parametersOf(call, notes);
  const index = call.arguments.findIndex((one) => one === argument);
  const named = call.arguments[index]?.name?.text;
  const parameter =
    named === undefined || named === MARKER ? own[index] : own.find((one) => one.name === named);
  const active = parameter && all.indexOf(parameter);
  return {
    label: headline(meaning, name),
    doc: documentation(meaning),
    parameters: all.map(showParameter),
    ...(active !== undefined && { active }),
  };
}

const TAKE: ReadonlySet<Meaning["is"]> = new Set(["function", "variant", "live", "action"]);

function actionOf(callee: Expr, notes: Notes): Meaning | undefined {
  if (callee.node !== "member") return undefined;
  const type = notes.expression(callee.of)?.type;
  return type && actionMeaning(type, callee.name.text);
}
