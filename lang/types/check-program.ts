// The check of a whole program: the prelude, then every module after those that it imports.

import type { Drivers } from "../world.ts";
import type * as ast from "../syntax/ast.ts";
import { check, checkAs, convert } from "./check-expression.ts";
import type { Checked } from "./context.ts";
import { declareItems, type Place } from "./declare-items.ts";
import { declareKinds } from "./declare-kinds.ts";
import { compileWhere } from "./declare-members.ts";
import { itemWord } from "./declare-thing.ts";
import type { Notes } from "./notes.ts";
import { Program, type CheckedModule, type CheckedParam } from "./program.ts";
import { checkCircles } from "./check-circles.ts";
import type { Body } from "./declared.ts";
import { resolveType } from "./resolve-type.ts";
import { compileTests } from "../testing/compile.ts";
import { Scope } from "./scope.ts";
import { settledType, type Type } from "./type.ts";
import type { LoadedModule } from "../resolve/load.ts";

export const PRELUDE = "std:prelude";

const TOP_ITEMS = new Set([
  "import",
  "param",
  "let",
  "fn",
  "enum",
  "type",
  "component",
  "declaration",
  "assert",
  "output",
  "test",
]);

/**
 * Checks all modules, the prelude among them. Mistakes are in `reporter`; the code of what is right can be
 * run. `sparing`: functions and classes of the standard library are checked where they are used. They are
 * known to be right, so nothing else is told; for a program that is only run.
 */
export function checkProgram(
  modules: readonly LoadedModule[],
  root: string,
  drivers: Drivers,
  how: { readonly notes?: Notes | undefined; readonly sparing?: boolean | undefined } = {},
): Program {
  const program = new Program(drivers, undefined, how.notes, how.sparing);
  for (const module of modules) {
    for (const file of module.files) program.reporter.addFile(file);
    checkModule(module, module.key === root, program);
    // A module is whole before one that imports it starts: the errors come in order, too.
    program.settle();
  }
  checkCircles(program);
  program.reporter.dropUnread();
  return program;
}

/**
 * Checks a module again of which `kept` items are as they were, and so is everything that they name. What was
 * declared by them is in the result as it was.
 */
export function recheckRoot(before: Program, loaded: LoadedModule, kept: ReadonlySet<ast.Item>): Program {
  const program = new Program(before.drivers, before);
  const module = before.modules.get(loaded.key);
  if (!module) return program;
  const items = loaded.files.flatMap((file) => file.items);
  const names = new Set(items.filter((item) => kept.has(item)).flatMap((item) => nameOfItem(item) ?? []));
  const scope = module.scope.without((name) => names.has(name));
  const place: Place = { what: "module", module: loaded.key, prelude: false, root: true };
  const others = items.filter((item) => !kept.has(item) && mayStand(item, false, program));
  const tests = others.filter((item) => item.node === "test");
  const params = module.params.filter(({ name }) => names.has(name));
  declareImports(loaded, others, scope, program);
  declareParams(others, scope, params, program);
  const rest = others.filter((item) => item.node !== "import" && item.node !== "param");
  const body = declareItems(rest, scope, place, program);
  const again: CheckedModule = { ...module, scope, params, body, outputs: [], tests: [] };
  program.modules.set(loaded.key, again);
  declareOutputs(others, again, program);
  program.pending.push(() => compileTests(tests, again, program));
  program.settle();
  checkCircles(program);
  takeOver(module.body, body, names, items);
  return program;
}

/** The name that an item declares in its module. */
export function nameOfItem(item: ast.Item): string | undefined {
  if (item.node === "import") return item.as.text;
  if (item.node === "assert" || item.node === "output" || item.node === "test" || item.node === "timed")
    return undefined;
  return item.name.text;
}

/** Puts what was kept beside what is new, things in the order of the text. */
function takeOver(from: Body, into: Body, names: ReadonlySet<string>, items: readonly ast.Item[]): void {
  into.lets.push(...from.lets.filter(({ name }) => names.has(name)));
  into.declarations.push(...from.declarations.filter(({ name }) => names.has(name)));
  const order = new Map(items.map((item, i) => [nameOfItem(item), i]));
  into.declarations.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
}

function checkModule(loaded: LoadedModule, root: boolean, program: Program): void {
  const prelude = loaded.key === PRELUDE;
  const scope = prelude ? program.prelude : new Scope(program.prelude, loaded.key);
  const items = loaded.files.flatMap((file) => file.items);
  const place: Place = { what: "module", module: loaded.key, prelude, root };
  const allowed = items.filter((item) => mayStand(item, prelude, program));
  const params: CheckedParam[] = [];
  declareImports(loaded, allowed, scope, program);
  declareParams(allowed, scope, params, program);
  const tests = allowed.filter((item) => item.node === "test");
  const rest = allowed.filter((item) => item.node !== "import" && item.node !== "param");
  const body = declareItems(rest, scope, place, program);
  const module: CheckedModule = { key: loaded.key, scope, params, body, outputs: [], tests: [] };
  program.modules.set(loaded.key, module);
  if (prelude) {
    const kinds = allowed.filter((item) => item.node === "kind");
    const classes = allowed.filter((item) => item.node === "class");
    declareKinds(kinds, classes, scope, program);
  }
  declareOutputs(allowed, module, program);
  program.pending.push(() => compileTests(tests, module, program));
}

function mayStand(item: ast.Item, prelude: boolean, program: Program): boolean {
  const { reporter } = program;
  if (item.node === "fn" && item.external && !prelude) {
    reporter.error("VB2010", item.span, "`external` functions stand only in the standard library.");
    return false;
  }
  if (item.node === "fn" && !item.external && !item.body) {
    // Where its type could not be read, what is missing has been told.
    if (item.result.node === "error-type") return false;
    reporter.error("VB2010", item.name.span, `\`${item.name.text}\` has no body: write \`= ...\`.`);
    return false;
  }
  if ((item.node === "kind" || item.node === "class") && prelude) return true;
  if (!TOP_ITEMS.has(item.node)) {
    const hint =
      item.node === "kind" || item.node === "class"
        ? { hint: "Kinds and classes are declared in the standard library; extend them with a `component`." }
        : {};
    reporter.error("VB2010", item.span, `${itemWord(item)} can't stand at the top of a module.`, hint);
    return false;
  }
  return true;
}

function declareImports(
  loaded: LoadedModule,
  items: readonly ast.Item[],
  scope: Scope,
  program: Program,
): void {
  for (const item of items) {
    if (item.node !== "import") continue;
    const { text, span } = item.as;
    const first = scope.values.get(text);
    if (first) {
      program.reporter.error("VB2005", span, `The name \`${text}\` is used twice.`, {
        related: [{ span: first.span, message: "first declared here" }],
      });
      continue;
    }
    const key = loaded.imports.get(item);
    const module = key === undefined ? undefined : program.modules.get(key);
    if (module) scope.values.set(text, { is: "module", span, module: module.scope });
    else
      scope.values.set(text, {
        is: "value",
        slot: scope.slots++,
        span,
        what: "import",
        type: () => ({ is: "error" }),
      });
  }
}

function declareParams(
  items: readonly ast.Item[],
  scope: Scope,
  params: CheckedParam[],
  program: Program,
): void {
  for (const item of items) {
    if (item.node !== "param") continue;
    const { text, span } = item.name;
    const first = scope.values.get(text);
    if (first) {
      program.reporter.error("VB2005", span, `The name \`${text}\` is used twice.`, {
        related: [{ span: first.span, message: "first declared here" }],
      });
      continue;
    }
    params.push(declareParam(item, scope, program));
  }
}

function declareParam(item: ast.Param, scope: Scope, program: Program): CheckedParam {
  const { text, span } = item.name;
  const context = program.context(scope, { paramDefault: true });
  const value = program.lazy<Checked | undefined>(
    text,
    span,
    () => {
      if (!item.value) return undefined;
      if (!item.type) return check(item.value, context);
      const type = declared();
      return { code: checkAs(item.value, context, type, `The default of \`${text}\``), type };
    },
    undefined,
  );
  const resolved = program.lazy<Type>(
    `${text}: `,
    span,
    () => (item.type ? resolveType(item.type, scope, program) : { is: "error" }),
    { is: "error" },
  );
  const declared = (): Type => resolved();
  const type = (): Type => (item.type ? declared() : settledType(value()?.type ?? { is: "error" }));
  const slot = scope.addValue(text, span, "param", type);
  const param: CheckedParam = { name: text, slot, span, doc: item.doc, type };
  program.pending.push(() => {
    if (!item.type && !item.value)
      program.reporter.error("VB2009", span, `\`${text}\` says neither its type nor a default.`);
    const code = value()?.code;
    if (code) param.value = code;
    if (item.where) param.constraint = compileWhere(item.where, text, span, program.context(scope));
  });
  return param;
}

function declareOutputs(items: readonly ast.Item[], module: CheckedModule, program: Program): void {
  const seen = new Map<string, ast.Span>();
  for (const item of items) {
    if (item.node !== "output") continue;
    const { text, span } = item.name;
    const first = seen.get(text);
    if (first) {
      program.reporter.error("VB2005", span, `There are two outputs \`${text}\`.`, {
        related: [{ span: first, message: "first declared here" }],
      });
      continue;
    }
    seen.set(text, span);
    program.pending.push(() => {
      const context = program.context(module.scope);
      const type = item.type && resolveType(item.type, module.scope, program);
      const checked = check(item.value, context, type);
      const code = type ? convert(checked, type, context, item.value.span, `\`${text}\``) : checked.code;
      module.outputs.push({ name: text, code, type: type ?? checked.type, span: item.value.span });
    });
  }
}
