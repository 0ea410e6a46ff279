// Opens a lab in this process: reads its files, takes its lock, starts what they say, keeps it equal to them.

import { createHypervisor } from "../hypervisor/index.ts";
import type { Capture } from "../hypervisor/index.ts";
import { follower, showValue } from "../lang/index.ts";
import type { Allocations, Model } from "../lang/index.ts";
import { isoTime } from "./clock.ts";
import { captureSpecOf } from "./control/capture-desk.ts";
import { prepareRuntimeFolder, realPathOf, socketPathOf } from "./control/paths.ts";
import { ControlServer } from "./control/server.ts";
import type { LabEvent, LogLine, Methods, Snapshot } from "./control/protocol.ts";
import { SnapshotBuilder } from "./control/snapshot.ts";
import type { LabFacts } from "./control/snapshot.ts";
import type { Failure } from "./apply/executor.ts";
import { ImageFiles } from "./drivers/image-files.ts";
import { Engine } from "./engine.ts";
import { Follower } from "./follower.ts";
import { Holds } from "./holds.ts";
import type { Checked, Lab, LabOptions, Opened } from "./lab-contract.ts";
import { OperationError } from "./operation-error.ts";
import { desiredOf } from "./plan/definition.ts";
import type { Plan } from "./plan/plan.ts";
import { refusalOfProtected } from "./plan/protection.ts";
import { readLab } from "./read-lab.ts";
import type { Reading } from "./read-lab.ts";
import { generationOf, modelToRestore } from "./rollback.ts";
import type { RolledBack } from "./rollback.ts";
import { findStateFolder, prepareStateFolder } from "./state/folder.ts";
import { takeLock } from "./state/lock.ts";
import type { Lock } from "./state/lock.ts";
import { Recorder } from "./state/recorder.ts";
import { openState } from "./state/state.ts";
import type { State } from "./state/state.ts";
import { storableTexts } from "./state/texts.ts";
import { resolveFile } from "./world.ts";

/**
 * Starts a lab and resolves when the first apply is done (goals may be met later: `whenReady`). A text that
 * doesn't check gives diagnostics and no lab. Throws `OperationError`: `locked`, `denied`, `state`, `failed`
 * (nothing is left running).
 */
export async function openLab(options: LabOptions): Promise<Opened> {
  const root = realPathOf(options.file);
  const images = new ImageFiles(resolveFile);
  const evaluate = follower();
  const read = (state?: State, allocations = state?.allocations() ?? {}): Reading => {
    const { params = {}, env = process.env } = options;
    return readLab({ root, params, env, images, evaluate, allocations });
  };
  // The folder bears the lab's name, so a lab without one is read before it is locked.
  const first = findStateFolder(root, options.env) === undefined ? read() : undefined;
  if (first !== undefined && first.model === undefined) return first;
  const folder = prepareStateFolder(root, first?.model?.lab ?? "", options.env);
  const lock = takeLock(folder);
  let state: State | undefined;
  try {
    state = openState(folder);
    const reading = read(state);
    if (reading.model !== undefined)
      return await start({ root, options, images, lock, state, read, reading });
    state.close();
    lock.release();
    return reading;
  } catch (error) {
    state?.close();
    lock.release();
    throw error;
  }
}

interface Parts {
  readonly root: string;
  readonly options: LabOptions;
  readonly images: ImageFiles;
  readonly lock: Lock;
  readonly state: State;
  readonly read: (state: State, allocations?: Allocations) => Reading;
  readonly reading: Reading;
}

async function start(parts: Parts): Promise<Opened> {
  const { diagnostics, diagnosticsText, sources, model } = parts.reading;
  const lab = new RunningLab(parts);
  await lab.begin();
  return { lab, diagnostics, diagnosticsText, sources, ...(model !== undefined && { model }) };
}

class RunningLab implements Lab {
  readonly name: string;
  readonly file: string;
  readonly socketPath?: string;
  readonly stopped: Promise<string>;
  readonly #parts: Parts;
  readonly #engine: Engine;
  readonly #hypervisor: ReturnType<typeof createHypervisor>;
  readonly #builder: SnapshotBuilder;
  readonly #sampler: NodeJS.Timeout;
  readonly #follower: Follower;
  readonly #recorder: Recorder;
  readonly #tellStopped: (reason: string) => void;
  #control: ControlServer | undefined;
  #firstPlan: Plan | undefined;
  #applied: Reading;
  /** The newest reading of the files, good or not. */
  #newest: Reading;
  #generation = 0;
  /** Steps of the plan that made it. */
  #changes = 0;
  readonly #holds = new Holds();
  #down: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { options, reading, root, images, state } = parts;
    this.#parts = parts;
    this.name = reading.model?.lab ?? "";
    this.file = root;
    this.#applied = reading;
    this.#newest = reading;
    this.#hypervisor = options.hypervisor ?? createHypervisor({ lab: this.name });
    const durations = state.durations();
    const [lab, hypervisor, lastEvent] = [this.name, this.#hypervisor, state.lastEvent()];
    this.#engine = new Engine({ lab, hypervisor, images, clock: options.clock, durations, lastEvent });
    const failed = (message: string): void => this.#tellUnwritten(message);
    this.#recorder = new Recorder({ state, durations, failed });
    this.#engine.journal.on((event) => this.#recorder.event(event));
    if (options.control !== false) this.socketPath = socketPathOf(root, options.env);
    if (options.onEvent !== undefined) this.#engine.journal.on(options.onEvent);
    if (options.onLog !== undefined) this.#engine.logs.on(options.onLog);
    const { guests, ledger } = this.#engine;
    const facts = (): LabFacts => this.#facts();
    this.#builder = new SnapshotBuilder({
      hypervisor: this.#hypervisor,
      guests,
      ledger,
      clock: options.clock,
      facts,
    });
    this.#sampler = setInterval(() => this.#builder.sample(), 1000);
    this.#sampler.unref();
    this.#follower = new Follower({
      root,
      clock: options.clock,
      refresh: (since) => this.#refresh(since),
      journal: this.#engine.journal,
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    this.stopped = promise;
    this.#tellStopped = resolve;
  }

  get firstPlan(): Plan {
    if (this.#firstPlan === undefined) throw new OperationError("failed", "The lab has not been applied.");
    return this.#firstPlan;
  }

  /** The first apply. Throws when it fails; then nothing is left. */
  async begin(): Promise<void> {
    const { options, reading } = this.#parts;
    const { journal, logs } = this.#engine;
    try {
      if (this.socketPath !== undefined) {
        prepareRuntimeFolder(options.env);
        this.#control = await ControlServer.listen(this, this.socketPath, () => options.clock.now());
        journal.on((event) => this.#control?.event(event));
        logs.on((lines) => this.#control?.log(lines));
      }
      journal.add({ type: "lab", message: `${this.name} starts`, level: "info", actor: "host" });
      const failure = await this.#engine.lane.run(() => this.#adopt(reading, options.clock.now(), "file"));
      if (failure !== undefined)
        throw new OperationError("failed", `The lab could not be started: ${failure}.`);
      if (options.watch === true) await this.#follower.begin(this.#watchedFiles());
    } catch (error) {
      await this.#finish("it could not be started");
      throw error;
    }
  }

  snapshot(): Snapshot {
    return this.#builder.build();
  }

  events(since?: number): readonly LabEvent[] {
    return this.#engine.journal.since(since);
  }

  logs(params?: readonly string[] | Methods["logs"]["params"], lines?: number): readonly LogLine[] {
    if (params === undefined || isList(params)) return this.#engine.logs.last(params, lines);
    return this.#engine.logs.last(params.guests, params.lines);
  }

  onEvent(listener: (event: LabEvent) => void): () => void {
    return this.#engine.journal.on(listener);
  }

  onLog(listener: (lines: readonly LogLine[]) => void): () => void {
    return this.#engine.logs.on(listener);
  }

  whenReady(timeoutMs?: number): Promise<{ readonly ready: boolean; readonly failed: readonly string[] }> {
    return this.#engine.whenReady(timeoutMs);
  }

  reload(): Promise<Checked> {
    this.#holds.clear();
    return this.#refresh(this.#parts.options.clock.now());
  }

  rollback(number: number, { actor = "host" }: { readonly actor?: string } = {}): Promise<RolledBack> {
    return this.#engine.lane.run(async () => {
      if (this.#down !== undefined) throw new OperationError("failed", "The lab is going down.");
      const { state, images, options } = this.#parts;
      const model = modelToRestore(state, number, this.#applied.model as Model, images);
      const { sourceDigest } = generationOf(state, number);
      const [before, since] = [this.#generation, options.clock.now()];
      const reading: Reading = { ...this.#applied, model, sourceDigest };
      const failure = await this.#adopt(reading, since, actor, number);
      if (failure !== undefined) throw new OperationError("failed", `Nothing was gone back to: ${failure}.`);
      const held = this.#holds.goBack(number, model, this.#newest.model);
      if (held) this.#follower.tellRolledBack(number);
      const changes = this.#generation === before ? 0 : this.#changes;
      return { generation: this.#generation, changes, held };
    });
  }

  /**
   * Resolves when everything is down; what holds the answer back from the caller (the socket) ends right
   * after.
   */
  async stop(options: { readonly graceMs?: number; readonly actor?: string } = {}): Promise<void> {
    await this.#takeDown(options);
    const ended = this.#finish(`stopped by ${options.actor ?? "host"}`);
    if (options.actor !== "control") await ended;
  }

  async pause(guest: string): Promise<string | undefined> {
    const paused = await this.#hypervisor.pauseGuest(guest);
    return paused.ok ? undefined : paused.refusal.message;
  }

  resume(guest: string): string | undefined {
    const resumed = this.#hypervisor.resumeGuest(guest);
    return resumed.ok ? undefined : resumed.refusal.message;
  }

  typeConsole(guest: string, text: string): number | string {
    const row = this.snapshot().devices.find(
      (device) => device.class === "vconsole" && device.guests.includes(guest),
    );
    if (row === undefined) return `${guest} has no console`;
    const typed = this.#hypervisor.typeConsole(row.id, text);
    return typed.ok ? typed.value : typed.refusal.message;
  }

  capture(params: Methods["capture"]["params"]): Capture | string {
    const spec = captureSpecOf(params, this.snapshot());
    if (typeof spec === "string") return spec;
    const begun = this.#hypervisor.capture(spec);
    return begun.ok ? begun.value : begun.refusal.message;
  }

  /** A second call that is in a hurry kills what still takes its time. */
  #takeDown({
    graceMs,
    actor = "host",
  }: {
    readonly graceMs?: number;
    readonly actor?: string;
  }): Promise<void> {
    if (this.#down !== undefined) {
      if (graceMs === 0)
        for (const guest of this.#hypervisor.guests()) void this.#hypervisor.killGuest(guest.id);
      return this.#down;
    }
    this.#engine.journal.add({ type: "lab", message: "going down", level: "info", actor });
    const grace = graceMs === undefined ? {} : { graceMs };
    this.#down = this.#follower
      .close()
      .then(() => this.#engine.lane.run(() => this.#engine.takeDown({ actor, ...grace })));
    return this.#down;
  }

  /** Gives everything back: socket, hypervisor, state, lock. */
  #finish(reason: string): Promise<void> {
    this.#ended ??= (async () => {
      clearInterval(this.#sampler);
      await this.#follower.close();
      this.#engine.close();
      this.#engine.journal.add({ type: "lab", message: "down", level: "info", actor: "host" });
      await this.#control?.close(reason);
      await this.#hypervisor.close();
      this.#recorder.flush();
      this.#parts.state.close();
      this.#parts.lock.release();
      this.#tellStopped(reason);
    })();
    return this.#ended;
  }

  /** Reads the files again and goes on from what they say now; what doesn't check changes nothing. */
  #refresh(since: number): Promise<Checked> {
    return this.#engine.lane.run(async () => {
      const before = this.#newest;
      if (this.#down !== undefined) return before;
      const reading = this.#parts.read(this.#parts.state, this.#holds.allocations);
      this.#newest = reading;
      if (reading.model === undefined) {
        if (reading.diagnosticsText !== before.diagnosticsText) this.#follower.tellHeld(reading);
      } else {
        const failure = this.#holds.waits(reading.model)
          ? undefined
          : (this.#holds.failureOf(reading.model) ?? (await this.#adopt(reading, since, "file")));
        this.#holds.refusal = failure === undefined ? undefined : { model: reading.model, failure };
        if (before.model === undefined && failure === undefined) this.#follower.tellWell();
      }
      await this.#follower.follow(this.#watchedFiles());
      return reading;
    });
  }

  /** Applies a good reading. In the lane only. A sentence about what failed, if something did. */
  async #adopt(reading: Reading, since: number, actor: string, origin?: number): Promise<string | undefined> {
    const { state, options } = this.#parts;
    const model = reading.model as Model;
    if (model.lab !== this.name) return `its name is ${this.name} while it runs, not ${model.lab}`;
    const desired = desiredOf(model);
    const refuse = (plan: Plan): string | undefined => refusalOfProtected(state.protections(), desired, plan);
    const { plan, ...result } = await this.#follower.applying(() =>
      this.#engine.apply(desired, { actor, refuse }),
    );
    this.#firstPlan ??= plan;
    if (!result.ok) return failureText(result.failure);
    this.#applied = reading;
    this.#holds.clear();
    if (plan.steps.length === 0) return undefined;
    const time = isoTime(options.clock);
    const { sourceDigest } = reading;
    const texts = storableTexts(reading.sources, this.file);
    const from = origin === undefined ? {} : { origin };
    const [changes, params] = [plan.steps.length, options.params ?? {}];
    this.#generation = state.commit({ time, sourceDigest, params, model, actor, changes, texts, ...from });
    this.#changes = changes;
    const elapsedMs = options.clock.now() - since;
    this.#follower.tellApplied(plan, { generation: this.#generation, elapsedMs, actor, ...from });
    return undefined;
  }

  #tellUnwritten(message: string): void {
    this.#engine.journal.add({ type: "lab", message, level: "warning", actor: "host" });
  }

  /** Those of the last good reading and of the newest. */
  #watchedFiles(): readonly string[] {
    return [...this.#applied.inputs, ...this.#newest.inputs];
  }

  #facts(): LabFacts {
    const { lab, diagnostics, diagnosticsText } = { lab: this.name, ...this.#newest };
    const held = this.#newest.model === undefined || this.#holds.any;
    const to = this.#holds.rolledBack?.to;
    return {
      lab,
      file: this.file,
      generation: this.#generation,
      ...(to !== undefined && { rolledBack: to }),
      ready: this.#engine.ready,
      failures: this.#engine.failures,
      watch: this.#follower.state(held),
      outputs: (this.#applied.model?.outputs ?? []).map(({ name, value }) => ({
        name,
        text: showValue(value),
      })),
      diagnostics,
      diagnosticsText: diagnosticsText + this.#holds.text(),
    };
  }
}

/** What is refused as a whole has no address. */
function failureText({ address, message }: Failure): string {
  return address === "" ? message : `${address}: ${message}`;
}

function isList(params: readonly string[] | Methods["logs"]["params"]): params is readonly string[] {
  return Array.isArray(params);
}
