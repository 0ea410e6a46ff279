// A small scheduler: threads of explorer-thread.test-support.ts are run again and again, from the same start,
// with every choice of who goes on at which call of `Atomics`, up to a number of preemptions. After each run
// the ring must be whole and every frame in its place.

import { Worker } from "node:worker_threads";
import { createFabric, viewGuestMemory } from "../memory/fabric.ts";
import { COUNTER, PORT, SLOT, THREAD, portAt, slotAt, threadAt } from "../memory/layout.ts";
import { BATON, EVENTS, OWNER, PLACE, RING_INDEX, RUN, STATE } from "./explorer-places.test-support.ts";
import type { ThreadStart } from "./explorer-places.test-support.ts";
import { slotsLost, startRing } from "./ring-start.test-support.ts";

const HUNG_MS = 10_000;

/** What is run. Threads 1 to n send so many frames; the first may be killed, and reaped or not. */
export interface Scenario {
  readonly count: number;
  readonly start: number;
  readonly frames: readonly number[];
  readonly reaped: boolean;
  /** How far `passed` lies behind, in positions; absent: one lap. */
  readonly passedAge?: number;
}

/** At this step, this thread goes on. */
type Choice = readonly [step: number, thread: number];

interface Outcome {
  /** Calls of `Atomics` by the thread that may be killed. */
  readonly calls: number;
  /** For each step: who was running (0: nobody could go on), and a bit for each thread that could. */
  readonly trace: readonly { readonly current: number; readonly mask: number }[];
}

export class Explorer {
  readonly #fabric = createFabric();
  readonly #wasm = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  readonly #memory = viewGuestMemory(this.#wasm);
  readonly #buffer = new SharedArrayBuffer(BATON.size * 4);
  readonly #baton = new Int32Array(this.#buffer);
  readonly #workers: Worker[] = [];
  readonly #senders: number;
  runs = 0;
  steps = 0;

  constructor(senders: number) {
    this.#senders = senders;
    for (let id = 1; id <= senders + 2; id++) {
      const role = id <= senders ? "send" : id === senders + 1 ? "receive" : "reap";
      const { memory: fabric } = this.#fabric;
      const workerData: ThreadStart = { fabric, memory: this.#wasm, baton: this.#buffer, id, role };
      this.#workers.push(
        new Worker(new URL("./explorer-thread.test-support.ts", import.meta.url), { workerData }),
      );
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /**
   * Every interleaving with at most `preemptions`; answers how many there were. Throws at the first that
   * breaks something, with what it takes to run it again.
   */
  explore(scenario: Scenario, preemptions: number, killAt = 0): number {
    const before = this.runs;
    this.#descend(scenario, killAt, [], preemptions);
    return this.runs - before;
  }

  #descend(scenario: Scenario, killAt: number, plan: readonly Choice[], left: number): void {
    const { trace } = this.run(scenario, plan, killAt);
    if (plan.length >= RUN.planMax) return;
    const first = (plan.at(-1)?.[0] ?? -1) + 1;
    for (let step = first; step < trace.length; step++) {
      const { current, mask } = trace[step] as Outcome["trace"][number];
      const usual = current || 31 - Math.clz32(mask & -mask);
      const cost = current === 0 ? 0 : 1;
      if (cost > left) continue;
      for (let thread = 1; thread <= RUN.threadsMax; thread++) {
        if (thread === usual || (mask & (1 << thread)) === 0) continue;
        this.#descend(scenario, killAt, [...plan, [step, thread]], left - cost);
      }
    }
  }

  /** One interleaving. */
  run(scenario: Scenario, plan: readonly Choice[], killAt = 0): Outcome {
    const baton = this.#baton;
    this.#reset(scenario, plan, killAt);
    this.#hand(1);
    const receiver = this.#senders + 1;
    const rested = baton[BATON.state + receiver] === STATE.blocked;
    baton[BATON.over] = 1;
    if (rested) this.#hand(receiver);
    const problems = [
      ...this.#failure(),
      ...(rested ? [] : ["the receiver has ended"]),
      ...this.#judge(scenario),
    ];
    if (problems.length > 0) {
      const again = `${JSON.stringify(scenario)}, ${JSON.stringify(plan)}, ${killAt}`;
      throw new Error(`${problems.join("; ")}. The run: ${again}`);
    }
    const steps = baton[BATON.steps] as number;
    this.runs++;
    this.steps += steps;
    const trace = Array.from(baton.subarray(BATON.trace, BATON.trace + steps), (word) => ({
      current: word & 255,
      mask: word >> 8,
    }));
    return { calls: baton[BATON.calls] as number, trace };
  }

  #hand(thread: number): void {
    const baton = this.#baton;
    Atomics.store(baton, BATON.turn, thread);
    Atomics.notify(baton, BATON.turn);
    // Bound: HUNG_MS for each turn.
    for (let turn = thread; turn !== 0; turn = Atomics.load(baton, BATON.turn)) {
      if (Atomics.wait(baton, BATON.turn, turn, HUNG_MS) === "timed-out")
        throw new Error("a run does not end");
    }
  }

  #failure(): readonly string[] {
    const bytes = new Uint8Array(this.#buffer).slice(BATON.text * 4);
    const length = this.#baton[BATON.failed] as number;
    return length === 0 ? [] : [new TextDecoder().decode(bytes.subarray(0, length))];
  }

  #reset(scenario: Scenario, plan: readonly Choice[], killAt: number): void {
    const { frames, reaped, count, start } = scenario;
    const baton = this.#baton;
    baton.fill(0);
    baton[BATON.killAt] = killAt;
    baton[BATON.reaper] = reaped ? this.#senders + 2 : 0;
    baton[BATON.receiver] = this.#senders + 1;
    baton[BATON.count] = count;
    baton[BATON.start] = start | 0;
    baton.fill(STATE.absent, BATON.state, BATON.state + RUN.threadsMax + 1);
    for (let id = 1; id <= this.#senders + 1; id++) baton[BATON.state + id] = STATE.runnable;
    baton[BATON.state + this.#senders + 2] = STATE.waiting;
    for (const [index, some] of frames.entries()) baton[BATON.frames + index + 1] = some;
    for (const [index, [step, thread]] of plan.entries()) {
      baton[BATON.plan + index * 2] = step;
      baton[BATON.plan + index * 2 + 1] = thread;
    }
    if (plan.length < RUN.planMax) baton[BATON.plan + plan.length * 2] = -1;
    for (let id = 1; id <= this.#senders; id++) {
      this.#fabric.i32.fill(0, threadAt(id) >> 2, (threadAt(id) + THREAD.size) >> 2);
      this.#fabric.i32.fill(0, portAt(id) >> 2, (portAt(id) + PORT.size) >> 2);
    }
    const place = PLACE(count);
    this.#memory.u8.fill(0, 0, place.buffers + count * place.bufferBytes);
    const at = { ring: RING_INDEX, owner: OWNER, events: EVENTS, start, passedAge: scenario.passedAge };
    startRing(this.#fabric, this.#memory, place, at);
  }

  /** Everything that was published has come, the counters say so, and every slot serves. */
  #judge({ count, reaped }: Scenario): readonly string[] {
    const { f64 } = this.#fabric;
    const problems: string[] = [];
    const stopped = this.#baton[BATON.state + 1] === STATE.killed && !reaped;
    let arrived = 0;
    for (let id = 1; id <= this.#senders; id++) {
      const came = this.#baton[BATON.arrived + id] as number;
      const sent = f64[((portAt(id) + PORT.counters) >> 3) + COUNTER.sent] as number;
      arrived += came;
      // One that stopped may have committed and not counted, or published and not signalled.
      if (came !== sent && !(stopped && id === 1)) problems.push(`of sender ${id} came ${came} of ${sent}`);
    }
    let put = 0;
    for (let index = 0; index < count; index++) {
      put += f64[(slotAt(RING_INDEX, index) + SLOT.frames) >> 3] as number;
    }
    const lost = slotsLost(this.#fabric, this.#memory, PLACE(count), RING_INDEX);
    if (lost > (stopped ? 1 : 0)) problems.push(`${lost} slots do not serve`);
    if (put !== arrived && !stopped) problems.push(`${put} frames were put here, and ${arrived} came`);
    return problems;
  }
}
