// Opens a lab in this process: reads its files, takes its lock, starts what they say, keeps it equal to them.

import path from "node:path";
import { createHypervisor } from "../hypervisor/index.ts";
import type { Capture, CommandResult, CommitOptions, HypervisorOptions } from "../hypervisor/index.ts";
import { follower } from "../lang/index.ts";
import type { AdminTree } from "./drift/admin.ts";
import { captureSpecOf } from "./control/capture-desk.ts";
import { prepareRuntimeFolder, realPathOf, socketPathOf } from "./control/paths.ts";
import { ControlServer } from "./control/server.ts";
import type {
  ApplyAnswer,
  ApplyRequest,
  LabEvent,
  LogLine,
  Methods,
  PlanAnswer,
  PlanRequest,
  Snapshot,
} from "./control/protocol.ts";
import type { CopyHost } from "./control/file-copy.ts";
import { typeConsole } from "./control/type-console.ts";
import { SnapshotBuilder } from "./control/snapshot.ts";
import type { LabFacts } from "./control/snapshot.ts";
import { ImageFiles } from "./drivers/image-files.ts";
import { Engine } from "./engine.ts";
import { Follower } from "./follower.ts";
import { givenOf, Keeper } from "./keeper.ts";
import type { KeeperSources, Read } from "./keeper.ts";
import type { Checked, Lab, LabOptions, Opened, StopOptions } from "./lab-contract.ts";
import { withExpected } from "./plan/expect.ts";
import { MetricsEndpoint } from "./metrics/endpoint.ts";
import { metricsText } from "./metrics/metrics.ts";
import type { Plan } from "./plan/plan.ts";
import { readLab } from "./read-lab.ts";
import { sentenceOf } from "./operation-error.ts";
import type { RolledBack } from "./rollback.ts";
import { SnapshotDesk } from "./snapshots/desk.ts";
import { Shelf } from "./snapshots/shelf.ts";
import { findStateFolder, prepareStateFolder } from "./state/folder.ts";
import { takeLock } from "./state/lock.ts";
import type { Lock } from "./state/lock.ts";
import type { Durations } from "./state/durations.ts";
import { Recorder } from "./state/recorder.ts";
import { openPassingState, openState } from "./state/state.ts";
import type { State } from "./state/state.ts";
import { deleteStored, storedVolumes } from "./stored.ts";
import type { Committed, StoredVolume } from "./stored.ts";
import { resolveFile } from "./world.ts";

/** How long a command in a guest may take where nobody says. */
const EXEC_MS = 30_000;

/**
 * Starts a lab and resolves when the first apply is done (goals may be met later: `whenReady`). A text that
 * doesn't check gives diagnostics and no lab. Throws `OperationError`: `locked`, `denied`, `state`, `failed`
 * (nothing is left running).
 */
export async function openLab(options: LabOptions): Promise<Opened> {
  const { given: files } = options;
  const root = files?.has(options.file) ? options.file : realPathOf(options.file);
  const images = new ImageFiles(resolveFile, files, options.env);
  const following = follower();
  const read: Read = (state, how = {}) => {
    const { given = givenOf(options), evaluate = following } = how;
    const { allocations = state?.allocations() ?? {}, lay } = how;
    return readLab({ root, ...given, images, evaluate, given: files, allocations, lay });
  };
  const passing: Lock = { release: () => undefined };
  if (options.state === false) return openWith(openPassingState, passing);
  // The folder bears the lab's name, so a lab without one is read before it is locked.
  const first = findStateFolder(root, options.env) === undefined ? read() : undefined;
  if (first !== undefined && first.model === undefined) return first;
  const folder = prepareStateFolder(root, first?.model?.lab ?? "", options.env);
  return openWith(() => openState(folder), takeLock(folder), path.join(folder, "volumes"));

  async function openWith(open: () => State, lock: Lock, volumes?: string): Promise<Opened> {
    let state: State | undefined;
    try {
      state = open();
      const reading = read(state);
      if (reading.model !== undefined)
        return await start({
          root,
          options,
          images,
          lock,
          state,
          read,
          reading,
          ...(volumes !== undefined && { volumes }),
        });
      state.close();
      lock.release();
      return reading;
    } catch (error) {
      state?.close();
      lock.release();
      throw error;
    }
  }
}

interface Parts extends KeeperSources {
  readonly lock: Lock;
  /** Where overlays are kept that name no file; absent where the lab keeps nothing. */
  readonly volumes?: string;
}

async function start(parts: Parts): Promise<Opened> {
  const { diagnostics, diagnosticsText, sources, model } = parts.reading;
  const lab = new RunningLab(parts);
  await lab.begin();
  return { lab, diagnostics, diagnosticsText, sources, ...(model !== undefined && { model }) };
}

function roomOptions(lab: string, { volumes }: Parts): HypervisorOptions {
  return { lab, ...(volumes !== undefined && { volumes }) };
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
  readonly #keeper: Keeper;
  readonly #recorder: Recorder;
  readonly #tellStopped: (reason: string) => void;
  readonly #durations: Durations;
  #control: ControlServer | undefined;
  #endpoint: MetricsEndpoint | undefined;
  #down: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { options, reading, root, images, state } = parts;
    this.#parts = parts;
    this.name = reading.model?.lab ?? "";
    this.file = root;
    this.#hypervisor = options.hypervisor ?? createHypervisor(roomOptions(this.name, parts));
    const durations = state.durations();
    this.#durations = durations;
    const [lab, hypervisor, lastEvent] = [this.name, this.#hypervisor, state.lastEvent()];
    this.#engine = new Engine({ lab, hypervisor, images, clock: options.clock, durations, lastEvent });
    const failed = (message: string): void => this.#tellUnwritten(message);
    this.#recorder = new Recorder({ state, durations, failed });
    this.#engine.journal.on((event) => this.#recorder.event(event));
    if (options.control !== false) this.socketPath = socketPathOf(root, options.env);
    if (options.onEvent !== undefined) this.#engine.journal.on(options.onEvent);
    if (options.onLog !== undefined) this.#engine.logs.on(options.onLog);
    const { guests, ledger } = this.#engine;
    const facts = (): LabFacts => this.#keeper.facts();
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
      refresh: (since) => this.#keeper.refresh(since),
      journal: this.#engine.journal,
    });
    const isDown = (): boolean => this.#down !== undefined;
    const snapshot = (): Snapshot => this.snapshot();
    const [engine, following] = [this.#engine, this.#follower];
    this.#keeper = new Keeper({ ...parts, engine, follower: following, snapshot, isDown });
    const { promise, resolve } = Promise.withResolvers<string>();
    this.stopped = promise;
    this.#tellStopped = resolve;
  }

  get admin(): AdminTree {
    return this.#keeper.admin;
  }

  get firstPlan(): Plan {
    return this.#keeper.firstPlan;
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
        logs.onText((guest, text) => this.#control?.console(guest, text));
      }
      if (options.metrics !== undefined)
        this.#endpoint = await MetricsEndpoint.listen(options.metrics, () => this.metrics());
      journal.add({ type: "lab", message: `${this.name} starts`, level: "info", actor: "host" });
      if (this.#endpoint !== undefined)
        journal.add({
          type: "lab",
          message: `metrics at ${this.#endpoint.url}`,
          level: "info",
          actor: "host",
        });
      await this.#keeper.begin(reading);
      if (options.watch === true) await this.#follower.begin(this.#keeper.watchedFiles());
    } catch (error) {
      await this.#finish("it could not be started");
      throw error;
    }
  }

  snapshot(measured?: ReadonlySet<string>): Snapshot {
    return this.#builder.build(measured);
  }

  metrics(): string {
    return metricsText(this.snapshot(), this.#hypervisor);
  }

  events(since?: number): readonly LabEvent[] {
    return this.#engine.journal.since(since);
  }

  logs(params?: readonly string[] | Methods["logs"]["params"], lines?: number): readonly LogLine[] {
    if (params === undefined || isList(params)) return this.#engine.logs.last(params, lines);
    const { guests, lines: most, shared = false } = params;
    if (shared && guests === undefined && most !== undefined) return this.#engine.logs.shared(most);
    return this.#engine.logs.last(guests, most);
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
    return this.#keeper.reload();
  }

  async plan(request: PlanRequest = {}): Promise<PlanAnswer> {
    const answer = await this.#keeper.plan(request);
    return answer.plan ? { ...answer, plan: withExpected(answer.plan, this.#durations) } : answer;
  }

  apply(request: ApplyRequest = {}): Promise<ApplyAnswer> {
    return this.#keeper.apply(request);
  }

  rollback(number: number, { actor = "host" }: { readonly actor?: string } = {}): Promise<RolledBack> {
    return this.#keeper.rollback(number, actor);
  }

  /**
   * Resolves when everything is down; what holds the answer back from the caller (the socket) ends right
   * after.
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const stored = options.volumes === true ? this.storedVolumes() : [];
    await this.#takeDown(options);
    for (const problem of deleteStored(stored)) this.#tellUnwritten(problem);
    const ended = this.#finish(`stopped by ${options.actor ?? "host"}`);
    if (options.actor !== "control") await ended;
  }

  storedVolumes(): readonly StoredVolume[] {
    return storedVolumes(this.#hypervisor, this.#engine.ledger);
  }

  async commit(volume: string, options: CommitOptions = {}): Promise<Committed | string> {
    const committed = await this.#hypervisor.commitVolume(volume, options);
    if (!committed.ok) return sentenceOf(committed.refusal.message);
    const base = this.storedVolumes().find(({ address }) => address === volume)?.base ?? "";
    const message = `committed ${volume}: ${committed.value} bytes to ${base}`;
    this.#engine.journal.add({ type: "lab", message, level: "info", actor: "control" });
    return { base, bytes: committed.value };
  }

  async pause(guest: string): Promise<string | undefined> {
    const paused = await this.#hypervisor.pauseGuest(guest);
    return paused.ok ? undefined : sentenceOf(paused.refusal.message);
  }

  resume(guest: string): string | undefined {
    const resumed = this.#hypervisor.resumeGuest(guest);
    return resumed.ok ? undefined : sentenceOf(resumed.refusal.message);
  }

  typeConsole(guest: string, text: string): number | string {
    return typeConsole(this.#hypervisor, this.snapshot(), guest, text);
  }

  consoleText(guest: string): string {
    return this.#engine.logs.textOf(guest);
  }

  async exec(guest: string, command: string, timeoutMs = EXEC_MS): Promise<CommandResult | string> {
    const done = await this.#hypervisor.runCommand(guest, command, timeoutMs);
    return done.ok ? done.value : sentenceOf(done.refusal.message);
  }

  get copyHost(): CopyHost {
    return this.#hypervisor;
  }

  /** Absent where the lab keeps nothing. */
  get snapshots(): SnapshotDesk | undefined {
    const { volumes, options } = this.#parts;
    if (volumes === undefined) return undefined;
    const [hypervisor, engine, { clock }] = [this.#hypervisor, this.#engine, options];
    return new SnapshotDesk({ hypervisor, engine, clock, shelf: new Shelf(path.dirname(volumes)) });
  }

  capture(params: Methods["capture"]["params"]): Capture | string {
    const spec = captureSpecOf(params, this.snapshot());
    if (typeof spec === "string") return spec;
    const begun = this.#hypervisor.capture(spec);
    return begun.ok ? begun.value : sentenceOf(begun.refusal.message);
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
      await this.#endpoint?.close();
      await this.#hypervisor.close();
      this.#recorder.flush();
      this.#parts.state.close();
      this.#parts.lock.release();
      this.#tellStopped(reason);
    })();
    return this.#ended;
  }

  #tellUnwritten(message: string): void {
    this.#engine.journal.add({ type: "lab", message, level: "warning", actor: "host" });
  }
}

function isList(params: readonly string[] | Methods["logs"]["params"]): params is readonly string[] {
  return Array.isArray(params);
}
