// A plan for people and for programs. Plain text without colours; the command line may add some by the
// symbols.

import type { Plan, Step, StepKind } from "./plan.ts";

const SYMBOLS: Readonly<Record<StepKind, string>> = {
  create: "+ create",
  update: "~ change",
  replace: "-/+ replace",
  restart: "-/+ restart",
  destroy: "- destroy",
};
const COUNTED: readonly (readonly [StepKind, string])[] = [
  ["create", "to create"],
  ["update", "to change"],
  ["replace", "to replace"],
  ["restart", "to restart"],
  ["destroy", "to destroy"],
];
const WIDTH = Math.max(...Object.values(SYMBOLS).map((text) => text.length));

/** One line a step, causes below it where there are several, counts at the end. Ends with a newline. */
export function printPlan(plan: Plan): string {
  if (plan.steps.length === 0) {
    const verb = plan.unchanged === 1 ? "is" : "are";
    const [things, rest] = [countText(plan.unchanged, "thing"), scopeLines(plan.scope)];
    if (rest.length > 0) return [`Nothing to do in this part of ${plan.lab}.`, ...rest, ""].join("\n");
    return `Nothing to do: ${things} of ${plan.lab} ${verb} as declared.\n`;
  }
  const lines = plan.steps.flatMap(stepLines);
  const counts = COUNTED.flatMap(([kind, words]) => {
    const count = plan.steps.filter((step) => step.kind === kind).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const unchanged = plan.unchanged === 0 ? [] : [`${plan.unchanged} unchanged`];
  const end = `${plan.lab}: ${[...counts, ...unchanged].join(", ")}.`;
  const warnings = (plan.warnings ?? []).map((warning) => `warning: ${warning}`);
  return [...lines, "", end, ...expectedLines(plan), ...scopeLines(plan.scope), ...warnings, ""].join("\n");
}

/** Below it nobody waits, milliseconds. */
const WORTH_TELLING_MS = 100;

function expectedLines({ expected, steps }: Plan): readonly string[] {
  if (expected === undefined || expected.ms < WORTH_TELLING_MS) return [];
  const text = `Takes about ${(expected.ms / 1000).toFixed(1)} s, as such steps did before`;
  const unknown = steps.length - expected.steps;
  return [
    unknown === 0
      ? `${text}.`
      : `${text}; ${unknown} of its steps ${unknown === 1 ? "was" : "were"} never done here.`,
  ];
}

function stepLines(step: Step): readonly string[] {
  const type = step.class === undefined ? step.resourceKind : `${step.resourceKind} ${step.class}`;
  const head = `${SYMBOLS[step.kind].padStart(WIDTH)}  ${step.address}  (${type})`;
  if (step.kind === "create" || step.kind === "destroy") return [head];
  const mark = `  [${step.disruption}]`;
  const indent = " ".repeat(WIDTH + 4);
  const touched = step.touches.length === 0 ? [] : [`touches ${step.touches.join(", ")}`];
  return [head + mark, ...[...step.causes, ...touched].map((line) => indent + line)];
}

/** What a part of a lab brings along, and what it leaves. */
function scopeLines(scope: Plan["scope"]): readonly string[] {
  if (scope === undefined) return [];
  const { drawnIn, leftOut } = scope;
  return [
    ...(drawnIn.length > 0 ? [`Drawn in: ${drawnIn.join(", ")}.`] : []),
    ...(leftOut.length > 0 ? [`Left as they are: ${leftOut.join(", ")}.`] : []),
  ];
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The JSON form; the schema's number is its first member. */
export function planToJson(plan: Plan): string {
  return JSON.stringify(plan, undefined, 2);
}
