// Order, parallelism and rollback of the executor, on acts that only take notes.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Outcome } from "../../hypervisor/index.ts";
import type { Act, ActGraph } from "./acts.ts";
import { execute } from "./executor.ts";

const clock = { now: () => 0, wall: () => 0 };
const OK: Outcome = { ok: true, value: undefined };
const seed = Number(process.env["SEED"] ?? 20_261_123);

/** Acts named by their number; `after` as given. */
function graphOf(after: readonly (readonly number[])[]): ActGraph {
  return { acts: after.map((_, node): Act => ({ step: node, address: String(node), phase: "up" })), after };
}

/** Notes begin and end of each act; fails at one of them. */
class Notes {
  readonly lines: string[] = [];
  readonly #fails: number | undefined;
  #running = 0;
  most = 0;

  constructor(fails?: number) {
    this.#fails = fails;
  }

  async run({ address }: Act): Promise<Outcome> {
    this.lines.push(`begin ${address}`);
    this.most = Math.max(this.most, ++this.#running);
    for (let turn = Number(address) % 5; turn >= 0; turn--) await Promise.resolve();
    this.#running--;
    if (Number(address) === this.#fails) return { ok: false, refusal: { code: "limit", message: "no" } };
    this.lines.push(`end ${address}`);
    return OK;
  }

  undo({ address }: Act): Promise<Outcome> {
    this.lines.push(`undo ${address}`);
    return Promise.resolve(OK);
  }
}

/** Each node after some of those before it. */
const anyGraph = fc
  .array(fc.array(fc.nat(1000), { maxLength: 3 }), { minLength: 1, maxLength: 40 })
  .map((lists) =>
    lists.map((list, node) => (node === 0 ? [] : [...new Set(list.map((other) => other % node))])),
  );

test("every act is done once, after those before it", async () => {
  await fc.assert(
    fc.asyncProperty(anyGraph, async (after) => {
      const notes = new Notes();
      expect(await execute(graphOf(after), notes, { clock })).toEqual({ ok: true });
      expect(notes.lines.filter((line) => line.startsWith("end"))).toHaveLength(after.length);
      after.forEach((earlier, node) => {
        const begin = notes.lines.indexOf(`begin ${node}`);
        for (const other of earlier) expect(notes.lines.indexOf(`end ${other}`)).toBeLessThan(begin);
      });
    }),
    { seed },
  );
});

test("a failure takes back exactly what was done, in reverse order of needs", async () => {
  await fc.assert(
    fc.asyncProperty(anyGraph, fc.nat(), async (after, pick) => {
      const fails = pick % after.length;
      const notes = new Notes(fails);
      const result = await execute(graphOf(after), notes, { clock });
      expect(result).toEqual({
        ok: false,
        failure: { address: String(fails), message: "no" },
        stuck: [],
        kept: false,
      });
      const named = (word: string): readonly number[] =>
        notes.lines.filter((line) => line.startsWith(word)).map((line) => Number(line.split(" ")[1]));
      const undone = named("undo");
      expect([...undone].sort((a, b) => a - b)).toEqual([...named("end")].sort((a, b) => a - b));
      for (const node of undone) {
        for (const other of after[node] ?? [])
          expect(undone.indexOf(node)).toBeLessThan(undone.indexOf(other));
      }
    }),
    { seed },
  );
});

test("what was done before a failure stays, where that is wanted", async () => {
  const notes = new Notes(2);
  const result = await execute(graphOf([[], [0], [1], [2]]), notes, { clock, keep: true });
  expect(result).toEqual({ ok: false, failure: { address: "2", message: "no" }, stuck: [], kept: true });
  expect(notes.lines).toEqual(["begin 0", "end 0", "begin 1", "end 1", "begin 2"]);
});

test("independent acts run side by side, up to a bound", async () => {
  const few = new Notes();
  await execute(graphOf(Array.from({ length: 8 }, () => [])), few, { clock });
  expect(few.most).toBe(8);
  const many = new Notes();
  await execute(graphOf(Array.from({ length: 500 }, () => [])), many, { clock });
  expect(many.most).toBeGreaterThan(8);
  expect(many.most).toBeLessThanOrEqual(64);
});

test("a bug inside an act is not taken for a refusal", async () => {
  const doer = { run: () => Promise.reject(new Error("bug: oh")), undo: () => Promise.resolve(OK) };
  await expect(execute(graphOf([[]]), doer, { clock })).rejects.toThrow("bug: oh");
});

test("a step is done with its last act, timed from its first", async () => {
  let now = 0;
  const ticking = { now: () => (now += 10), wall: () => 0 };
  const acts: Act[] = [
    { step: 0, address: "g", phase: "down" },
    { step: 0, address: "g", phase: "up" },
  ];
  const done: [number, number][] = [];
  const stepDone = (step: number, elapsedMs: number): void => void done.push([step, elapsedMs]);
  await execute({ acts, after: [[], [0]] }, new Notes(), { clock: ticking, stepDone });
  expect(done).toEqual([[0, 10]]);
});
