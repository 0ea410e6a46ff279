// Walks the acts of a plan: side by side where nothing orders them. The first failure stops what has not
// begun and takes back what was done, in reverse. Thinks nothing: what to do stands in the plan.

import type { Outcome } from "../../hypervisor/index.ts";
import type { Clock } from "../clock.ts";
import type { Act, ActGraph } from "./acts.ts";

/** What does acts. */
export interface Doer {
  run(act: Act): Promise<Outcome>;
  undo(act: Act): Promise<Outcome>;
}

export interface Failure {
  readonly address: string;
  readonly message: string;
}

/** What is refused as a whole has no address. */
export function failureText({ address, message }: Failure): string {
  return address === "" ? message : `${address}: ${message}`;
}

export type Executed =
  | { readonly ok: true }
  /** `stuck`: what could not be taken back. Empty: everything is as it was. */
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly stuck: readonly Failure[];
      /** What was done stays, as it was wanted. */
      readonly kept: boolean;
    };

export interface ExecuteOptions {
  readonly clock: Clock;
  /**
   * A step is done: its index in the plan and the milliseconds from the begin of its first act to the end of
   * its last.
   */
  readonly stepDone?: (step: number, elapsedMs: number) => void;
  /** Leave what was done where a later act fails, instead of taking it back. */
  readonly keep?: boolean;
}

/**
 * Acts under way at once. Many stops wait out their grace together; boots each take a thread of the machine.
 */
const PARALLEL_MAX = 64;

export async function execute(graph: ActGraph, doer: Doer, options: ExecuteOptions): Promise<Executed> {
  const progress = new Progress(graph, options);
  const done: number[] = [];
  const failure = await walk(graph.after, async (node) => {
    const act = graph.acts[node];
    if (act === undefined) return undefined;
    progress.begin(act);
    const outcome = await doer.run(act);
    if (!outcome.ok) return { address: act.address, message: outcome.refusal.message };
    done.push(node);
    progress.end(act);
    return undefined;
  });
  if (failure === undefined) return { ok: true };
  if (options.keep) return { ok: false, failure, stuck: [], kept: true };
  return { ok: false, failure, stuck: await takeBack(graph, done, doer), kept: false };
}

/** Reverse order of needs among what was done; a failing inverse is noted, the rest goes on. */
async function takeBack(graph: ActGraph, done: readonly number[], doer: Doer): Promise<readonly Failure[]> {
  const stuck: Failure[] = [];
  const index = new Map([...done].reverse().map((node, place) => [node, place]));
  const after = [...done].reverse().map((): number[] => []);
  for (const [node, place] of index) {
    for (const earlier of graph.after[node] ?? []) {
      const other = index.get(earlier);
      if (other !== undefined) after[other]?.push(place);
    }
  }
  const nodes = [...index.keys()];
  await walk(after, async (place) => {
    const act = graph.acts[nodes[place] ?? 0];
    if (act === undefined) return undefined;
    const outcome = await doer.undo(act);
    if (!outcome.ok) stuck.push({ address: act.address, message: outcome.refusal.message });
    return undefined;
  });
  return stuck;
}

/**
 * Visits every node after those it must come after, at most `PARALLEL_MAX` at a time. The first failure (or
 * throw) ends it, when all visits that had begun are over.
 */
async function walk(
  after: readonly (readonly number[])[],
  visit: (node: number) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  const missing = after.map((earlier) => earlier.length);
  const later = after.map((): number[] => []);
  after.forEach((earlier, node) => earlier.forEach((other) => later[other]?.push(node)));
  const ready = missing.flatMap((count, node) => (count === 0 ? [node] : []));
  const running = new Set<Promise<void>>();
  let failure: Failure | undefined;
  let next = 0;
  let thrown: { readonly error: unknown } | undefined;
  const finish = (node: number): void => {
    for (const other of later[node] ?? []) {
      missing[other] = (missing[other] ?? 0) - 1;
      if (missing[other] === 0) ready.push(other);
    }
  };
  // Bound: each node is visited once.
  while (next < ready.length || running.size > 0) {
    while (
      next < ready.length &&
      running.size < PARALLEL_MAX &&
      failure === undefined &&
      thrown === undefined
    ) {
      const node = ready[next++] ?? 0;
      const visited: Promise<void> = visit(node)
        .then(
          (result) => (result === undefined ? finish(node) : void (failure ??= result)),
          (error: unknown) => void (thrown ??= { error }),
        )
        .finally(() => running.delete(visited));
      running.add(visited);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (thrown !== undefined) throw thrown.error;
  return failure;
}

/** Tells when the last act of a step is over. */
class Progress {
  readonly #options: ExecuteOptions;
  readonly #left = new Map<number, number>();
  readonly #began = new Map<number, number>();

  constructor(graph: ActGraph, options: ExecuteOptions) {
    this.#options = options;
    for (const act of graph.acts) this.#left.set(act.step, (this.#left.get(act.step) ?? 0) + 1);
  }

  begin(act: Act): void {
    if (!this.#began.has(act.step)) this.#began.set(act.step, this.#options.clock.now());
  }

  end(act: Act): void {
    const left = (this.#left.get(act.step) ?? 1) - 1;
    this.#left.set(act.step, left);
    if (left > 0) return;
    const elapsed = this.#options.clock.now() - (this.#began.get(act.step) ?? 0);
    this.#options.stepDone?.(act.step, elapsed);
  }
}
