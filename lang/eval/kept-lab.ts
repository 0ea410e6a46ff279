// A lab that is evaluated again after every edit. What neither the edit nor anything that it reaches by name
// has touched is taken over: its checked code, its things, what they were settled to. In whatever may be
// different in another way (another import, parameter or answer of the outside, a mistake, a network or a
// device that comes or goes and changes others' addresses) the lab is evaluated whole.

import type { Allocations, Model } from "../model.ts";
import { loadModules, type Loaded, type LoadedModule, type Parse } from "../resolve/load.ts";
import type * as ast from "../syntax/ast.ts";
import { PRELUDE, nameOfItem, recheckRoot } from "../types/check-program.ts";
import type { Notes } from "../types/notes.ts";
import type { CheckedModule, Program } from "../types/program.ts";
import type { World } from "../world.ts";
import { fillFrame, thingsIn } from "./build.ts";
import { bodiesOf, evaluateLoaded, guarded } from "./evaluate.ts";
import type { EvaluateInput, Evaluation, Whole } from "./evaluate.ts";
import { Lab } from "./lab.ts";
import { LIMITS, type Machine } from "./machine.ts";
import { findMacClash, makeModel } from "./make-model.ts";
import { canBePartlyKept, changedAttributes, letGo, settleAll, type PartlyKept } from "./partly-kept.ts";
import { RememberedWorld } from "./remembered-world.ts";
import { plugOf } from "./segments.ts";
import type { Cell, Env, Thing } from "./thing.ts";
import { noteWords, untouched, WHOLE_LAB } from "./touched.ts";
import { contentOf } from "./walk.ts";

/** A lab that was evaluated without a mistake or a warning. */
interface Base {
  readonly input: EvaluateInput;
  readonly loaded: Loaded;
  readonly whole: Whole;
  readonly model: Model;
  readonly lab: Lab;
  /** Texts that are no files: parameters. */
  readonly written: readonly (readonly [string, string])[];
}

/** Trees, what they mean, and, where that is right, what they come to. */
export interface Understood {
  readonly loaded: Loaded;
  readonly program: Program;
  readonly whole?: Whole;
}

/** One lab's evaluations, one after the other. Trees that `parse` gives belong to it: places in them move. */
export class KeptLab {
  readonly #parse: Parse;
  readonly #notes: Notes | undefined;
  #newest: Understood | undefined;
  #base: Base | undefined;
  #world: RememberedWorld | undefined;

  /** `notes` are filled by each check. */
  constructor(parse: Parse, notes?: Notes) {
    this.#parse = parse;
    this.#notes = notes;
  }

  /** What the newest evaluation was made of, mistakes or not. It holds until the next. */
  get newest(): Understood | undefined {
    return this.#newest;
  }

  /**
   * The same as an evaluation from nothing, places of an earlier answer's resources aside: they move along.
   */
  evaluate(world: World, input: EvaluateInput): Evaluation {
    const loaded = loadModules(world, [PRELUDE, input.root], this.#parse);
    for (const module of loaded.modules.slice(-1)) noteWords(itemsOf(module), (item) => textOf(item, loaded));
    return this.#again(loaded, world, input) ?? this.#whole(loaded, world, input);
  }

  #whole(loaded: Loaded, world: World, input: EvaluateInput): Evaluation {
    const remembered = new RememberedWorld(world);
    const { evaluation, program, whole } = evaluateLoaded(loaded, remembered, {
      input,
      parse: this.#parse,
      notes: this.#notes,
    });
    this.#newest = { loaded, program, ...(whole && { whole }) };
    const { model, diagnostics, sources } = evaluation;
    if (!model || !whole || diagnostics.length > 0) return evaluation;
    this.#world = remembered;
    this.#base = {
      input,
      loaded,
      whole,
      model,
      lab: whole.machine.lab,
      written: [...sources].filter(([file]) => !loaded.sources.has(file)),
    };
    return evaluation;
  }

  /** Undefined where something may differ that is not looked at here, or is wrong. */
  #again(loaded: Loaded, world: World, input: EvaluateInput): Evaluation | undefined {
    const base = this.#base;
    if (!base || loaded.diagnostics.length > 0 || !sameQuestion(base.input, input)) return undefined;
    const { machine } = base.whole;
    if (machine.steps > LIMITS.steps / 2 || machine.elements > LIMITS.elements / 2) return undefined;
    const edit = editOf(base, loaded);
    if (!edit || !this.#world?.follow(world)) return undefined;
    const program = recheckRoot(base.whole.program, edit.root, edit.kept);
    const root = program.modules.get(input.root);
    if (!root || program.reporter.diagnostics.length > 0) return undefined;
    let again: Renewed | undefined;
    // Things that stay get values of this edit before it is known to be right. If it is not, the base still
    // holds: whatever differs from its text, also by an edit taken back, is let go of again next time.
    const model = guarded(machine, () => {
      again = renew(base, { ...base.whole, program, root }, edit, input);
      return makeModel(again.whole, again);
    });
    if (!again || !model || machine.diagnostics.length > 0 || again.movedOthers()) return undefined;
    const inputs = [...new Set([...loaded.inputs, ...machine.inputs])];
    const sources = new Map([...loaded.sources, ...base.written]);
    const whole = { ...model, inputs };
    this.#base = { ...base, input, loaded, whole: again.whole, model: whole, lab: machine.lab };
    this.#newest = { loaded, program, whole: again.whole };
    return { model: whole, diagnostics: [], sources, inputs };
  }
}

/** The same lab with the same parameters; addresses are looked at where they are given out. */
function sameQuestion(a: EvaluateInput, b: EvaluateInput): boolean {
  return (
    a.root === b.root &&
    a.labName === b.labName &&
    JSON.stringify(a.params ?? {}) === JSON.stringify(b.params ?? {})
  );
}

interface Edit {
  readonly root: LoadedModule;
  /** Items of the root that mean what they meant. */
  readonly kept: ReadonlySet<ast.Item>;
  /** Declarations, by name, of which only these attributes changed. */
  readonly partly: ReadonlyMap<string, ReadonlySet<string>>;
}

const itemsOf = (module: LoadedModule): readonly ast.Item[] => module.files.flatMap((file) => file.items);

/** What differs between two readings; undefined where it is more than items of the root. */
function editOf(base: Base, loaded: Loaded): Edit | undefined {
  const before = base.loaded.modules;
  const [oldRoot, root] = [before.at(-1), loaded.modules.at(-1)];
  if (!oldRoot || !root || before.length !== loaded.modules.length) return undefined;
  const sameOthers = loaded.modules.slice(0, -1).every((module, i) => isSame(module, before[i]));
  if (!sameOthers || root.key !== oldRoot.key || asksOutsideRoot(loaded, root)) return undefined;
  const found = untouched(itemsOf(oldRoot), itemsOf(root));
  if (!found) return undefined;
  const partly = new Map<string, ReadonlySet<string>>();
  const olds = new Map(itemsOf(oldRoot).map((item) => [nameOfItem(item), item]));
  for (const item of itemsOf(root)) {
    const old = item.node === "declaration" ? olds.get(item.name.text) : undefined;
    if (item.node !== "declaration" || old?.node !== "declaration" || old === item) continue;
    const changed = changedAttributes(old, item, found.touched, (part) => textOf(part, loaded));
    if (changed) partly.set(item.name.text, changed);
  }
  return { root, kept: found.kept, partly };
}

function isSame(module: LoadedModule, other: LoadedModule | undefined): boolean {
  return (
    other?.key === module.key &&
    other.files.length === module.files.length &&
    module.files.every((file, i) => file === other.files[i])
  );
}

/** Whether an imported module may ask about the whole lab, which the edit changes. */
function asksOutsideRoot({ sources, modules }: Loaded, root: LoadedModule): boolean {
  const others = modules.filter(({ key }) => key !== root.key && key !== PRELUDE);
  const texts = others.flatMap(({ files }) => files.map(({ file }) => sources.get(file) ?? ""));
  return texts.some((text) => WHOLE_LAB.some((word) => text.includes(word)));
}

const textOf = ({ span }: { readonly span: ast.Span }, { sources }: Loaded): string =>
  sources.get(span.file)?.slice(span.start, span.end) ?? "";

/** What the model is made anew of. */
interface Renewed {
  readonly whole: Whole;
  readonly fresh: readonly Thing[];
  readonly rewired: readonly Thing[];
  readonly sameSegments: boolean;
  readonly allocations: Allocations;
  /** Whether a thing that was taken over would now have another address. */
  readonly movedOthers: () => boolean;
}

/** Frames in which what is kept stands as it was, and a lab that asks for the rest. */
function renew(base: Base, whole: Whole, edit: Edit, input: EvaluateInput): Renewed {
  const { machine, root } = whole;
  const env: Env = { slots: [...base.whole.env.slots] };
  const frames = framesOf(base.whole, root, env);
  machine.begin(root.key, env);
  machine.lab = new Lab(machine, {
    ...base.lab.options,
    allocations: input.allocations ?? {},
    bodies: bodiesOf(frames),
    env,
    kind: (kind) => whole.program.kind(kind),
  });
  const { gone, parts, added } = fillAgain(base, root, env, edit, machine);
  const left = gone.flatMap((cell) => contentOf(cell, machine));
  const fresh = added.flatMap((cell) => contentOf(cell, machine));
  const sameSegments =
    isGivenOut(base, input.allocations ?? {}) &&
    ![...left, ...fresh].some((thing) => plugOf(thing) ?? thing.kind.name === "network");
  if (sameSegments) machine.lab.adoptSegments(base.lab);
  const rewired = parts.flatMap((part) => settleAll(part, machine));
  const changed = [...fresh, ...parts.flatMap(({ things }) => things)];
  return {
    whole: { ...whole, env, frames },
    fresh: changed,
    rewired: [...fresh, ...rewired],
    sameSegments,
    allocations: base.model.allocations,
    movedOthers: () => !sameSegments && haveMoved(base.lab, machine.lab),
  };
}

/** The cells of declarations that are gone or new, and what is kept of those that changed in part. */
function fillAgain(base: Base, root: CheckedModule, env: Env, edit: Edit, machine: Machine) {
  const names = new Set([...edit.kept].map(nameOfItem));
  const isNew = ({ name }: { readonly name: string }): boolean => !names.has(name);
  const old = base.whole.root.body;
  const olds = new Map(old.declarations.filter(isNew).map((blueprint) => [blueprint.name, blueprint]));
  const cellIn = (frame: Env, { slot }: { readonly slot: number }): Cell => frame.slots[slot] as Cell;
  const parts: PartlyKept[] = [];
  const added = root.body.declarations.filter((blueprint) => {
    if (!isNew(blueprint)) return false;
    const [before, changed] = [olds.get(blueprint.name), edit.partly.get(blueprint.name)];
    if (!before || !changed) return true;
    const cell = cellIn(base.whole.env, before);
    const things = thingsIn(cell.value);
    const part = canBePartlyKept(things) ? letGo(things, blueprint, changed) : undefined;
    if (!part) return true;
    parts.push(part);
    olds.delete(blueprint.name);
    env.slots[before.slot] = undefined;
    env.slots[blueprint.slot] = cell;
    return false;
  });
  const gone = [...olds.values()].map((blueprint) => cellIn(base.whole.env, blueprint));
  for (const { slot } of [...olds.values(), ...old.lets.filter(isNew)]) env.slots[slot] = undefined;
  const lets = root.body.lets.filter(isNew);
  fillFrame(env, { asserts: [], lets, declarations: added }, "", undefined, machine);
  return { gone, parts, added: added.map((blueprint) => cellIn(env, blueprint)) };
}

function framesOf(before: Whole, root: CheckedModule, env: Env): ReadonlyMap<CheckedModule, Env> {
  return new Map(
    [...before.frames].map(([module, frame]) => (module === before.root ? [root, env] : [module, frame])),
  );
}

/** Whether giving addresses out from these comes to what was given out. */
function isGivenOut({ input, model }: Base, kept: Allocations): boolean {
  return sameTexts(kept, model.allocations) || sameTexts(kept, input.allocations ?? {});
}

function sameTexts(a: Allocations, b: Allocations): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Whether a device that is in both labs has another address now, or would have. */
function haveMoved(before: Lab, now: Lab): boolean {
  if (before.options.macMoves.size > 0 || findMacClash(now.machine)) return true;
  const known = new Map<Thing, string>();
  for (const { result } of before.allocations.values())
    for (const [device, text] of result?.addresses ?? []) known.set(device, text);
  for (const { result } of now.allocations.values()) {
    for (const [device, text] of result?.addresses ?? [])
      if (known.has(device) && known.get(device) !== text) return true;
  }
  return false;
}
