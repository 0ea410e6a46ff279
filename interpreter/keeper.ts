// Keeps a lab equal to its files: what was read, what is applied, what waits for a word, what was refused.
// Everything that changes the lab by a plan goes through here.

import { evaluate, follower, showValue } from "../lang/index.ts";
import type { Allocations, Model } from "../lang/index.ts";
import { failureText } from "./apply/executor.ts";
import { admitted, applyAnswer, holdReason, partOf, planAnswer, propose, selectionOf } from "./changes.ts";
import type { Proposal } from "./changes.ts";
import { isoTime } from "./clock.ts";
import type { ApplyAnswer, ApplyRequest, PlanAnswer, PlanRequest, Snapshot } from "./control/protocol.ts";
import type { LabFacts } from "./control/snapshot.ts";
import type { AdminTree } from "./drift/admin.ts";
import type { Look } from "./drift/desk.ts";
import { openAdmin } from "./drift/open-admin.ts";
import type { ImageFiles } from "./drivers/image-files.ts";
import type { Applied, ApplyOptions, Engine } from "./engine.ts";
import type { Follower } from "./follower.ts";
import { withSent } from "./given.ts";
import type { Given } from "./given.ts";
import { Holds } from "./holds.ts";
import type { Checked, LabOptions } from "./lab-contract.ts";
import { OperationError } from "./operation-error.ts";
import { desiredOf } from "./plan/definition.ts";
import type { Definition } from "./plan/definition.ts";
import type { Plan } from "./plan/plan.ts";
import { refusalOfProtected } from "./plan/protection.ts";
import { select } from "./plan/select.ts";
import type { Selected } from "./plan/select.ts";
import type { Reading } from "./read-lab.ts";
import { generationOf, modelToRestore } from "./rollback.ts";
import type { RolledBack } from "./rollback.ts";
import type { State } from "./state/state.ts";
import { storableTexts } from "./state/texts.ts";

/** Reads the files: with what the lab was started with, and an evaluator that remembers, where left out. */
export type Read = (
  state?: State,
  how?: {
    readonly given?: Given;
    readonly evaluate?: typeof evaluate;
    /** Addresses in place of those that the state remembers. */
    readonly allocations?: Allocations;
    /** Puts another text in place of the root file's. */
    readonly lay?: ((text: string) => string) | undefined;
  },
) => Reading;

export interface KeeperSources {
  readonly root: string;
  readonly options: LabOptions;
  readonly images: ImageFiles;
  readonly state: State;
  readonly read: Read;
  /** The first reading, which checks. */
  readonly reading: Reading;
}

export interface KeeperParts extends KeeperSources {
  readonly engine: Engine;
  readonly follower: Follower;
  readonly snapshot: () => Snapshot;
  /** The lab goes down, or is: nothing is applied any more. */
  readonly isDown: () => boolean;
}

/** What is to be applied, and how. */
interface Adoption extends ApplyOptions {
  readonly reading: Reading;
  readonly desired: Definition;
  readonly given: Given;
  /** When it began, on the lab's clock. */
  readonly since: number;
  /** The generation that is gone back to. */
  readonly origin?: number;
}

export class Keeper {
  readonly #parts: KeeperParts;
  readonly #name: string;
  #firstPlan: Plan | undefined;
  #applied: Reading;
  /** The newest reading of the files, good or not. */
  #newest: Reading;
  #generation = 0;
  /** Steps of the plan that made it. */
  #changes = 0;
  #given: Given;
  /** Follows what is read with `#given`, where that is no longer what the lab was started with. */
  #evaluate: typeof evaluate | undefined;
  readonly #holds = new Holds();
  /** The reason and the text of the change that was told last to wait: each once. */
  #told: string | undefined;
  /** Only a part of the newest text runs: there is no text that says what runs. */
  #partly = false;
  readonly #drift: ReturnType<typeof openAdmin>;

  constructor(parts: KeeperParts) {
    const { reading, options } = parts;
    this.#parts = parts;
    this.#name = reading.model?.lab ?? "";
    this.#applied = reading;
    this.#newest = reading;
    this.#given = givenOf(options);
    this.#drift = this.#openAdmin();
  }

  get admin(): AdminTree {
    return this.#drift.admin;
  }

  get firstPlan(): Plan {
    if (this.#firstPlan === undefined) throw new OperationError("failed", "The lab has not been applied.");
    return this.#firstPlan;
  }

  /** The first apply. Throws `OperationError` where it fails. */
  async begin(reading: Reading): Promise<void> {
    const { engine, options } = this.#parts;
    const failure = await engine.lane.run(() => this.#adoptFile(reading, options.clock.now()));
    if (failure !== undefined)
      throw new OperationError("failed", `The lab could not be started: ${failure}.`);
    this.#drift.desk.begin(reading);
  }

  reload(): Promise<Checked> {
    this.#holds.clear();
    return this.refresh(this.#parts.options.clock.now());
  }

  /** Reads the files again and goes on from what they say now; what doesn't check changes nothing. */
  refresh(since: number): Promise<Checked> {
    const { engine, follower: following, isDown } = this.#parts;
    return engine.lane.run(async () => {
      const [before, generation, stood] = [this.#newest, this.#generation, this.#holds.any];
      if (isDown()) return before;
      const { reading, settle } = this.#drift.desk.look();
      this.#newest = reading;
      this.#holds.waiting = undefined;
      if (reading.model === undefined) {
        if (reading.diagnosticsText !== before.diagnosticsText) following.tellHeld(reading);
      } else {
        const waits = this.#holds.waits(reading.model);
        const failure = waits
          ? undefined
          : (this.#holds.failureOf(reading.model) ?? (await this.#adoptFile(reading, since)));
        if (!waits && failure === undefined && this.#holds.waiting === undefined) this.#settled(settle);
        this.#holds.refusal = failure === undefined ? undefined : { model: reading.model, failure };
        if (before.model === undefined && failure === undefined) following.tellWell();
        else if (stood && !this.#holds.any && generation === this.#generation) following.tellSame();
      }
      await following.follow(this.watchedFiles());
      return reading;
    });
  }

  /** What `apply` would do now. */
  plan(request: PlanRequest): Promise<PlanAnswer> {
    return this.#parts.engine.lane.run(async () => {
      const proposal = this.#propose(request);
      const { desired, plan } = proposal.selected ?? {};
      const refused = plan && desired && refusalOfProtected(this.#parts.state.protections(), desired, plan);
      return { ...planAnswer(proposal), ...(refused !== undefined && { refused }) };
    });
  }

  /** Applies the files as they are now, also what is held. */
  apply(request: ApplyRequest): Promise<ApplyAnswer> {
    const { engine, options, follower: following, isDown } = this.#parts;
    return engine.lane.run(async () => {
      const since = options.clock.now();
      if (isDown()) throw new OperationError("not-running", "The lab is going down.");
      const proposal = this.#propose(request);
      const { reading, given } = proposal;
      const selected = admitted(proposal, request.bound);
      this.#checkName(reading);
      const over = holdReason({ steps: selected.plan.steps }, request.maxDisruption);
      if (over !== undefined) throw new OperationError("held", `The plan disturbs ${over}`);
      const keep = request.onFailure === "keep";
      const applied = await this.#adopt({ ...selected, reading, given, since, actor: "apply", keep });
      if (applied.ok) {
        this.#newest = reading;
        this.#settle(given);
        // Of a part that was applied the rest may still wait.
        const rest = this.#selected(reading);
        this.#holds.waiting = this.#holdOf(rest);
        if (rest.plan.steps.length === 0) this.#settled(proposal.settle);
        else this.#partly = true;
        await following.follow(this.watchedFiles());
      }
      if (!applied.ok && (applied.kept || applied.stuck.length > 0)) this.#partly = true;
      return applyAnswer(applied, applied.ok && applied.steps.length > 0 ? this.#generation : undefined);
    });
  }

  /** Goes back to what a generation declared. What is held of saves does not hold this: somebody said so. */
  rollback(number: number, actor: string): Promise<RolledBack> {
    const { engine, state, images, options, follower: following, isDown } = this.#parts;
    return engine.lane.run(async () => {
      if (isDown()) throw new OperationError("failed", "The lab is going down.");
      const model = modelToRestore(state, number, this.#applied.model as Model, images);
      const { sourceDigest } = generationOf(state, number);
      const before = this.#generation;
      const reading: Reading = { ...this.#applied, model, sourceDigest };
      const wanted = { reading, given: this.#given, since: options.clock.now(), actor, origin: number };
      const applied = await this.#adopt({ ...wanted, desired: desiredOf(model) });
      if (!applied.ok) {
        const why = failureText(applied.failure);
        throw new OperationError("failed", `Nothing was gone back to: ${why}.`);
      }
      this.#drift.desk.forgetAll(actor);
      const held = this.#holds.goBack(number, model, this.#newest.model);
      if (held) following.tellRolledBack(number);
      else this.#settled(this.#drift.desk.look().settle);
      const changes = this.#generation === before ? 0 : this.#changes;
      return { generation: this.#generation, changes, held };
    });
  }

  /** Those of the last good reading and of the newest. */
  watchedFiles(): readonly string[] {
    return [...this.#applied.inputs, ...this.#newest.inputs];
  }

  facts(): LabFacts {
    const { engine, follower: following, root } = this.#parts;
    const { diagnostics, diagnosticsText } = this.#newest;
    const held = this.#newest.model === undefined || this.#holds.any;
    const { rolledBack, waiting, refusal } = this.#holds;
    return {
      lab: this.#newest.model?.lab ?? this.#name,
      file: root,
      generation: this.#generation,
      ...(rolledBack !== undefined && { rolledBack: rolledBack.to }),
      ready: engine.ready,
      failures: engine.failures,
      watch: following.state(held),
      ...(waiting !== undefined && { held: waiting }),
      ...(refusal !== undefined && { refused: refusal.failure }),
      outputs: (this.#applied.model?.outputs ?? []).map(({ name, value }) => ({
        name,
        text: showValue(value),
      })),
      diagnostics,
      diagnosticsText: diagnosticsText + this.#holds.text(),
    };
  }

  /** What the files say now, with what a client sends along, beside what runs. In the lane only. */
  #propose(request: PlanRequest): Proposal & Pick<Look, "settle"> {
    const { state, options, read, engine } = this.#parts;
    const own = request.parameters === undefined;
    const given = own ? this.#given : withSent(this.#given, request.parameters);
    const how = own ? this.#own() : { given, evaluate };
    const { reading, settle } = this.#drift.desk.look((lay) => read(state, { ...how, lay }));
    const sources = { reading, given, observed: engine.observed(), seal: (text: string) => state.seal(text) };
    return { ...propose(sources, { ...options.selection, ...selectionOf(request) }), settle };
  }

  /** What runs is what a look at the files came to. */
  #settled(settle: Look["settle"]): void {
    settle();
    this.#partly = false;
  }

  #openAdmin(): ReturnType<typeof openAdmin> {
    const { root, options, engine, snapshot, read, state } = this.#parts;
    const { clock, watch } = options;
    return openAdmin({
      root,
      clock,
      engine,
      snapshot,
      read: (lay) => read(state, { ...this.#own(this.#holds.allocations), lay }),
      apply: (reading, actor) => this.#adoptByHand(reading, actor),
      again: () => void (watch === true && this.refresh(clock.now())),
      refusal: () => this.#refusalByHand(),
    });
  }

  #refusalByHand(): string | undefined {
    const { root, options, isDown } = this.#parts;
    if (isDown()) return "The lab is going down.";
    if (options.given?.has(root) === true)
      return "The text of this lab is in a program, not in a file: it is changed there.";
    if (this.#partly) return "Only a part of the file runs: `vbus apply` the rest of it first.";
    return this.#holds.byHand;
  }

  /** What waits or was refused goes on doing so: the files say what they said. */
  async #adoptByHand(reading: Reading, actor: string): Promise<Plan["steps"] | string> {
    const since = this.#parts.options.clock.now();
    const { refusal, waiting } = this.#holds;
    const misnamed = this.#misnamed(reading);
    if (misnamed !== undefined) return misnamed;
    const selected = this.#selected(reading);
    const applied = await this.#adopt({ ...selected, reading, given: this.#given, since, actor });
    if (!applied.ok) return failureText(applied.failure);
    this.#holds.refusal = refusal;
    this.#holds.waiting = waiting;
    return applied.plan.steps;
  }

  /** From now on saves are read with these. */
  #settle(given: Given): void {
    if (given === this.#given) return;
    this.#given = given;
    this.#evaluate = follower();
  }

  #own(allocations?: Allocations): Parameters<Read>[1] {
    return {
      given: this.#given,
      ...(this.#evaluate && { evaluate: this.#evaluate }),
      ...(allocations && { allocations }),
    };
  }

  /** Applies a good reading as far as it may be. A sentence about what failed, if something did. */
  async #adoptFile(reading: Reading, since: number): Promise<string | undefined> {
    const { follower: following } = this.#parts;
    const misnamed = this.#misnamed(reading);
    if (misnamed !== undefined) return misnamed;
    const selected = this.#selected(reading);
    const held = this.#firstPlan === undefined ? undefined : this.#holdOf(selected);
    const told = held === undefined ? undefined : `${reading.sourceDigest} ${held}`;
    if (held !== undefined && told !== this.#told) following.tellWaits(held);
    this.#told = told;
    this.#holds.waiting = held;
    if (held !== undefined) return undefined;
    const applied = await this.#adopt({ ...selected, reading, given: this.#given, since, actor: "file" });
    return applied.ok ? undefined : failureText(applied.failure);
  }

  #misnamed({ model }: Reading): string | undefined {
    if (model?.lab === this.#name) return undefined;
    return `its name is ${this.#name} while it runs, not ${model?.lab ?? ""}`;
  }

  #checkName({ model }: Reading): void {
    if (model?.lab === this.#name) return;
    const message = `The lab's name is ${this.#name} while it runs, not ${model?.lab}.`;
    throw new OperationError("invalid", message, "Take it down and up again to give it another name.");
  }

  #selected(reading: Reading): Selected {
    const { engine, options } = this.#parts;
    return select(engine.observed(), desiredOf(reading.model as Model), options.selection ?? {});
  }

  #holdOf({ plan }: Pick<Selected, "plan">): string | undefined {
    return holdReason(plan, this.#parts.options.maxDisruption);
  }

  /** Makes the lab as desired, and remembers it as a generation. In the lane only. */
  async #adopt({ reading, desired, given, since, origin, ...how }: Adoption): Promise<Applied> {
    const { root, state, options, engine, follower: following } = this.#parts;
    const refuse = (plan: Plan): string | undefined => refusalOfProtected(state.protections(), desired, plan);
    const applied = await following.applying(() => engine.apply(desired, { ...how, refuse }));
    const { plan } = applied;
    this.#firstPlan ??= plan;
    if (!applied.ok) return applied;
    this.#applied = reading;
    this.#holds.clear();
    if (plan.steps.length === 0) return applied;
    const { actor } = how;
    const model = partOf(reading.model as Model, desired, state.allocations());
    const from = origin === undefined ? {} : { origin };
    this.#changes = plan.steps.length;
    this.#generation = state.commit({
      time: isoTime(options.clock),
      sourceDigest: reading.sourceDigest,
      params: given.params,
      model,
      actor,
      changes: this.#changes,
      texts: storableTexts(reading.sources, root),
      ...from,
    });
    const elapsedMs = options.clock.now() - since;
    following.tellApplied(plan, { generation: this.#generation, elapsedMs, actor, ...from });
    return applied;
  }
}

/** What a lab is started with. */
export function givenOf({ params = {}, env = process.env }: LabOptions): Given {
  return { params, env };
}
