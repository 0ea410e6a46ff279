// `node plan-once.ts BEFORE AFTER`: reads two labs in a process of its own, then makes the plans between
// their models, and does beside it what anybody must who compares them. Prints milliseconds of each as JSON.
// It is cold, as `vbus plan` is: nothing of a plan has run before.
import { parseArgs } from "node:util";
import { checkFile, planBetween, type Checked } from "../interpreter/index.ts";

type Model = NonNullable<Checked["model"]>;

export interface PlanTimes {
  readonly resources: number;
  /** Of the plan that makes everything, and of that with one line changed. */
  readonly fromNothing: number;
  readonly oneLine: number;
  /** To read both models from JSON, copy one and compare the two. */
  readonly compared: number;
}

const { positionals } = parseArgs({ allowPositionals: true });
const [before, after] = await Promise.all(positionals.map(readModel));
if (!before || !after) throw new Error("usage: plan-once.ts BEFORE AFTER");
const texts = [JSON.stringify(before), JSON.stringify(after)] as const;

const start = performance.now();
const all = await planBetween(undefined, before);
const made = performance.now();
const change = await planBetween(before, after);
const changed = performance.now();
const same = compareAsJson(...texts);
const compared = performance.now();

if (all.steps.length !== before.resources.length)
  throw new Error(`${all.steps.length} steps for ${before.resources.length} resources`);
if (change.steps.length !== 1 || change.steps[0]?.address !== "other")
  throw new Error(`a change of one line comes to ${change.steps.length} steps`);
if (same) throw new Error("both labs are the same");
const times: PlanTimes = {
  resources: before.resources.length,
  fromNothing: made - start,
  oneLine: changed - made,
  compared: compared - changed,
};
console.log(JSON.stringify(times));

async function readModel(file: string): Promise<Model> {
  const { model, diagnosticsText } = await checkFile({ file, env: {} });
  if (model === undefined) throw new Error(diagnosticsText);
  return model;
}

/** All resources of both are compared, also behind the first that differ. */
function compareAsJson(one: string, other: string): boolean {
  const [first, second] = [JSON.parse(one) as Model, JSON.parse(other) as Model];
  const copy = structuredClone(first);
  const alike = copy.resources.filter((thing, index) => isAlike(thing, second.resources[index]));
  return alike.length === first.resources.length;
}

/** The shortest that is right for JSON; `isDeepStrictEqual` takes several times as long. */
function isAlike(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return one === other;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => isAlike(Reflect.get(one, name), Reflect.get(other, name)));
}
