// The whole way from files to the model: load, check, run, settle. Answers with diagnostics, never throws for
// a user's mistake.

import type { Diagnostic } from "../diagnostics.ts";
import type { Allocations, Model } from "../model.ts";
import { loadModules, type Loaded, type Parse } from "../resolve/load.ts";
import { baseName, folderOf } from "../resolve/paths.ts";
import type { CompiledTest } from "../testing/compiled.ts";
import { checkProgram, PRELUDE } from "../types/check-program.ts";
import type { Notes } from "../types/notes.ts";
import type { CheckedModule, Program } from "../types/program.ts";
import type { Span } from "../syntax/ast.ts";
import type { World } from "../world.ts";
import { fillFrame } from "./build.ts";
import { Exhausted, Machine } from "./machine.ts";
import { findMacClash, makeModel } from "./make-model.ts";
import { Lab } from "./lab.ts";
import { fillParams, type ParamInput } from "./params.ts";
import { NotSampled, Sample } from "./sample.ts";
import type { Env } from "./thing.ts";

export interface EvaluateInput {
  /** Absolute path of the root module: a file, or a folder of files. */
  readonly root: string;
  /** Over the name that the file or its folder gives. */
  readonly labName?: string;
  readonly params?: ParamInput;
  /** Addresses that the lab has given out before. */
  readonly allocations?: Allocations;
}

export interface Evaluation {
  /** Absent if there is any error. */
  readonly model?: Model;
  readonly diagnostics: readonly Diagnostic[];
  /** Texts that diagnostics point into, by file. */
  readonly sources: ReadonlyMap<string, string>;
  /** Every file that was tried, found or not: what to watch, also after a failure. */
  readonly inputs: readonly string[];
}

const MAC_ROUNDS_MAX = 8;
const BY_SAMPLES = -1;

/** What a test adds to an evaluation of its module. */
export interface Staged {
  /** The given test; undefined where there is none of that number. */
  readonly test: (root: CheckedModule) => CompiledTest | undefined;
  /** Told when the lab has its name and nothing is computed yet. */
  readonly begin: (whole: Whole) => void;
}

/** A checked program with the machine that computed its model. */
export interface Whole {
  readonly program: Program;
  readonly root: CheckedModule;
  readonly machine: Machine;
  /** The root module's own values. */
  readonly env: Env;
  /** Those of all modules. */
  readonly frames: ReadonlyMap<CheckedModule, Env>;
}

export interface Options {
  readonly input: EvaluateInput;
  readonly parse: Parse;
  readonly staged?: Staged | undefined;
  /** To be filled by the check. */
  readonly notes?: Notes | undefined;
  /** As `checkProgram` has it: the checked program is used for this evaluation alone. */
  readonly sparing?: boolean;
  /** Of large families only some members are computed, where these can stand for all. */
  readonly sampled?: boolean;
}

export function evaluateFiles(world: World, input: EvaluateInput, parse: Parse, staged?: Staged): Evaluation {
  const loaded = loadModules(world, [PRELUDE, input.root], parse);
  return evaluateLoaded(loaded, world, { input, parse, staged, sparing: staged === undefined }).evaluation;
}

/** The same, by samples where that tells as much. */
export function sampleFiles(world: World, input: EvaluateInput, parse: Parse): Evaluation {
  const loaded = loadModules(world, [PRELUDE, input.root], parse);
  return evaluateLoaded(loaded, world, { input, parse, sparing: true, sampled: true }).evaluation;
}

/** The evaluation, and what it was computed with where the modules are right. */
export function evaluateLoaded(
  loaded: Loaded,
  world: World,
  options: Options,
): { readonly evaluation: Evaluation; readonly program: Program; readonly whole?: Whole } {
  const { input } = options;
  const sources = new Map(loaded.sources);
  const program = checkProgram(loaded.modules, input.root, world.drivers, options);
  const found = [...loaded.diagnostics, ...readable(program, loaded.diagnostics)];
  const root = program.modules.get(input.root);
  const unread = loaded.diagnostics.some((diagnostic) => diagnostic.severity === "error");
  if (unread || !root || found.some((diagnostic) => diagnostic.severity === "error")) {
    return { evaluation: { diagnostics: sorted(found), sources, inputs: loaded.inputs }, program };
  }
  const macMoves = new Map<string, number>();
  // Bound: MAC_ROUNDS_MAX, and one before by samples.
  for (let round = options.sampled ? BY_SAMPLES : 0; ; round++) {
    const machine = new Machine(world, input.root);
    if (round === BY_SAMPLES) machine.sample = new Sample();
    const whole = { program, root, machine, env: { slots: [] }, frames: new Map<CheckedModule, Env>() };
    const model = guarded(machine, () => runModules(whole, { ...options, macMoves, sources }));
    if (machine.sample && (!model || (machine.sample.isTaken && machine.diagnostics.length > 0))) continue;
    const clash = round < MAC_ROUNDS_MAX && model ? findMacClash(machine) : undefined;
    if (clash) {
      macMoves.set(clash, (macMoves.get(clash) ?? 0) + 1);
      continue;
    }
    const diagnostics = sorted([...found, ...machine.diagnostics]);
    const inputs = [...new Set([...loaded.inputs, ...machine.inputs])];
    const failed = !model || machine.diagnostics.some((diagnostic) => diagnostic.severity === "error");
    const evaluation = failed
      ? { diagnostics, sources, inputs }
      : { model: { ...model, inputs }, diagnostics, sources, inputs };
    return { evaluation, program, whole };
  }
}

/** Without what follows from texts that could not be read. */
function readable(program: Program, unread: readonly Diagnostic[]): readonly Diagnostic[] {
  const { diagnostics, ifReadable } = program.reporter;
  const isBroken = (within: Span): boolean =>
    unread.some(
      ({ span }) =>
        span.file === within.file && span.start >= within.start && span.start <= within.end + READ_ON,
    );
  return diagnostics.filter((one) => {
    const within = ifReadable.get(one);
    return within === undefined || !isBroken(within);
  });
}

/** A head without a body ends a little before what could not be read. */
const READ_ON = 2;

/** Undefined where a limit was reached, which is told, or where samples say nothing. */
export function guarded(machine: Machine, compute: () => Model): Model | undefined {
  try {
    return compute();
  } catch (caught) {
    if (caught instanceof Exhausted || caught instanceof NotSampled) return undefined;
    if (!(caught instanceof RangeError)) throw caught;
    machine.tell(
      "VB3008",
      { file: machine.root, start: 0, end: 0 },
      "This is nested too deeply to be computed.",
    );
    return undefined;
  }
}

interface RunOptions extends Options {
  readonly macMoves: ReadonlyMap<string, number>;
  readonly sources: Map<string, string>;
}

function runModules(whole: Whole & { readonly frames: Map<CheckedModule, Env> }, options: RunOptions): Model {
  const { program, root, machine, frames } = whole;
  for (const module of program.modules.values()) {
    const env: Env = module === root ? whole.env : { slots: [] };
    frames.set(module, env);
    machine.globals.set(module.key, env);
  }
  const { input } = options;
  const prefixes = prefixesOf(root, program);
  const declared = root.body.declarations.find((declaration) => declaration.type.kind.name === "lab");
  machine.lab = new Lab(machine, {
    name: input.labName ?? declared?.name ?? defaultName(input.root, machine.world),
    allocations: input.allocations ?? {},
    macMoves: options.macMoves,
    bodies: bodiesOf(frames),
    env: whole.env,
    kind: (kind) => program.kind(kind),
  });
  options.staged?.begin(whole);
  for (const [module, frame] of frames)
    fillFrame(frame, module.body, prefixes.get(module.key) ?? "", undefined, machine);
  askParams(program, root, frames, machine, options);
  return makeModel(whole);
}

/** What each module declares, for the lab. */
export const bodiesOf = (frames: ReadonlyMap<CheckedModule, Env>): Lab["options"]["bodies"] =>
  [...frames].map(([module, env]) => ({ body: module.body, env }));

/**
 * What stands before the addresses of a module's things: the names of the shortest way of imports from the
 * root to it. Names are unique in a scope, so no thing has such an address already.
 */
function prefixesOf(root: CheckedModule, program: Program): ReadonlyMap<string, string> {
  const prefixes = new Map([[root.key, ""]]);
  for (const [key, prefix] of prefixes) {
    for (const [name, binding] of program.modules.get(key)?.scope.values ?? []) {
      const imported = binding.is === "module" ? binding.module.module : undefined;
      if (imported !== undefined && !prefixes.has(imported)) prefixes.set(imported, `${prefix}${name}.`);
    }
  }
  return prefixes;
}

/** When all names have their cells: a default may read any of them, and order never matters. */
function askParams(
  program: Program,
  root: CheckedModule,
  frames: ReadonlyMap<CheckedModule, Env>,
  machine: Machine,
  options: RunOptions,
): void {
  const given = options.staged?.test(root)?.params;
  for (const [module, env] of frames) {
    fillParams(module, env, module === root ? (options.input.params ?? {}) : {}, {
      program,
      machine,
      ...options,
      ...(given && module === root && { given }),
    });
  }
}

function defaultName(root: string, world: World): string {
  return baseName(world.kindOf(root) === "folder" ? root : folderOf(root)) || "lab";
}

const DIAGNOSTICS_MAX = 50;

/** By place, at most 50; the same mistake at the same place once. */
function sorted(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const unique = diagnostics.filter((diagnostic) => {
    const key = `${diagnostic.code} ${diagnostic.span.file} ${diagnostic.span.start} ${diagnostic.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const compare = (a: Diagnostic, b: Diagnostic): number =>
    a.span.file < b.span.file
      ? -1
      : a.span.file > b.span.file
        ? 1
        : a.span.start - b.span.start || a.span.end - b.span.end;
  return unique.toSorted(compare).slice(0, DIAGNOSTICS_MAX);
}
