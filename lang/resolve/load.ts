// Reads modules and what they import through the world, parses them, and refuses circles. Checks no names.

import type { Diagnostic } from "../diagnostics.ts";
import type * as ast from "../syntax/ast.ts";
import type { ReadProblem, World } from "../world.ts";
import { baseName, joinPath, resolvePath } from "./paths.ts";

/** A module: a file, or the files of a folder as one scope. */
export interface LoadedModule {
  readonly key: string;
  readonly files: readonly ast.Module[];
  /** The key of each import's module; absent where it could not be read. */
  readonly imports: ReadonlyMap<ast.Import, string>;
}

export interface Loaded {
  /** Those that are imported come before those that import them. The root is the last. */
  readonly modules: readonly LoadedModule[];
  readonly diagnostics: readonly Diagnostic[];
  /** Text of every file that was read, by its path or `std:` name. */
  readonly sources: ReadonlyMap<string, string>;
  /** Every file that was tried, found or not: absolute paths and `std:` names. */
  readonly inputs: readonly string[];
}

/** How a text becomes a tree: the parser's door. */
export type Parse = (
  file: string,
  text: string,
) => { readonly module: ast.Module; readonly diagnostics: readonly Diagnostic[] };

const PROBLEMS: Readonly<Record<ReadProblem, string>> = {
  missing: "there is no such file",
  folder: "it is a folder",
  denied: "it may not be read",
  "too-large": "it is larger than 1 MiB",
  "not-utf8": "it is not UTF-8 text",
};

interface State {
  readonly world: World;
  readonly parse: Parse;
  readonly modules: LoadedModule[];
  readonly done: Set<string>;
  readonly loading: string[];
  readonly diagnostics: Diagnostic[];
  readonly sources: Map<string, string>;
  readonly inputs: Set<string>;
}

/** Loads the module `root` (absolute, or a `std:` name) and, before it, everything that it imports. */
export function loadModules(world: World, roots: readonly string[], parse: Parse): Loaded {
  const state: State = {
    world,
    parse,
    modules: [],
    done: new Set(),
    loading: [],
    diagnostics: [],
    sources: new Map(),
    inputs: new Set(),
  };
  for (const root of roots) loadModule(root, state, undefined);
  return {
    modules: state.modules,
    diagnostics: state.diagnostics,
    sources: state.sources,
    inputs: [...state.inputs],
  };
}

function loadModule(key: string, state: State, from: ast.Span | undefined): void {
  if (state.done.has(key)) return;
  state.done.add(key);
  state.loading.push(key);
  const files = filesOf(key, state).flatMap((file) => readModule(file, state, from) ?? []);
  const imports = new Map<ast.Import, string>();
  for (const file of files) {
    for (const item of file.items) if (item.node === "import") loadImport(item, file.file, imports, state);
  }
  state.loading.pop();
  state.modules.push({ key, files, imports });
}

function filesOf(key: string, state: State): string[] {
  if (state.world.kindOf(key) !== "folder") return [key];
  state.inputs.add(key);
  return state.world.listModules(key).map((name) => joinPath(key, name));
}

function readModule(file: string, state: State, from: ast.Span | undefined): ast.Module | undefined {
  state.inputs.add(file);
  const read = state.world.readText(file);
  if ("problem" in read) {
    const span = from ?? { file, start: 0, end: 0 };
    const what = from ? "This import can't be read" : `${baseName(file)} can't be read`;
    state.diagnostics.push({
      code: "VB2019",
      severity: "error",
      span,
      message: `${what}: ${PROBLEMS[read.problem]}.`,
    });
    return undefined;
  }
  state.sources.set(file, read.text);
  const tree = state.world.keptTree?.(file, read.text);
  if (tree !== undefined) return tree;
  const { module, diagnostics } = state.parse(file, read.text);
  state.diagnostics.push(...diagnostics);
  return module;
}

function loadImport(item: ast.Import, file: string, imports: Map<ast.Import, string>, state: State): void {
  const [text] = item.path.node === "string" && item.path.parts.length === 1 ? item.path.parts : [];
  if (typeof text !== "string") {
    if (item.path.node !== "error") {
      state.diagnostics.push({
        code: "VB2018",
        severity: "error",
        span: item.path.span,
        message: "An import names a module by a plain text.",
      });
    }
    return;
  }
  const key = resolvePath(file, text);
  const circle = state.loading.indexOf(key);
  if (circle >= 0) {
    const names = [...state.loading.slice(circle), key].map(baseName).join(" → ");
    state.diagnostics.push({
      code: "VB2018",
      severity: "error",
      span: item.path.span,
      message: `Imports make a circle: ${names}.`,
    });
    return;
  }
  if (state.world.kindOf(key) === "missing") {
    state.inputs.add(key);
    state.diagnostics.push({
      code: "VB2018",
      severity: "error",
      span: item.path.span,
      message: `There is no module \`${text}\`.`,
      hint: "A path is read from the file that says it; `std:` is the standard library.",
    });
    return;
  }
  loadModule(key, state, item.path.span);
  // What can't be read declares nothing, and what is asked of it agrees with everything.
  if (state.modules.some((module) => module.key === key && module.files.length > 0)) imports.set(item, key);
}
