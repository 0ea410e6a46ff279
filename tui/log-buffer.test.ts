import fc from "fast-check";
import { expect, test } from "vitest";
import { makeLine } from "./fixtures.test-support.ts";
import { LogBuffer } from "./log-buffer.ts";

const seed = Number(process.env["SEED"] ?? 1);
const numbers = (lines: readonly { sequence: number }[]): readonly number[] =>
  lines.map(({ sequence }) => sequence);

test("the oldest lines fall off, and numbers go on", () => {
  const logs = new LogBuffer(4);
  logs.append([1, 2, 3, 4, 5, 6].map((number) => makeLine(number)));
  expect(logs.last).toBe(6);
  expect(numbers(logs.before(6, { count: 10 }))).toEqual([3, 4, 5, 6]);
  expect(numbers(logs.before(4, { count: 1 }))).toEqual([4]);
  expect(numbers(logs.after(0, { count: 2 }))).toEqual([3, 4]);
});

test("a guest that says much doesn't push out what a quiet one said", () => {
  const logs = new LogBuffer(8);
  logs.append([makeLine(1, "quiet", "once"), ...Array.from({ length: 100 }, (_, n) => makeLine(n, "loud"))]);
  expect(logs.before(logs.last, { count: 5, guest: "quiet" }).map(({ text }) => text)).toEqual(["once"]);
});

test("what is held is each line once, also those that only their guest's ring has still", () => {
  const logs = new LogBuffer(3);
  logs.append([makeLine(1, "quiet"), makeLine(2, "quiet")]);
  for (let index = 3; index <= 7; index++) logs.append([makeLine(index, "loud")]);
  expect(numbers(logs.held).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(new LogBuffer().held).toEqual([]);
});

test("what is asked for is what a plain list would answer", () => {
  const guests = fc.constantFrom("a", "b", "c");
  fc.assert(
    fc.property(
      fc.array(guests, { maxLength: 60 }),
      fc.integer({ min: 0, max: 70 }),
      fc.integer({ min: 0, max: 12 }),
      fc.option(guests, { nil: undefined }),
      (printed, at, count, guest) => {
        const size = 20;
        const logs = new LogBuffer(size);
        for (const [index, name] of printed.entries()) logs.append([makeLine(index, name)]);
        const all = printed.map((name, index) => ({ name, sequence: index + 1 }));
        const kept = guest === undefined ? all.slice(-size) : all.filter(({ name }) => name === guest);
        const before = kept.filter(({ sequence }) => sequence <= at);
        const after = kept.filter(({ sequence }) => sequence > at);
        expect(numbers(logs.before(at, { count, guest }))).toEqual(
          numbers(count === 0 ? [] : before.slice(-count)),
        );
        expect(numbers(logs.after(at, { count, guest }))).toEqual(numbers(after.slice(0, count)));
      },
    ),
    { seed },
  );
});
