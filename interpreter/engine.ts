// The lab's machinery without its doors: what is applied, the guests, applying a plan and telling about it.
// Reads no files but images, and knows neither sockets nor watching.

import type { Disruption, Resource } from "../lang/index.ts";
import type { Hypervisor, Image } from "../hypervisor/index.ts";
import { actsOf } from "./apply/acts.ts";
import { execute } from "./apply/executor.ts";
import type { Executed } from "./apply/executor.ts";
import { Guests } from "./apply/guests.ts";
import { Lane } from "./apply/lane.ts";
import { Machine } from "./apply/machine.ts";
import { Witness } from "./apply/witness.ts";
import type { Clock } from "./clock.ts";
import type { StepResult } from "./control/protocol.ts";
import type { ImageFiles } from "./drivers/image-files.ts";
import { GuestLogs } from "./log/guest-logs.ts";
import { Journal } from "./log/journal.ts";
import { atLeast } from "./plan/compare.ts";
import { define, nothing } from "./plan/definition.ts";
import type { Definition } from "./plan/definition.ts";
import { makePlan } from "./plan/make-plan.ts";
import type { Plan, Step } from "./plan/plan.ts";
import { stepText } from "./plan/step-text.ts";
import type { Durations } from "./state/durations.ts";

export interface EngineOptions {
  readonly lab: string;
  readonly hypervisor: Hypervisor;
  readonly images: ImageFiles;
  readonly clock: Clock;
  /** What is noted of the steps that are done. */
  readonly durations?: Durations;
  /** The number of the newest event of an earlier process. */
  readonly lastEvent?: number;
}

export interface ApplyOptions {
  /** Who wants it: "file", a user's name. */
  readonly actor: string;
  /** In place of each guest's own grace, milliseconds. */
  readonly graceMs?: number;
  /** Looks at the plan before anything happens; a sentence refuses it. */
  readonly refuse?: (plan: Plan) => string | undefined;
  /** Where it is already made, in the same turn of the lane: the plan, and what it was made from. */
  readonly plan?: Plan;
  readonly observed?: Definition;
  /** Leave what was done where a step fails. Default: everything is taken back. */
  readonly keep?: boolean;
}

/** What became of a plan. `steps`: those that were done, also where they were taken back later. */
export type Applied = Executed & { readonly plan: Plan; readonly steps: readonly StepResult[] };

export class Engine {
  readonly lane = new Lane();
  readonly journal: Journal;
  readonly logs: GuestLogs;
  readonly guests: Guests;
  /** What is applied, by address; changes with every act. */
  readonly ledger = new Map<string, Resource>();
  readonly #options: EngineOptions;
  readonly #compiled = new Map<string, Image>();
  readonly #unsubscribe: () => void;
  readonly #waiters = new Set<() => void>();
  #applying = 0;
  #goingDown = false;
  #failures = 0;
  #wasReady = false;
  #checking = false;

  constructor(options: EngineOptions) {
    const { hypervisor, clock } = options;
    this.#options = options;
    this.journal = new Journal(clock, options.lastEvent);
    this.logs = new GuestLogs(clock);
    this.guests = new Guests({
      hypervisor,
      clock,
      lane: this.lane,
      logs: this.logs,
      compiled: (address) => this.#compiled.get(address),
      news: (address, message, level) => {
        if (level === "error") this.#failures++;
        this.journal.add({ type: "guest", address, message, level, actor: "guest" });
      },
      changed: () => this.#checkReady(),
    });
    this.#unsubscribe = hypervisor.on((event) => {
      if (event.type === "log") this.logs.write(event.id, event.text);
      else if (event.type === "guest" && event.state !== "booting") this.logs.flush(event.id);
      else if (event.type === "uplink") {
        const { id: address, detail: message } = event;
        this.journal.add({ type: "uplink", address, message, level: "info", actor: "host" });
      }
    });
  }

  get failures(): number {
    return this.#failures;
  }

  get ready(): boolean {
    return !this.#goingDown && this.#applying === 0 && this.guests.allMet();
  }

  /** What runs: the ledger, without what the hypervisor doesn't have. */
  observed(): Definition {
    const { things, rigid } = this.#options.hypervisor.inventory();
    const isThere = ({ kind, address }: Resource): boolean => {
      if (kind === "image") return this.#compiled.has(address);
      if (kind === "guest") return this.guests.record(address) !== undefined;
      return things[kind as keyof typeof things]?.has(address) ?? true;
    };
    const there = [...this.ledger.values()].filter(isThere);
    return define(this.#options.lab, there, rigid);
  }

  /** From what runs to `desired`, as a plan. Changes nothing. */
  plan(desired: Definition): Plan {
    return makePlan(this.observed(), desired);
  }

  /**
   * Makes and walks a plan to `desired`. In the lane only. On failure everything is as before, but for
   * `stuck`.
   */
  async apply(desired: Definition, options: ApplyOptions): Promise<Applied> {
    const before = options.observed ?? this.observed();
    const plan = options.plan ?? makePlan(before, desired);
    const refused = options.refuse?.(plan);
    if (refused !== undefined) return { ok: false, ...this.#refuse(refused, options.actor), plan, steps: [] };
    if (plan.steps.length === 0) return { ok: true, plan, steps: [] };
    const witness = new Witness(this.#options.hypervisor, before, desired);
    const { hypervisor, images, clock } = this.#options;
    const { guests, ledger } = this;
    const grace = options.graceMs === undefined ? {} : { graceMs: options.graceMs };
    const parts = {
      hypervisor,
      images,
      compiled: this.#compiled,
      guests,
      ledger,
      ...grace,
      removed: witness.removed,
    };
    const machine = new Machine(parts, { before, after: desired });
    const elapsed = new Map<Step, number>();
    const stepDone = (index: number, elapsedMs: number): void => {
      const step = plan.steps[index];
      if (step === undefined) return;
      this.#options.durations?.note(step, elapsedMs);
      elapsed.set(step, elapsedMs);
      this.#tellStep(step, elapsedMs, options.actor);
    };
    this.#applying++;
    try {
      const { keep = false } = options;
      const result = await execute(actsOf(plan, before, desired), machine, { clock, stepDone, keep });
      if (result.ok) this.#sortLedger(desired);
      else this.#tellFailure(result, options.actor);
      return { ...result, plan, steps: this.#stepResults(plan, elapsed, witness.disruptions(plan)) };
    } finally {
      witness.close();
      this.#applying--;
      this.#checkReady();
    }
  }

  /** Everything goes down, in reverse. In the lane only. */
  async takeDown(options: ApplyOptions): Promise<void> {
    this.#goingDown = true;
    await this.apply(nothing(this.#options.lab), options);
  }

  /** Resolves when all goals are met, one can no longer be met, the lab goes down, or the time is up. */
  async whenReady(
    timeoutMs?: number,
  ): Promise<{ readonly ready: boolean; readonly failed: readonly string[] }> {
    if (!this.#isSettled()) await this.#settled(timeoutMs);
    return { ready: this.ready, failed: this.guests.hopeless() };
  }

  /** No boots, no events from now on. */
  close(): void {
    this.guests.close();
    this.#unsubscribe();
    for (const wake of this.#waiters) wake();
  }

  #settled(timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      if (timeoutMs !== undefined) timer = setTimeout(wake, timeoutMs);
      this.#waiters.add(wake);
    });
  }

  #isSettled(): boolean {
    if (this.#goingDown) return true;
    return this.#applying === 0 && (this.guests.allMet() || this.guests.hopeless().length > 0);
  }

  /** Records change in bursts; they are looked at once, when the burst is over. */
  #checkReady(): void {
    if (this.#checking) return;
    this.#checking = true;
    queueMicrotask(() => {
      this.#checking = false;
      this.#lookReady();
    });
  }

  #lookReady(): void {
    if (this.#applying > 0) return;
    const { ready } = this;
    if (ready && !this.#wasReady && this.guests.records().size > 0) {
      this.journal.add({ type: "lab", message: "ready: every goal is met", level: "info", actor: "host" });
    }
    this.#wasReady = ready;
    if (this.#isSettled()) for (const wake of this.#waiters) wake();
  }

  /** People read things in the order in which they are declared. */
  #sortLedger(desired: Definition): void {
    this.ledger.clear();
    for (const [address, resource] of desired.resources) this.ledger.set(address, resource);
  }

  /** In the order in which they ended; says where one disturbed more than was announced. */
  #stepResults(
    plan: Plan,
    elapsed: ReadonlyMap<Step, number>,
    actual: readonly Disruption[],
  ): readonly StepResult[] {
    const seen = new Map(plan.steps.map((step, index) => [step, actual[index] ?? "live"]));
    return [...elapsed].map(([step, elapsedMs]) => {
      const { address, kind, disruption: predicted } = step;
      const did = seen.get(step) ?? "live";
      if (did !== predicted && atLeast(did, predicted)) {
        const message = `it was announced as ${predicted}, and was ${did}`;
        this.journal.add({ type: "step", address, message, level: "warning", actor: "host" });
      }
      return { address, kind, predicted, actual: did, elapsedMs };
    });
  }

  #tellStep(step: Step, elapsedMs: number, actor: string): void {
    // The lab itself is not made or unmade by a step; its own events say so.
    if (step.resourceKind === "lab" && step.kind !== "update") return;
    if (step.resourceKind === "guest" && step.kind === "destroy") this.logs.retire(step.address);
    const message = `${stepText(step)} in ${formatMs(elapsedMs)}`;
    this.journal.add({ type: "step", address: step.address, message, level: "info", actor, elapsedMs });
  }

  #refuse(message: string, actor: string): Omit<Executed & { ok: false }, "ok"> {
    this.journal.add({ type: "plan", message: `refused: ${message}`, level: "error", actor });
    return { failure: { address: "", message }, stuck: [], kept: false };
  }

  #tellFailure(result: Executed & { ok: false }, actor: string): void {
    const { failure, stuck } = result;
    this.journal.add({
      type: "step",
      address: failure.address,
      message: `failed: ${failure.message}`,
      level: "error",
      actor,
    });
    for (const { address, message } of stuck) {
      this.journal.add({
        type: "step",
        address,
        message: `could not be taken back: ${message}`,
        level: "error",
        actor,
      });
    }
    const undone = stuck.length === 0 ? "taken back: everything is as it was" : "taken back in part";
    const message = result.kept ? "what was done before it is kept" : undone;
    this.journal.add({ type: "plan", message, level: "warning", actor });
  }
}

/** `3 ms`, `0.4 ms`, `1.2 s`. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}
