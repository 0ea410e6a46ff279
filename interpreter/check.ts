// `check` and `plan` without a lab in this process: read, compare, tell. Changes nothing, makes no folder.

import { existsSync } from "node:fs";
import path from "node:path";
import type { EvaluateInput, World } from "../lang/index.ts";
import { connect } from "./control/client.ts";
import { realPathOf, socketPathOf } from "./control/paths.ts";
import { ImageFiles } from "./drivers/image-files.ts";
import type { Checked, Planned, Source } from "./lab-contract.ts";
import { define, desiredOf, nothing } from "./plan/definition.ts";
import { makePlan } from "./plan/make-plan.ts";
import { refusalOfProtected } from "./plan/protection.ts";
import { readLab } from "./read-lab.ts";
import type { Reading } from "./read-lab.ts";
import { findStateFolder } from "./state/folder.ts";
import { openState } from "./state/state.ts";
import type { State } from "./state/state.ts";
import { makeWorld, resolveFile } from "./world.ts";

/**
 * Reads and checks a lab, with the addresses that it has given out before. Throws `OperationError` for a
 * broken state.
 */
export function checkFile(source: Source): Checked {
  return withState(source, (state) => publicPart(read(source, state)));
}

/** What `up`, or a save in watch mode, would do now. Throws `OperationError` as `checkFile` does. */
export async function planFile(source: Source): Promise<Planned> {
  const rigid = await rigidDevices(source);
  const running = rigid !== undefined;
  return withState(source, (state) => {
    const reading = read(source, state);
    const checked = publicPart(reading);
    if (reading.model === undefined) return { ...checked, running };
    const last = running ? state?.lastGeneration() : undefined;
    const model = state === undefined ? reading.model : state.storable(reading.model);
    const observed =
      last === undefined ? nothing(model.lab) : define(last.model.lab, last.model.resources, rigid);
    const desired = desiredOf(model);
    const plan = makePlan(observed, desired);
    const refused = refusalOfProtected(state?.protections() ?? new Map(), desired, plan);
    return { ...checked, running, plan, ...(refused !== undefined && { refused }) };
  });
}

/** Asks the language about a lab, in the same world and with the same addresses as `checkFile`. */
export function askFile<T>(source: Source, ask: (world: World, input: EvaluateInput) => T): T {
  return withState(source, (state) => {
    const world = makeWorld(source.env ?? process.env, new ImageFiles(resolveFile));
    const allocations = state?.allocations() ?? {};
    return ask(world, { root: realPathOf(source.file), params: source.params ?? {}, allocations });
  });
}

function read(source: Source, state: State | undefined): Reading {
  return readLab({
    root: realPathOf(source.file),
    params: source.params ?? {},
    env: source.env ?? process.env,
    images: new ImageFiles(resolveFile),
    allocations: state?.allocations() ?? {},
  });
}

function publicPart({ model, diagnostics, diagnosticsText, sources }: Reading): Checked {
  return { ...(model !== undefined && { model }), diagnostics, diagnosticsText, sources };
}

/** The state of a lab, for reading; none where it was never applied. Throws `OperationError` `state`. */
export function withState<T>(source: Source, use: (state: State | undefined) => T): T {
  const folder = findStateFolder(source.file, source.env);
  const there = folder !== undefined && existsSync(path.join(folder, "state.db"));
  const state = there ? openState(folder, "reader") : undefined;
  try {
    return use(state);
  } finally {
    state?.close();
  }
}

/** Devices whose guests can't take other rings as they run; undefined where no lab runs. */
async function rigidDevices(source: Source): Promise<ReadonlySet<string> | undefined> {
  try {
    const client = await connect(socketPathOf(source.file, source.env));
    const { devices } = await client.request("snapshot", {}).finally(() => client.close());
    return new Set(devices.filter((device) => !device.reconfigurable).map(({ id }) => id));
  } catch {
    return undefined;
  }
}
