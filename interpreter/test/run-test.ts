// One test: its lab comes up, its steps run in order, its lab goes down. Whatever happens, an answer comes in
// the test's time and nothing is left running.

import { writeFileSync } from "node:fs";
import { changeTest } from "../../lang/index.ts";
import type { Diagnostic, EvaluateInput, SetInput, StagedTest, TestAct, World } from "../../lang/index.ts";
import type { Clock } from "../clock.ts";
import { formatMs } from "../engine.ts";
import type { ImageFiles } from "../drivers/image-files.ts";
import { refusals } from "../drivers/unsupported.ts";
import { errorText, OperationError } from "../operation-error.ts";
import type { TestFailure } from "./contract.ts";
import { TestLab } from "./test-lab.ts";

/** Of a test that says none. */
const TIMEOUT_MS = 60_000;

export interface TestParts {
  readonly test: StagedTest;
  /** Its number among the tests of its module. */
  readonly index: number;
  readonly world: World;
  readonly input: EvaluateInput;
  readonly sources: ReadonlyMap<string, string>;
  readonly images: ImageFiles;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Where the frames of a failing step go; nowhere where left out. */
  readonly captureFile: string | undefined;
}

export type Ended =
  { readonly state: "passed" | "interrupted" } | { readonly state: "failed"; readonly failure: TestFailure };

export async function runTest(parts: TestParts): Promise<Ended> {
  const { captureFile } = parts;
  const lab = new TestLab(parts.test.model.lab, parts.images, parts.clock, captureFile !== undefined);
  try {
    const run = new Run(parts, lab);
    const ended = await run.run();
    if (ended.state !== "failed" || captureFile === undefined) return ended;
    const frames = await lab.frames(run.stepBegan.now);
    if (frames === undefined) return ended;
    writeCapture(captureFile, frames);
    return { state: "failed", failure: { ...ended.failure, capture: captureFile } };
  } finally {
    await lab.close();
  }
}

function writeCapture(file: string, frames: Uint8Array): void {
  try {
    writeFileSync(file, frames);
  } catch (error) {
    throw new OperationError("failed", `The frames can't be written to ${file}: ${errorText(error)}.`);
  }
}

/** A condition takes at most one part in this many of the time. */
const REST = 4;

/** Why a wait ended without what was waited for. */
const TIME_UP = Symbol("time up");
const INTERRUPTED = Symbol("interrupted");
type Cut = typeof TIME_UP | typeof INTERRUPTED;

/** A moment by both hands of a clock. */
interface Moment {
  readonly now: number;
  readonly wall: number;
}

const momentOf = (clock: Clock): Moment => ({ now: clock.now(), wall: clock.wall() });

class Run {
  readonly #parts: TestParts;
  readonly #lab: TestLab;
  readonly #timeoutMs: number;
  readonly #deadline: number;
  /** What the last change was evaluated to; at first what the file says. */
  #test: StagedTest;
  #sets: readonly SetInput[] = [];
  #sources: ReadonlyMap<string, string>;
  stepBegan: Moment;

  constructor(parts: TestParts, lab: TestLab) {
    this.#parts = parts;
    this.#lab = lab;
    this.#test = parts.test;
    this.#sources = parts.sources;
    this.#timeoutMs = parts.test.timeoutMs ?? TIMEOUT_MS;
    this.#deadline = parts.clock.now() + this.#timeoutMs;
    this.stepBegan = momentOf(parts.clock);
  }

  async run(): Promise<Ended> {
    const up = await this.#withinTime(this.#lab.apply(this.#test.model));
    if (up !== undefined) return this.#cut(up, this.#test.span, (why) => `The lab did not come up: ${why}.`);
    for (const [index, step] of this.#test.steps.entries()) {
      this.stepBegan = momentOf(this.#parts.clock);
      this.#lab.live.askedGuests.clear();
      const ended = step.is === "do" ? await this.#do(index) : await this.#watch(index);
      if (ended) return ended;
    }
    return { state: "passed" };
  }

  /** An `expect` until it holds, or an `always` as long as it is to hold. */
  async #watch(index: number): Promise<Ended | undefined> {
    const { live } = this.#lab;
    const step = this.#test.steps[index];
    const always = step?.is === "always";
    const wanted = step?.waits || always ? (this.#test.durationMs(index) ?? 0) : 0;
    const look = (): Diagnostic | "met" | undefined => {
      const asked = this.#test.ask(index, live);
      if (typeof asked === "object") return asked.broken;
      if (always) return asked === "unmet" ? this.#test.explain(index, live) : undefined;
      return asked === "met" ? "met" : undefined;
    };
    const seen = await this.#until(look, wanted);
    if (seen === INTERRUPTED) return { state: "interrupted" };
    if (seen === TIME_UP) return this.#tooLong(this.#test.explain(index, live));
    if (seen === "met" || (seen === undefined && always)) return undefined;
    return this.#failed(seen ?? this.#test.explain(index, live));
  }

  async #do(index: number): Promise<Ended | undefined> {
    const count = this.#test.steps[index]?.acts ?? 0;
    let pending: SetInput[] = [];
    for (let at = 0; at < count; at++) {
      const act = this.#test.act(index, at);
      if (act.is === "broken") return this.#failed(act.broken);
      if (act.is === "set") {
        pending.push(act);
        // What is set in a row is one change.
        if (at + 1 < count && this.#test.act(index, at + 1).is === "set") continue;
      }
      const ended = act.is === "set" ? await this.#change(pending) : await this.#act(act);
      if (ended) return ended;
      pending = [];
    }
    return undefined;
  }

  async #change(more: readonly SetInput[]): Promise<Ended | undefined> {
    const { world, input, index } = this.#parts;
    const last = more.at(-1);
    const sets = [...this.#sets, ...more];
    const staging = changeTest(world, input, index, sets);
    const served = staging.model === undefined ? [] : refusals(staging.model);
    const wrong = [...staging.diagnostics, ...served].find(({ severity }) => severity === "error");
    this.#sources = new Map([...this.#sources, ...staging.sources]);
    if (wrong) return this.#failed(wrong);
    if (!staging.test || !last) return undefined;
    this.#sets = sets;
    const changed = await this.#withinTime(this.#lab.apply(staging.test.model));
    if (changed !== undefined)
      return this.#cut(changed, last.span, (why) => `This could not be set: ${why}.`);
    this.#test = staging.test;
    return undefined;
  }

  async #act(act: TestAct & { readonly is: "action" }): Promise<Ended | undefined> {
    const done = await this.#withinTime(this.#lab.act(act));
    if (done === undefined) return undefined;
    return this.#cut(done, act.span, (why) => `This could not be done: ${why}.`);
  }

  /** Looks now, at each change, and once more when `ms` are over; then undefined. */
  #until<T>(look: () => T | undefined, ms: number): Promise<T | Cut | undefined> {
    const { clock, signal } = this.#parts;
    const end = clock.now() + ms;
    const cut = end > this.#deadline;
    return new Promise((resolve, reject) => {
      const finish = (answer: T | Cut | undefined): void => {
        stop();
        clearTimeout(timer);
        signal?.removeEventListener("abort", interrupt);
        resolve(answer);
      };
      let next = 0;
      const again = (last = false): T | undefined => {
        const began = clock.now();
        // A condition that takes long is asked less often: guests of other labs wait for this thread, too.
        if (began < next && !last) return undefined;
        try {
          const seen = look();
          next = began + REST * (clock.now() - began);
          if (seen !== undefined) finish(seen);
          return seen;
        } catch (error) {
          finish(undefined);
          reject(error as Error);
          return undefined;
        }
      };
      const interrupt = (): void => finish(INTERRUPTED);
      const stop = this.#lab.onChange(() => void again());
      const timer = setTimeout(
        () => {
          if (again(true) === undefined) finish(cut ? TIME_UP : undefined);
        },
        Math.max(0, Math.min(end, this.#deadline) - clock.now()),
      );
      signal?.addEventListener("abort", interrupt, { once: true });
      if (signal?.aborted) interrupt();
      else if (again() === undefined && ms <= 0) finish(undefined);
    });
  }

  /** The work's own answer, or why it is no longer waited for. What it throws is its answer, too. */
  #withinTime(work: Promise<string | undefined>): Promise<string | Cut | undefined> {
    const { clock, signal } = this.#parts;
    return new Promise((resolve) => {
      const finish = (answer: string | Cut | undefined): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", interrupt);
        resolve(answer);
      };
      const interrupt = (): void => finish(INTERRUPTED);
      const timer = setTimeout(() => finish(TIME_UP), Math.max(0, this.#deadline - clock.now()));
      signal?.addEventListener("abort", interrupt, { once: true });
      if (signal?.aborted) interrupt();
      work.then(finish, (error: unknown) => finish(errorText(error)));
    });
  }

  #cut(why: string | Cut, span: Diagnostic["span"], tell: (why: string) => string): Ended {
    if (why === INTERRUPTED) return { state: "interrupted" };
    const diagnostic = { code: "VB6003", severity: "error", span } as const;
    if (why === TIME_UP) return this.#tooLong({ ...diagnostic, message: "" });
    return this.#failed({ ...diagnostic, message: tell(why.replace(/\.$/, "")) });
  }

  #tooLong(step: Diagnostic): Ended {
    const message = `The test's time of ${formatMs(this.#timeoutMs)} is up, and this is where it was.`;
    const hint = "Give it more with `timeout = 2min`.";
    return this.#failed({ ...step, code: "VB6005", message, hint });
  }

  #failed(diagnostic: Diagnostic): Ended {
    const guests = this.#lab.tails(this.stepBegan.wall);
    return {
      state: "failed",
      failure: { diagnostic, sources: this.#sources, guests, drops: this.#lab.drops() },
    };
  }
}
