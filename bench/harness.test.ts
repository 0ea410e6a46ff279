import { expect, test } from "vitest";
import { compare, printTable, quantile, ratioOf, summarize, toJson, type Work } from "./harness.ts";

test.each([
  { values: [3, 1, 2], share: 0.5, expected: 2 },
  { values: [4, 1, 3, 2], share: 0.5, expected: 2.5 },
  { values: [1, 2, 3, 4, 5], share: 0.25, expected: 2 },
  { values: [7], share: 0.75, expected: 7 },
])("the quantile at $share of $values is $expected", ({ values, share, expected }) => {
  expect(quantile(values, share)).toBe(expected);
});

test("a ratio above 1 is good for us, for rates and for times", () => {
  expect(ratioOf("more", 8, 4)).toBe(2);
  expect(ratioOf("less", 4, 8)).toBe(2);
});

test("the ratio is the median of the pairs' ratios, not the ratio of the medians", () => {
  const work = { name: "w", unit: "u", better: "more" } as const;
  expect(summarize(work, "r", [1, 10, 100], [1, 1, 200])).toEqual({
    work: "w",
    rival: "r",
    unit: "u",
    ours: 10,
    theirs: 1,
    ratio: 1,
    ratioLow: 0.75,
    ratioHigh: 5.5,
    pairs: 3,
  });
});

test("pairs alternate, each pair measures both once, and the warm-up counts for nothing", async () => {
  const order: string[] = [];
  const measured = (name: string, figures: number[]) => async () => {
    order.push(name);
    return figures.shift() ?? Number.NaN;
  };
  const work: Work = {
    name: "w",
    unit: "u",
    better: "more",
    ours: measured("ours", [1000, 2, 4, 6]),
    rivals: [{ name: "r", measure: measured("theirs", [0.001, 1, 2, 3]) }],
  };
  const [row] = await compare(work, 3, () => undefined);
  expect(order.join(" ")).toBe("ours theirs ours theirs theirs ours ours theirs");
  expect(row).toMatchObject({ ours: 4, theirs: 2, ratio: 2, pairs: 3 });
});

test("a run that is void ends the benchmark", async () => {
  const lost = async (): Promise<number> => Promise.reject(new Error("frames were lost"));
  const work = {
    name: "w",
    unit: "u",
    better: "more",
    ours: async () => 1,
    rivals: [{ name: "r", measure: lost }],
  };
  await expect(compare(work as never, 1, () => undefined)).rejects.toThrow("frames were lost");
});

test("the JSON has the fields that every benchmark prints, and the table a line for each", () => {
  const row = summarize({ name: "64 B", unit: "Mframes/s", better: "more" }, "C", [8], [10]);
  expect(JSON.parse(toJson([row]))).toEqual([
    { work: "64 B", rival: "C", unit: "Mframes/s", ours: 8, theirs: 10, ratio: 0.8, pairs: 1 },
  ]);
  const [head, rule, line, ...rest] = printTable([row]).split("\n");
  expect(head).toMatch(/^work +rival +unit +ours +theirs +ratio +ratio IQR +pairs$/);
  expect(rule).toMatch(/^[- ]+$/);
  expect(line).toMatch(/^64 B +C +Mframes\/s +8\.000 +10\.0 +0\.80 +0\.80\.\.0\.80 +1$/);
  expect(rest).toEqual([]);
});
