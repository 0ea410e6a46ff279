// The plan from one model to another, for those who hold models and no running lab.

import type { Model } from "../../lang/index.ts";
import { desiredOf, nothing } from "./definition.ts";
import { makePlan } from "./make-plan.ts";
import type { Plan } from "./plan.ts";

/** What would have to happen to get from `before`, or from nothing, to `after`. */
export function planBetween(before: Model | undefined, after: Model): Plan {
  return makePlan(before === undefined ? nothing(after.lab) : desiredOf(before), desiredOf(after));
}
