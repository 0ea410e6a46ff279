// What an apply would do now, each step with what it disturbs: a change in the file that is held is read here
// before it is made.

import type { Plan, PlanAnswer } from "../../interpreter/index.ts";
import { act, actAfterName, perform, say } from "../acts.ts";
import type { Act, Replied } from "../acts.ts";
import { clipLine, span } from "../line.ts";
import type { Line, Tone } from "../line.ts";
import type { DashboardState } from "../model.ts";
import { stepOf } from "../scroll.ts";
import { wrapWords } from "../text.ts";
import { breadthOf, roomOf } from "./context.ts";
import type { ViewContext } from "./context.ts";
import type { ViewPart } from "./part.ts";

type Step = Plan["steps"][number];

export const planPart: ViewPart = {
  view: "plan",
  key: "p",
  help: "plan: what the file asks for and what that disturbs",
  keys: [
    {
      keys: ["enter"],
      shown: "enter",
      command: { do: "open" },
      help: "apply the plan",
      footer: "apply",
      modes: ["plan"],
    },
    {
      keys: ["u"],
      shown: "u",
      command: { do: "undo" },
      help: "undo: back to the generation before",
      footer: "undo",
      modes: ["plan"],
    },
    {
      keys: ["r"],
      shown: "r",
      command: { do: "again" },
      help: "make the plan anew",
      footer: "again",
      modes: ["plan"],
    },
  ],
  draw: (context) => {
    const { state, rows, columns, symbols } = context;
    const lines = planLines(context);
    const top = Math.max(0, Math.min(state.plan.top, lines.length - rows));
    return lines.slice(top, top + rows).map((line) => clipLine(line, columns, symbols.ellipsis));
  },
  count: ({ plan }) => (plan.answer?.plan === undefined ? undefined : String(plan.answer.plan.steps.length)),
  move: (state, by) => {
    const { columns } = state.size;
    const rows = roomOf(state.size);
    const most = planLines({ state, rows, columns, breadth: breadthOf(columns) }).length - rows;
    const top = Math.max(0, Math.min(most, stepOf(by, state.plan.top, state.size)));
    return { ...state, plan: { ...state.plan, top } };
  },
  enter: (shown) => askPlan({ ...shown, plan: { ...shown.plan, top: 0 } }),
  obey: (state, command) => {
    if (command.do === "open") return apply(state);
    if (command.do === "undo") return undo(state);
    return command.do === "again" ? askPlan(state) : undefined;
  },
  hear: (state, action) => {
    if (action.type === "replied") return hearReply(state, action);
    if (action.type !== "snapshot" || state.view !== "plan" || state.plan.asked) return state;
    return state.plan.madeFor === situationOf(state) ? state : askPlan(state);
  },
};

const PLAN: Act = { ask: { method: "plan", params: {} }, line: "vbus plan", harmless: true };

/** What a plan depends on, as far as a snapshot says it. */
function situationOf({ latest }: DashboardState): string {
  const { pid, generation, watch, held, refused, rolledBack, diagnosticsText } = latest?.snapshot ?? {};
  return JSON.stringify([pid, generation, watch, held, refused, rolledBack, diagnosticsText]);
}

function askPlan(state: DashboardState): DashboardState {
  if (state.link.state !== "live" || state.plan.asked) return state;
  const plan = { ...state.plan, asked: true, madeFor: situationOf(state) };
  return perform({ ...state, plan }, { do: "act", act: PLAN });
}

function hearReply(state: DashboardState, { act: { ask, line }, reply }: Replied): DashboardState {
  if (ask.method === "plan") {
    const { problem: _, ...plan } = { ...state.plan, asked: false };
    if (reply.method === "plan") return { ...state, plan: { ...plan, answer: reply.result } };
    const { answer: __, ...none } = plan;
    return reply.method === "refused" ? { ...state, plan: { ...none, problem: reply.message } } : state;
  }
  if (reply.method === "apply") {
    const { outcome, generation, plan, failure } = reply.result;
    const count = `${plan.steps.length} ${plan.steps.length === 1 ? "change" : "changes"}`;
    if (outcome === "nothing") return askPlan(say(state, "nothing to do", "good", line));
    if (outcome === "applied") {
      return askPlan(
        say(made(state, generation, generation), `generation ${generation}: ${count} applied`, "good", line),
      );
    }
    const why = failure === undefined ? "" : `: ${failure.address}: ${failure.message}`;
    return askPlan(say(state, `${outcome === "partly" ? "done in part" : "taken back"}${why}`, "bad", line));
  }
  if (reply.method === "rollback" && ask.method === "rollback") {
    const { generation, changes, held } = reply.result;
    const text = changes === 0 ? "nothing had to change" : `generation ${generation}: ${changes} undone`;
    const known = made(state, generation, ask.params.generation);
    return askPlan(say(known, held ? `${text}; held on it until the file changes` : text, "good", line));
  }
  return state;
}

/** Known before a picture says so: `u` right after goes back from here. */
function made(state: DashboardState, generation: number | undefined, of: number | undefined): DashboardState {
  if (generation === undefined || of === undefined) return state;
  return { ...state, plan: { ...state.plan, made: { generation, of } } };
}

function apply(state: DashboardState): DashboardState {
  const { answer } = state.plan;
  if (answer?.plan === undefined) return say(state, "there is no plan to apply", "bad");
  if (answer.refused !== undefined) return say(state, `refused: ${answer.refused}`, "bad");
  const { steps, warnings = [], lab } = answer.plan;
  if (steps.length === 0) return say(state, "nothing to do", "good", "vbus apply");
  const asked: Act = { ask: { method: "apply", params: { bound: answer.bound } }, line: "vbus apply" };
  if (warnings.length === 0) return act(state, asked);
  return actAfterName(state, asked, { question: warnings.join(" "), name: lab });
}

function undo(state: DashboardState): DashboardState {
  const { generation: seen = 0, rolledBack } = state.latest?.snapshot ?? {};
  const newer = state.plan.made;
  const generation = (newer !== undefined && newer.generation > seen ? newer.of : (rolledBack ?? seen)) - 1;
  if (generation < 1) return say(state, "there is no generation to go back to", "bad");
  const asked: Act = {
    ask: { method: "rollback", params: { generation } },
    line: `vbus rollback ${generation}`,
  };
  return actAfterName(state, asked, {
    question: `What came after generation ${generation} is undone.`,
    name: String(generation),
  });
}

const TONES: Readonly<Record<string, Tone>> = {
  live: "good",
  pause: "busy",
  restart: "busy",
  recreate: "bad",
  data_loss: "bad",
};
const VERBS: Readonly<Record<Step["kind"], string>> = {
  create: "create",
  update: "change",
  replace: "replace",
  restart: "restart",
  destroy: "destroy",
};

type Room = Omit<ViewContext, "world" | "symbols">;

/** All of it, each line as long as it is. */
function planLines(context: Room): readonly Line[] {
  const { state, columns, breadth } = context;
  const { answer, asked, problem } = state.plan;
  if (problem !== undefined) return [[span(` no plan: ${problem}`, "bad")]];
  if (answer === undefined) return [[span(asked ? " the lab makes a plan" : " no plan yet: r asks", "dim")]];
  if (answer.plan === undefined) {
    const text = answer.diagnosticsText.split("\n").filter((line) => line.trim() !== "");
    return [
      [span(" the file doesn't check: there is no plan", "bad")],
      ...text.map((line): Line => [span(` ${line}`)]),
    ];
  }
  const { plan } = answer;
  const steps = plan.steps.flatMap((step) => stepLines(step, columns, breadth === "narrow"));
  return [...headLines(context, answer, plan), ...steps];
}

function headLines({ state, columns, rows }: Room, { refused }: PlanAnswer, plan: Plan): readonly Line[] {
  const { steps, unchanged, disruption, warnings = [], expected } = plan;
  if (steps.length === 0) return [[span(` nothing to do: ${unchanged} as declared`, "good")]];
  const held = state.shown?.snapshot.held;
  const takes =
    expected === undefined || expected.ms < 100 ? "" : `, about ${(expected.ms / 1000).toFixed(1)} s`;
  const tell = (text: string, tone: Tone): readonly Line[] =>
    (rows < 10 ? [text] : wrapWords(text, Math.max(8, columns - 1))).map((piece): Line => [
      span(` ${piece}`, tone),
    ]);
  return [
    [
      span(` ${steps.length} ${steps.length === 1 ? "step" : "steps"}`, "strong"),
      span(`, ${unchanged} unchanged${takes}  `, "dim"),
      ...(disruption === undefined ? [] : [span("at most ", "dim"), span(disruption, TONES[disruption])]),
    ],
    ...(held === undefined ? [] : tell(`waits for a word: ${held}`, "busy")),
    ...(refused === undefined ? [] : tell(`would be refused: ${refused}`, "bad")),
    ...warnings.flatMap((warning) => tell(warning, "bad")),
    [],
  ];
}

function stepLines(step: Step, columns: number, isNarrow: boolean): readonly Line[] {
  const type = step.class === undefined ? step.resourceKind : `${step.resourceKind} ${step.class}`;
  const touched = step.touches.length === 0 ? [] : [`touches ${step.touches.join(", ")}`];
  const isPlain = step.kind === "create" || step.kind === "destroy";
  const told = isPlain ? touched : [...step.causes, ...touched];
  return [
    [
      span(` ${VERBS[step.kind].padEnd(8)}`, step.kind === "destroy" ? "bad" : "strong"),
      span(`${isNarrow ? "" : step.disruption.padEnd(10)}`, TONES[step.disruption]),
      span(`${step.address} `, "strong"),
      isNarrow ? span(step.disruption, TONES[step.disruption]) : span(`(${type})`, "dim"),
    ],
    ...told.flatMap((line) =>
      wrapWords(line, Math.max(8, columns - 11)).map((piece): Line => [span(`          ${piece}`)]),
    ),
  ];
}
