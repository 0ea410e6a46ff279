import { expect, test } from "vitest";
import { Gate } from "./gate.ts";

test("so many are under way at once, in the order in which they came, also after a failure", async () => {
  const gate = new Gate(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const works = ends.map(({ promise }, index) => gate.run(() => (begun.push(index), promise)));
  const settled = Promise.allSettled(works);
  expect(begun).toEqual([0, 1]);
  ends[1]?.reject(new Error("it failed"));
  await expect(works[1]).rejects.toThrow("it failed");
  expect(begun).toEqual([0, 1, 2]);
  ends.forEach(({ resolve }) => resolve());
  await settled;
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(await gate.run(async () => "again")).toBe("again");
});
