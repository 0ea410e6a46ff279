// Constraints and assertions: asked, and where one fails, explained with the values inside its expression.

import type { Related, ShownValue } from "../diagnostics.ts";
import type { Span } from "../syntax/ast.ts";
import type { Code } from "../types/code.ts";
import type { Constraint } from "../types/declared.ts";
import { isSecret, type Datum } from "./datum.ts";
import { Failure, type Machine } from "./machine.ts";
import { run } from "./run.ts";
import { showDatum } from "./show.ts";
import type { Env } from "./thing.ts";

/**
 * What is constrained: the error stands at its value. Without `span` it stands at the condition (an
 * `assert`).
 */
export interface Subject {
  readonly what: string;
  readonly span?: Span;
  readonly code: string;
  /** Extra sentence for the message, as the path between two guests. */
  readonly because?: () => string | undefined;
  readonly label?: string;
}

/** Asks a constraint in the frame of its members. Throws after telling where it does not hold. */
export function askConstraint(constraint: Constraint, env: Env, subject: Subject, machine: Machine): void {
  const held = run(constraint.condition, env, machine);
  if (held.is === "bool" && held.value) return;
  const said = constraint.message && run(constraint.message, env, machine);
  const secret = said !== undefined && isSecret(said);
  if (secret && constraint.message)
    machine.tell(
      "VB3012",
      constraint.message.span,
      "A message is shown: it can't be computed from a secret.",
    );
  const because = subject.because?.();
  const message = said?.is === "string" && !secret ? said.value : undefined;
  const { values, origins } = shownValues(constraint.condition, env, machine);
  if (!subject.span) {
    const text = message === undefined ? "This assertion does not hold" : sentence(message);
    machine.fail(subject.code, constraint.span, `${text}${because ? `: ${because}` : ""}.`, {
      values,
      related: origins,
    });
  }
  const text =
    message === undefined ? `\`${subject.what}\` breaks its constraint` : `\`${subject.what}\`: ${message}`;
  machine.fail(subject.code, subject.span, `${text}${because ? `: ${because}` : ""}.`, {
    values,
    related: [{ span: constraint.span, message: subject.label ?? "the constraint" }, ...origins],
  });
}

const sentence = (message: string): string => message.replace(/[.\s]+$/, "");

/** What is drawn under a failed expression, and where the attributes in it came from. */
interface Explanation {
  readonly values: ShownValue[];
  readonly origins: Related[];
}

const VALUES_MAX = 8;
const ORIGINS_MAX = 3;

/** The values of the parts of a failed expression that say something: names, members, calls; not literals. */
export function shownValues(
  condition: Code,
  env: Env,
  machine: Machine,
  show: (datum: Datum) => string = (datum) => showDatum(datum, 6),
): Explanation {
  const values: ShownValue[] = [];
  const origins: Related[] = [];
  machine.quiet++;
  try {
    for (const part of partsOf(condition)) {
      if (values.length >= VALUES_MAX) break;
      const value = quietly(() => run(part, env, machine));
      if (!value || value.is === "lambda") continue;
      values.push({ span: part.span, text: cut(show(value)) });
      const origin = part.op === "member" ? originOf(part, env, machine) : undefined;
      if (
        origin &&
        origins.length < ORIGINS_MAX &&
        !origins.some(({ message }) => message === origin.message)
      )
        origins.push(origin);
    }
  } finally {
    machine.quiet--;
  }
  return { values, origins };
}

/** Where the attribute of a thing came from: its own text, or its default. */
function originOf(part: Code & { op: "member" }, env: Env, machine: Machine): Related | undefined {
  const of = quietly(() => run(part.of, env, machine));
  const origin = of?.is === "thing" ? of.thing.origin(part.name) : undefined;
  if (of?.is !== "thing" || !origin || origin.origin === "auto") return undefined;
  const how = origin.origin === "set" ? "set here" : "default here";
  return { span: origin.span, message: `\`${of.thing.address}.${part.name}\`: ${how}` };
}

const TEXT_MAX = 60;
const cut = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 3)}...` : text);

function quietly(compute: () => Datum): Datum | undefined {
  try {
    return compute();
  } catch (caught) {
    if (caught instanceof Failure) return undefined;
    throw caught;
  }
}

/** Parts that can be asked in the same frame: nothing inside lambdas and loops. */
function* partsOf(code: Code): Generator<Code> {
  switch (code.op) {
    case "slot":
    case "global":
      yield code;
      return;
    case "member":
      yield code;
      return;
    case "index":
      yield code;
      yield* partsOf(code.index);
      return;
    case "present":
      yield code;
      yield* partsOf(code.of);
      return;
    case "live":
    case "call":
      yield code;
      for (const argument of code.arguments) if (!argument.isDefault) yield* partsOf(argument.code);
      return;
    case "binary":
      yield* partsOf(code.left);
      yield* partsOf(code.right);
      return;
    case "not":
    case "negate":
      yield* partsOf(code.of);
      return;
    case "convert":
      yield* partsOf(code.of);
      return;
    case "if":
      yield* partsOf(code.condition);
      return;
    default:
      return;
  }
}
