// `check` and `plan` without a lab in this process: read, compare, tell. Changes nothing, makes no folder.

import { readFileSync } from "node:fs";
import { countsOf, evaluate, evaluateSampled } from "../lang/index.ts";
import type { EvaluateInput, Evaluation, World } from "../lang/index.ts";
import type { LabClient } from "./control/client.ts";
import { realPathOf, socketPathOf } from "./control/paths.ts";
import { ImageFiles } from "./drivers/image-files.ts";
import { refusals, sumsUp } from "./drivers/unsupported.ts";
import { sentParameters } from "./given.ts";
import type { Checked, Planned, Source, Verdict } from "./lab-contract.ts";
import { OperationError } from "./operation-error.ts";
import { desiredOf, nothing } from "./plan/definition.ts";
import { withExpected } from "./plan/expect.ts";
import { refusalOfProtected } from "./plan/protection.ts";
import { select } from "./plan/select.ts";
import type { Selection } from "./plan/select.ts";
import { readLab } from "./read-lab.ts";
import type { Reading } from "./read-lab.ts";
import { findState } from "./state/folder.ts";
import type { State } from "./state/state.ts";
import { makeWorld, resolveFile } from "./world.ts";

/**
 * Reads and checks a lab, with the addresses that it has given out before. Throws `OperationError` for a
 * broken state.
 */
export function checkFile(source: Source): Promise<Checked> {
  return withStateIfAny(source, (state) => publicPart(read(source, state)));
}

/**
 * As `checkFile`, without a model: whether a lab is right, and how many things it has of each kind. Takes no
 * longer for a large family of equals than for a small one.
 */
export function judgeFile(source: Source): Promise<Verdict> {
  return withStateIfAny(source, (state) => {
    const { model, ...checked } = publicPart(read(source, state, evaluateForVerdict));
    return { ...checked, ...(model !== undefined && { counts: model.counts ?? countsOf(model.resources) }) };
  });
}

/** What the host side refuses, and what it sums up over all guests, is asked of all of them. */
function evaluateForVerdict(world: World, input: EvaluateInput): Evaluation {
  const evaluation = evaluateSampled(world, input);
  const { model } = evaluation;
  const isOfAll = model?.counts && (sumsUp(model) || refusals(model).length > 0);
  return isOfAll ? evaluate(world, input) : evaluation;
}

/**
 * What `up`, or a save in watch mode, would do now: asked of the lab where it runs, else from nothing. What
 * is given is then laid over what the lab was started with. Throws `OperationError` as `checkFile` does, and
 * `usage` for an address that nobody has.
 */
export async function planFile(source: Source, selection: Selection = {}): Promise<Planned> {
  const client = await connectIfRunning(source);
  if (client !== undefined) {
    const parameters = sentParameters(source.params, source.env);
    const answer = await client.request("plan", { parameters, ...selection }).finally(() => client.close());
    const { diagnostics, diagnosticsText, plan, bound, refused } = answer;
    const sources = textsOf(diagnostics.map(({ span }) => span.file));
    return {
      diagnostics,
      diagnosticsText,
      sources,
      running: true,
      bound,
      ...(plan && { plan }),
      ...(refused && { refused }),
    };
  }
  return withStateIfAny(source, (state) => {
    const reading = read(source, state);
    const checked = { ...publicPart(reading), running: false };
    if (reading.model === undefined) return checked;
    const declared = desiredOf(reading.model);
    const { plan, desired } = select(nothing(reading.model.lab), declared, selection);
    const refused = refusalOfProtected(state?.protections() ?? new Map(), desired, plan);
    const known = state === undefined ? plan : withExpected(plan, state.durations());
    return { ...checked, plan: known, ...(refused !== undefined && { refused }) };
  });
}

/** Of the files that diagnostics are about; one that can't be read is left out. */
function textsOf(files: readonly string[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const file of new Set(files)) {
    const path = resolveFile(file);
    try {
      if (path !== undefined) texts.set(file, readFileSync(path, "utf8"));
    } catch {
      // The frame is left out; the place is in the diagnostic.
    }
  }
  return texts;
}

/** Asks the language about a lab, in the same world and with the same addresses as `checkFile`. */
export function askFile<T>(source: Source, ask: (world: World, input: EvaluateInput) => T): Promise<T> {
  return withStateIfAny(source, (state) => {
    const world = makeWorld(source.env ?? process.env, new ImageFiles(resolveFile, undefined, source.env));
    const allocations = state?.allocations() ?? {};
    return ask(world, { root: realPathOf(source.file), params: source.params ?? {}, allocations });
  });
}

function read(source: Source, state: State | undefined, how = evaluate): Reading {
  return readLab({
    evaluate: how,
    root: realPathOf(source.file),
    params: source.params ?? {},
    env: source.env ?? process.env,
    images: new ImageFiles(resolveFile, undefined, source.env),
    allocations: state?.allocations() ?? {},
  });
}

function publicPart({ model, diagnostics, diagnosticsText, sources }: Reading): Checked {
  return { ...(model !== undefined && { model }), diagnostics, diagnosticsText, sources };
}

/** The same as `withState`, which is loaded where there is a state: most labs were never applied. */
async function withStateIfAny<T>(source: Source, use: (state: State | undefined) => T): Promise<T> {
  if (findState(source.file, source.env) === undefined) return use(undefined);
  return (await import("./state/with-state.ts")).withState(source, use);
}

/** The running lab of a file; undefined where there is none. */
async function connectIfRunning(source: Source): Promise<LabClient | undefined> {
  const { connect } = await import("./control/client.ts");
  try {
    return await connect(socketPathOf(source.file, source.env));
  } catch (error) {
    if (error instanceof OperationError && error.trouble === "not-running") return undefined;
    throw error;
  }
}
