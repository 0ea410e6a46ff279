// Parameters of the root module: from flags, from a file of values, from the environment, else their
// defaults.

import { nearest } from "../resolve/nearest.ts";
import type * as ast from "../syntax/ast.ts";
import type { Parse } from "../resolve/load.ts";
import { check, convert } from "../types/check-expression.ts";
import type { GivenParam } from "../testing/compiled.ts";
import type { CheckedModule, CheckedParam, Program } from "../types/program.ts";
import { Scope } from "../types/scope.ts";
import { peel, showType, type Type } from "../types/type.ts";
import { convertDatum } from "./convert.ts";
import { text, type Datum } from "./datum.ts";
import { askConstraint } from "./explain.ts";
import { fromJson } from "./from-json.ts";
import { Failure, type Machine } from "./machine.ts";
import { holdsSecret, markSecrets } from "./mark-secrets.ts";
import { run } from "./run.ts";
import { parseWritten } from "./written.ts";
import { Cell, LazyCell, type Env } from "./thing.ts";
import { asked } from "./walk.ts";

export interface ParamInput {
  /** Raw text by name: an expression of the language, or a text as it is where a string is expected. */
  readonly flags?: Readonly<Record<string, string>>;
  /** A JSON object by name. */
  readonly values?: unknown;
}

interface Source {
  readonly span: ast.Span;
  readonly give: (type: Type) => Datum;
}

/** Puts a cell for each parameter of `module` into its frame, and asks them all. */
export function fillParams(
  module: CheckedModule,
  env: Env,
  input: ParamInput,
  tools: {
    readonly program: Program;
    readonly machine: Machine;
    readonly parse: Parse;
    readonly sources: Map<string, string>;
    /** Of a test: over all others. */
    readonly given?: readonly GivenParam[];
  },
): void {
  const { machine } = tools;
  const values = isObject(input.values) ? input.values : {};
  tellUnknown(module, [...Object.keys(input.flags ?? {}), ...Object.keys(values)], machine);
  for (const param of module.params) {
    const given = tools.given?.find(({ name }) => name === param.name);
    const outside = module.key === machine.root ? sourceOf(param, input, values, tools) : undefined;
    const source = given ? fromTest(given, env, machine) : outside;
    const cell: Cell = new LazyCell(
      () => param.name,
      param.span,
      () => {
        if (source) return source.give(param.type());
        if (param.value) return run(param.value, env, machine);
        if (param.type().is === "optional") return { is: "none" };
        return machine.fail("VB3007", param.span, `The parameter \`${param.name}\` needs a value.`, {
          hint:
            `Give it with \`-p ${param.name}=...\`, in a file with \`--params\`, or as ` +
            `VBUS_PARAM_${param.name.toUpperCase()}.`,
        });
      },
      { check: () => checkParam(param, cell, env, source, machine) },
    );
    env.slots[param.slot] = cell;
  }
  for (const param of module.params) {
    const cell = env.slots[param.slot];
    if (cell instanceof Cell) asked(cell, machine);
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function tellUnknown(module: CheckedModule, names: readonly string[], machine: Machine): void {
  for (const name of new Set(names)) {
    if (module.params.some((param) => param.name === name)) continue;
    const known = module.params.map((param) => param.name);
    const near = nearest(name, known);
    const hint = near
      ? `Did you mean \`${near}\`?`
      : known.length > 0
        ? `There are: ${known.join(", ")}.`
        : "This file has no parameters.";
    machine.tell("VB3007", { file: machine.root, start: 0, end: 0 }, `There is no parameter \`${name}\`.`, {
      hint,
    });
  }
}

function checkParam(
  param: CheckedParam,
  cell: Cell,
  env: Env,
  source: Source | undefined,
  machine: Machine,
): void {
  if (!param.constraint || cell.value?.is === "none") return;
  const span = source?.span ?? param.value?.span ?? param.span;
  askConstraint(param.constraint, env, { what: param.name, span, code: "VB3002" }, machine);
}

/** What a test says: code of the module. */
function fromTest({ code, span }: GivenParam, env: Env, machine: Machine): Source {
  return { span, give: () => run(code, { slots: [], parent: env }, machine) };
}

function sourceOf(
  param: CheckedParam,
  input: ParamInput,
  values: Readonly<Record<string, unknown>>,
  tools: Parameters<typeof fillParams>[3],
): Source | undefined {
  const hidden = holdsSecret(param.type());
  const flag = input.flags?.[param.name];
  if (flag !== undefined) return fromText(flag, `-p ${param.name}`, hidden, tools);
  if (Object.hasOwn(values, param.name)) {
    const datum = fromJson(values[param.name]);
    const give = (type: Type): Datum =>
      convertDatum(markSecrets(datum, type), type, param.span, tools.machine);
    return { span: param.span, give };
  }
  const name = `VBUS_PARAM_${param.name.toUpperCase()}`;
  const variable = tools.machine.world.env(name);
  return variable === undefined ? undefined : fromText(variable, name, hidden, tools);
}

/**
 * The text as an expression; for strings as it is, unless it stands in quotes. A hidden one is no source
 * that a mistake could be drawn into, and what is wrong with it is told in one sentence without its parts.
 */
function fromText(
  raw: string,
  file: string,
  hidden: boolean,
  tools: Parameters<typeof fillParams>[3],
): Source {
  const shown = hidden ? "<secret>" : raw;
  const span = { file, start: 0, end: shown.length };
  tools.sources.set(file, shown);
  const read = (type: Type): Datum => readText(raw, span, type, tools);
  return {
    span,
    give: (type) => (hidden ? unshown(type, span, tools.machine, () => read(type)) : read(type)),
  };
}

function readText(raw: string, span: ast.Span, type: Type, tools: Parameters<typeof fillParams>[3]): Datum {
  const { program, machine, parse } = tools;
  const { file } = span;
  const inner = peel(type);
  const texts = inner.is === "simple" && ["string", "path", "target", "address"].includes(inner.name);
  if (texts && !/^".*"$/s.test(raw)) return convertDatum(text(raw), type, span, machine);
  const written = parseWritten(raw, file, parse);
  if ("diagnostics" in written) {
    const why = written.diagnostics[0]?.message ?? "it is no expression.";
    return machine.fail("VB3007", span, `This can't be read as a value: ${why}`);
  }
  const context = program.context(new Scope(program.prelude));
  const before = program.reporter.diagnostics.length;
  const checked = check(written.expr, context, type);
  const code = convert(checked, type, context, span, `\`${file}\``);
  const told = program.reporter.diagnostics.splice(before);
  if (told.length > 0) {
    machine.diagnostics.push(...told);
    return machine.failQuietly();
  }
  return run(code, { slots: [] }, machine);
}

function unshown(type: Type, span: ast.Span, machine: Machine, read: () => Datum): Datum {
  const before = machine.diagnostics.length;
  try {
    return read();
  } catch (caught) {
    if (!(caught instanceof Failure)) throw caught;
    machine.diagnostics.length = before;
    return machine.fail("VB3007", span, `This can't be read as a \`${showType(type)}\`.`);
  }
}
