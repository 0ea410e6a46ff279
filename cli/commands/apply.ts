// `vbus apply`: brings a running lab to what its file says, also what a save may not do by itself; or to a
// plan that was kept, as long as nothing has changed since.

import {
  connect,
  sentParameters,
  socketPathOf,
  type ApplyAnswer,
  type ApplyRequest,
  type Disruption,
  type LabClient,
} from "../../interpreter/index.ts";
import type { Context, Exit } from "../context.ts";
import { agreed, type ConsentOptions } from "../consent.ts";
import { EXIT } from "../exit-codes.ts";
import { isSavedPlan, readSavedPlan } from "../saved-plan.ts";
import {
  parametersOf,
  selectionOf,
  sourceOf,
  type SelectionOptions,
  type SourceOptions,
} from "../source-options.ts";
import { counted, tableText, timeText } from "../text.ts";
import { applyAgreed, planPart } from "./apply-agreed.ts";

export interface ApplyOptions extends SourceOptions, SelectionOptions, ConsentOptions {
  readonly replace?: readonly string[];
  readonly json?: boolean;
  readonly maxDisruption?: Disruption;
  readonly onFailure?: "undo" | "keep";
}

const APPLY_SCHEMA = 1;

/** Where the lab is, and what is asked of it. */
interface Wanted {
  readonly file: string;
  readonly request: ApplyRequest;
}

export async function apply(
  context: Context,
  what: string | undefined,
  options: ApplyOptions,
): Promise<Exit> {
  const { file, request } = wantedOf(what, options);
  const client = await connect(socketPathOf(file));
  try {
    const { plan, bound, diagnosticsText } = await client.request("plan", planPart(request));
    if (plan === undefined) {
      context.terminal.err(diagnosticsText);
      return EXIT.invalid;
    }
    if (!(await agreed(context, plan, options))) return EXIT.failed;
    // What was asked about is what is done, or nothing.
    const answer = await withProgress(context, client, () =>
      request.bound === undefined ? applyAgreed(client, request, bound) : client.request("apply", request),
    );
    report(context, client.hello.lab, answer, options.json ?? false);
    return exitOf(answer);
  } finally {
    client.close();
  }
}

function wantedOf(what: string | undefined, options: ApplyOptions): Wanted {
  const how = {
    ...(options.maxDisruption && { maxDisruption: options.maxDisruption }),
    ...(options.onFailure && { onFailure: options.onFailure }),
  };
  if (what !== undefined && isSavedPlan(what)) {
    const { file, selection, bound } = readSavedPlan(what, options);
    const parameters = sentParameters(parametersOf(options));
    return { file, request: { parameters, ...selection, ...how, bound } };
  }
  const source = sourceOf(what, options);
  const parameters = sentParameters(source.params);
  return { file: source.file, request: { parameters, ...selectionOf(options), ...how } };
}

/** A line for each step as it ends. */
async function withProgress<T>({ terminal }: Context, client: LabClient, work: () => Promise<T>): Promise<T> {
  const end = client.on("event", ({ type, address, message, level }) => {
    if (type !== "step") return;
    const mark = level === "error" ? terminal.paint("red", "x", "err") : terminal.paint("green", "-", "err");
    terminal.err(`${mark} ${address ?? "lab"} ${message}\n`);
  });
  await client.request("subscribe", { events: true });
  try {
    return await work();
  } finally {
    end();
  }
}

function report({ terminal }: Context, lab: string, answer: ApplyAnswer, json: boolean): void {
  if (json) {
    terminal.out(`${JSON.stringify({ schema: APPLY_SCHEMA, lab, ...answer }, undefined, 2)}\n`);
  } else if (answer.steps.length > 0) {
    const rows = answer.steps.map(({ kind, address, predicted, actual, elapsedMs }) => [
      kind,
      address,
      predicted,
      actual,
      timeText(elapsedMs),
    ]);
    terminal.out(tableText([["STEP", "ADDRESS", "PREDICTED", "ACTUAL", "TIME"], ...rows]));
  }
  const { failure, stuck } = answer;
  if (failure !== undefined) terminal.err(`failed: ${failure.address}: ${failure.message}\n`);
  for (const { address, message } of stuck) terminal.err(`not taken back: ${address}: ${message}\n`);
  terminal.err(`${lab}: ${outcomeText(answer)}\n`);
}

function outcomeText({ outcome, plan, steps, stuck, generation }: ApplyAnswer): string {
  switch (outcome) {
    case "nothing":
      return "nothing to do";
    case "applied":
      return `generation ${generation}: ${counted(plan.steps.length, "change")} applied`;
    case "taken_back":
      return "taken back: everything is as it was";
    case "partly": {
      if (stuck.length > 0) return `taken back, but for ${counted(stuck.length, "thing")}`;
      return `${steps.length} of ${counted(plan.steps.length, "change")} kept`;
    }
  }
}

function exitOf({ outcome }: ApplyAnswer): Exit {
  if (outcome === "partly") return EXIT.partly;
  return outcome === "taken_back" ? EXIT.failed : EXIT.done;
}
