// The whole way from files to the model: load, check, run, settle. Answers with diagnostics, never throws for
// a user's mistake.

import type { Diagnostic } from "../diagnostics.ts";
import type { Allocations, Model } from "../model.ts";
import { loadModules, type Parse } from "../resolve/load.ts";
import { baseName, folderOf } from "../resolve/paths.ts";
import type { CompiledTest } from "../testing/compiled.ts";
import type { Blueprint } from "../types/declared.ts";
import { checkProgram, PRELUDE } from "../types/check-program.ts";
import type { CheckedModule, Program } from "../types/program.ts";
import type { Span } from "../syntax/ast.ts";
import type { World } from "../world.ts";
import { fillFrame } from "./build.ts";
import { Exhausted, Machine } from "./machine.ts";
import { checkLab } from "./check-lab.ts";
import { Lab } from "./lab.ts";
import { fillParams, type ParamInput } from "./params.ts";
import { plainValue } from "./plain.ts";
import { isSecret } from "./datum.ts";
import { run } from "./run.ts";
import { noteContents, settleThing, type Settled } from "./settle.ts";
import { Thing, type Env } from "./thing.ts";
import { attempt } from "./walk.ts";

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
}

export function evaluateFiles(world: World, input: EvaluateInput, parse: Parse, staged?: Staged): Evaluation {
  const loaded = loadModules(world, [PRELUDE, input.root], parse);
  const sources = new Map(loaded.sources);
  const program = checkProgram(loaded.modules, input.root, world.drivers);
  const found = [...loaded.diagnostics, ...readable(program, loaded.diagnostics)];
  const root = program.modules.get(input.root);
  const unread = loaded.diagnostics.some((diagnostic) => diagnostic.severity === "error");
  if (unread || !root || found.some((diagnostic) => diagnostic.severity === "error")) {
    return { diagnostics: sorted(found), sources, inputs: loaded.inputs };
  }
  const macMoves = new Map<string, number>();
  // Bound: MAC_ROUNDS_MAX.
  for (let round = 0; ; round++) {
    const machine = new Machine(world, input.root);
    const model = runModules(program, root, machine, { input, macMoves, parse, sources, staged });
    const clash = round < MAC_ROUNDS_MAX && model ? findMacClash(machine) : undefined;
    if (clash) {
      macMoves.set(clash, (macMoves.get(clash) ?? 0) + 1);
      continue;
    }
    const diagnostics = sorted([...found, ...machine.diagnostics]);
    const inputs = [...new Set([...loaded.inputs, ...machine.inputs])];
    const failed = !model || machine.diagnostics.some((diagnostic) => diagnostic.severity === "error");
    return failed
      ? { diagnostics, sources, inputs }
      : { model: { ...model, inputs }, diagnostics, sources, inputs };
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

interface Options {
  readonly input: EvaluateInput;
  readonly macMoves: ReadonlyMap<string, number>;
  readonly parse: Parse;
  readonly sources: Map<string, string>;
  readonly staged: Staged | undefined;
}

function runModules(
  program: Program,
  root: CheckedModule,
  machine: Machine,
  options: Options,
): Model | undefined {
  try {
    return makeModel(program, root, machine, options);
  } catch (caught) {
    if (caught instanceof Exhausted) return undefined;
    if (!(caught instanceof RangeError)) throw caught;
    machine.tell(
      "VB3008",
      { file: options.input.root, start: 0, end: 0 },
      "This is nested too deeply to be computed.",
    );
    return undefined;
  }
}

function makeModel(program: Program, root: CheckedModule, machine: Machine, options: Options): Model {
  const frames = new Map<CheckedModule, Env>();
  for (const module of program.modules.values()) {
    const env: Env = { slots: [] };
    frames.set(module, env);
    machine.globals.set(module.key, env);
  }
  const env = frames.get(root) ?? { slots: [] };
  const { input } = options;
  const prefixes = prefixesOf(root, program);
  const declared = root.body.declarations.find((declaration) => declaration.type.kind.name === "lab");
  const name = input.labName ?? declared?.name ?? defaultName(input.root, machine.world);
  machine.lab = new Lab(machine, {
    name,
    allocations: input.allocations ?? {},
    macMoves: options.macMoves,
    bodies: [...frames].map(([module, frame]) => ({ body: module.body, env: frame })),
    env,
    kind: (kind) => program.kind(kind),
  });
  options.staged?.begin({ program, root, machine, env });
  for (const [module, frame] of frames)
    fillFrame(frame, module.body, prefixes.get(module.key) ?? "", undefined, machine);
  askParams(program, root, frames, machine, options);
  const things = machine.lab.things();
  noteContents(things);
  const into: Settled = { resources: [], paths: new Set() };
  const labThing = declared ? undefined : defaultLab(program, root, name, env);
  if (labThing) settleThing(labThing, undefined, into, machine);
  for (const thing of things.filter((one) => one.kind.name === "lab"))
    settleThing(thing, undefined, into, machine);
  for (const thing of things) if (thing.kind.name !== "lab") settleOne(thing, into, machine);
  checkLab(program, frames, things, into.resources, machine);
  return {
    lab: name,
    resources: into.resources,
    outputs: outputsOf(root, env, machine),
    allocations: allocationsOf(machine),
    inputs: [],
    paths: [...into.paths],
  };
}

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
  options: Options,
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

/**
 * The lab where no block declares it: all defaults. Its address is `lab`, which is free in nearly every file.
 */
function defaultLab(program: Program, root: CheckedModule, name: string, env: Env): Thing | undefined {
  const kind = program.kind("lab");
  if (!kind) return undefined;
  const address = root.scope.values.has("lab") ? `lab:${name}` : "lab";
  const head = { file: root.key, start: 0, end: 0 };
  const blueprint: Blueprint = {
    name,
    type: { is: "thing", kind },
    head,
    nameSpan: head,
    slot: -1,
    frame: { slots: 0 },
    set: new Map(),
    body: { lets: [], declarations: [], asserts: [] },
  };
  return new Thing({ address, name, blueprint, owner: undefined, env: { slots: [], parent: env } });
}

/** A thing, and the private bus that it got, which comes right after it. */
function settleOne(thing: Thing, into: Settled, machine: Machine): void {
  if (thing.kind.is !== "kind") {
    settleComponent(thing, machine);
    return;
  }
  settleThing(thing, busOf(thing, machine), into, machine);
  const own = machine.lab.privates.get(thing);
  if (own) settleThing(own, undefined, into, machine);
}

/** A component's instance is no resource, but its parameters and constraints are asked. */
function settleComponent(thing: Thing, machine: Machine): void {
  settleThing(thing, undefined, { resources: [], paths: new Set() }, machine);
}

/** The bus that a device stands on: the block around it, or the private one of the guest around it. */
function busOf(thing: Thing, machine: Machine): string | undefined {
  const { owner } = thing;
  if (!owner || owner.kind.is !== "kind" || !owner.kind.table.holds.has(thing.kind.name)) return undefined;
  return (machine.lab.privates.get(owner) ?? owner).address;
}

function outputsOf(root: CheckedModule, env: Env, machine: Machine): Model["outputs"] {
  return root.outputs.flatMap((output) => {
    const datum = attempt(() => run(output.code, env, machine));
    if (!datum) return [];
    if (isSecret(datum)) {
      machine.tell(
        "VB3012",
        output.span,
        `The output \`${output.name}\` is printed: it can't be computed from a secret.`,
      );
      return [];
    }
    return [{ name: output.name, value: plainValue(datum) }];
  });
}

function allocationsOf(machine: Machine): Allocations {
  const given: Record<string, string> = {};
  for (const { result } of machine.lab.allocations.values()) {
    for (const [device, text] of result?.addresses ?? []) given[device.address] = text;
  }
  return given;
}

/** The address of the second device of a segment that has another's MAC by chance; it moves on. */
function findMacClash(machine: Machine): string | undefined {
  for (const segment of machine.lab.segments()?.all ?? []) {
    const seen = new Map<string, Thing>();
    const devices = segment.devices.filter(({ plug }) => plug.mac);
    // Written ones first: they stay.
    const isAuto = devices.map(({ device, plug }) => isAutoMac(device, plug.mac?.name));
    const order = [...devices.filter((_, i) => !isAuto[i]), ...devices.filter((_, i) => isAuto[i])];
    for (const { device, plug } of order) {
      const cell = plug.mac && device.members.slots[plug.mac.slot];
      const text = cell && "state" in cell && cell.value?.is === "mac" ? cell.value.text : undefined;
      if (text === undefined) continue;
      if (seen.has(text) && isAutoMac(device, plug.mac?.name)) return device.address;
      seen.set(text, device);
    }
  }
  return undefined;
}

const isAutoMac = (device: Thing, name: string | undefined): boolean =>
  name !== undefined && device.origin(name)?.origin === "auto";

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
