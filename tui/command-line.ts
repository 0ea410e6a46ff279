// The line after `:`: any command of `vbus`, with what fits at its end and what was run before. Pure; the
// commands themselves belong to whoever started the dashboard.

import { perform } from "./acts.ts";
import type { DashboardState } from "./model.ts";
import { clean } from "./text.ts";
import { show } from "./walk.ts";

/** What fits in place of the last word. */
export interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** The line while it is typed. */
export interface CommandLine {
  readonly text: string;
  /** What fits at its end, as far as that is known. */
  readonly candidates: readonly Candidate[];
  /** The candidate that stands in the text; absent: what was typed. */
  readonly chosen?: number;
  /** The place in the history, from its end; 0 is what is typed now. */
  readonly past: number;
}

/** What a command printed, in the view `output`. */
export interface Output {
  readonly line: string;
  /** Counts commands: what an earlier one still prints is not this one's. */
  readonly run: number;
  readonly lines: readonly string[];
  /** Absent while it runs. */
  readonly exit?: number;
  /** The first line that is seen; absent: the end is followed. */
  readonly top?: number;
}

const LINE_CHARACTERS_MAX = 1000;
const HISTORY_MAX = 100;
const OUTPUT_LINES_MAX = 2000;

export function openLine(state: DashboardState, text = ""): DashboardState {
  return typeLine({ ...state, command: { text: "", candidates: [], past: 0 } }, () => text);
}

/** Types, and asks what fits now. */
export function typeLine(state: DashboardState, edited: (text: string) => string): DashboardState {
  const { command } = state;
  if (command === undefined) return state;
  const text = edited(command.text).slice(0, LINE_CHARACTERS_MAX);
  const next = { ...state, command: { text, candidates: [], past: 0 } };
  return perform(next, { do: "complete", text });
}

export function hearCandidates(
  state: DashboardState,
  { text, candidates }: { readonly text: string; readonly candidates: readonly Candidate[] },
): DashboardState {
  const { command } = state;
  if (command === undefined || command.chosen !== undefined || command.text !== text) return state;
  return { ...state, command: { ...command, candidates } };
}

/** Puts the next thing that fits at the end. The only one is followed by a space, and what fits behind it. */
export function completeLine(state: DashboardState): DashboardState {
  const { command } = state;
  const [only, second] = command?.candidates ?? [];
  if (command === undefined || only === undefined) return state;
  const head = command.text.slice(0, command.text.search(/\S*$/u));
  if (second === undefined)
    return typeLine(state, () => `${head}${only.word}${only.word.endsWith("/") ? "" : " "}`);
  const chosen = ((command.chosen ?? -1) + 1) % command.candidates.length;
  const text = `${head}${command.candidates[chosen]?.word ?? ""}`;
  return { ...state, command: { ...command, text, chosen } };
}

/** A line that was run before; 1 is an older one. */
export function recallLine(state: DashboardState, by: 1 | -1): DashboardState {
  const { command, history } = state;
  if (command === undefined) return state;
  const past = Math.max(0, Math.min(history.length, command.past + by));
  const text = past === 0 ? "" : (history.at(-past) ?? "");
  return { ...state, command: { text, candidates: [], past } };
}

export function closeLine({ command: _, ...state }: DashboardState): DashboardState {
  return state;
}

/** Runs what is typed, after a name where a key that does the same would ask for one. */
export function runLine(state: DashboardState): DashboardState {
  const line = (state.command?.text ?? "").trim().replace(/^vbus\s+/u, "");
  const closed = closeLine(state);
  if (line === "") return closed;
  const stake = state.readOnly ? undefined : stakeOf(line, state.latest?.snapshot.lab);
  if (stake === undefined) return startLine(closed, line);
  return { ...closed, confirm: { ...stake, typed: "", line: `vbus ${line}` } };
}

/** What a command takes away that nobody loses by accident, and the name to type for it. */
function stakeOf(
  line: string,
  lab = "lab",
): { readonly question: string; readonly name: string } | undefined {
  const [command, ...rest] = wordsOf(line);
  if (rest.some((word) => word === "--help" || word === "-h")) return undefined;
  if (command === "down")
    return { question: "The lab stops, and every guest in it.", name: namedLab(rest) ?? lab };
  if (command !== "rollback") return undefined;
  const generation = rest.find((word) => /^\d+$/u.test(word)) ?? lab;
  return { question: `What came after generation ${generation} is undone.`, name: generation };
}

/** The lab that a call names itself: it may be another than the one that is shown. */
function namedLab(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => /^--(?:lab|file)(?:=|$)/u.test(word));
  if (at >= 0) return words[at]?.split("=", 2)[1] ?? words[at + 1];
  return words.find((word) => word.endsWith(".vbus"));
}

/** Runs a command, and shows what it prints. */
export function startLine(state: DashboardState, typed: string): DashboardState {
  const line = typed.replace(/^vbus\s+/u, "");
  const history = [...state.history.filter((past) => past !== line), line].slice(-HISTORY_MAX);
  const run = (state.output?.run ?? 0) + 1;
  const output: Output = { line, run, lines: [] };
  return perform(show({ ...state, history, output }, "output"), { do: "run", line, run });
}

export function hearOutput(
  state: DashboardState,
  { run, text, exit }: { readonly run: number; readonly text: string; readonly exit?: number },
): DashboardState {
  const { output } = state;
  if (output === undefined || output.run !== run) return state;
  const fresh = text === "" ? [] : text.replace(/\n$/u, "").split("\n").map(clean);
  const lines = [...output.lines, ...fresh].slice(-OUTPUT_LINES_MAX);
  return { ...state, output: { ...output, lines, ...(exit !== undefined && { exit }) } };
}

/** Words as a shell would split them; quotes hold a word together. */
export function wordsOf(line: string): readonly string[] {
  const pieces = line.matchAll(/(?:[^\s"']|"[^"]*"?|'[^']*'?)+/gu);
  const words = [...pieces].map(([word]) =>
    word.replaceAll(/"([^"]*)"?|'([^']*)'?/gu, (_, a, b) => a ?? b ?? ""),
  );
  return /\s$/u.test(line) || line === "" ? [...words, ""] : words;
}
