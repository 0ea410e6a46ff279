// Plans as programs read them fit the schema in docs/schemas/plan.json, whatever they are of.

import fc from "fast-check";
import { expect, test } from "vitest";
import { randomLab, textOfLab } from "../apply/labs.test-support.ts";
import { misfits } from "../schemas.test-support.ts";
import { definitionOf } from "./model.test-support.ts";
import { planToJson } from "./print.ts";
import { select } from "./select.ts";

const seed = Number(process.env["SEED"] ?? 20_261_123);

test("plans between labs fit the schema, of the whole and of a part", () => {
  fc.assert(
    fc.property(randomLab(4), randomLab(4), (from, to) => {
      const sides = [definitionOf(textOfLab(from)), definitionOf(textOfLab(to))] as const;
      for (const selection of [{}, { targets: ["echo"] }, { excludes: ["echo"] }]) {
        const { plan } = select(...sides, selection);
        expect(misfits("plan", JSON.parse(planToJson(plan)))).toEqual([]);
      }
    }),
    { seed, numRuns: 25 },
  );
});

test("what does not fit is told", () => {
  const plan = { schema: 1, lab: "t", steps: [], unchanged: 0 };
  expect(misfits("plan", plan)).toEqual([]);
  expect(misfits("plan", { ...plan, more: 1 })).toEqual([" must NOT have additional properties"]);
  expect(misfits("plan", { ...plan, disruption: "some" })).toHaveLength(1);
});
