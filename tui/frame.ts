// The whole screen as lines: header, tabs, banner, the view, footer. Never more lines than the terminal has,
// less one, and none wider than it: a taller frame would make the whole screen be cleared.

import type { Snapshot } from "../interpreter/index.ts";
import { clipLine, lineWidth, mergeSpans, paint, span, spread } from "./line.ts";
import type { Line, Tone } from "./line.ts";
import { modeOf } from "./model.ts";
import type { DashboardState, World } from "./model.ts";
import type { Said } from "./acts.ts";
import { pastLine } from "./past.ts";
import { totalRate, valuesOf } from "./rates.ts";
import { sparkline } from "./symbols.ts";
import type { Symbols } from "./symbols.ts";
import { shortCount, shortDuration, wrapWords } from "./text.ts";
import { candidateLines, promptOf } from "./prompt.ts";
import { PARTS, partOf } from "./views/all.ts";
import { breadthOf, TABS_HEIGHT_MIN } from "./views/context.ts";
import type { ViewContext } from "./views/context.ts";

/** Draws the state: exactly as many lines as the terminal has, less one, and at least one. */
export function frameLines(state: DashboardState, world: World, symbols: Symbols): readonly Line[] {
  const columns = Math.max(1, state.size.columns);
  const height = Math.max(1, state.size.rows - 1);
  const breadth = breadthOf(columns);
  const base: ViewContext = { state, world, symbols, columns, rows: height, breadth };
  // A guest's terminal has the screen for itself.
  const top: Line[] = state.view === "console" ? [] : [headerLine(base)];
  if (top.length > 0 && height >= TABS_HEIGHT_MIN) top.push(tabsLine(base));
  const bottom = height >= 4 || modeOf(state) !== state.view ? [footerLine(base)] : [];
  const banner = bannerLines(base, Math.max(0, Math.min(8, Math.floor((height - 3) / 2))));
  const most = Math.max(0, Math.min(8, Math.floor((height - top.length) / 2)));
  const candidates = candidateLines(base, most);
  const rows = Math.max(0, height - top.length - bottom.length - banner.length - candidates.length);
  const body =
    rows === 0
      ? []
      : partOf(state.view)
          .draw({ ...base, rows })
          .slice(0, rows);
  const filler = Array.from({ length: rows - body.length }, (): Line => []);
  return [...top, ...banner, ...body, ...filler, ...candidates, ...bottom]
    .slice(-height)
    .map((line) => mergeSpans(clipLine(line, columns, symbols.ellipsis)));
}

/** The one line that is there in every size: what lab it is and how it is. */
function headerLine({ state, symbols, columns, breadth }: ViewContext): Line {
  const snapshot = state.shown?.snapshot;
  if (snapshot === undefined) return [span(" vbus ", "title"), ...linkSpans(state)];
  const met = snapshot.guests.filter(({ goalMet }) => goalMet).length;
  const goals = `${met}/${snapshot.guests.length}`;
  const failed = snapshot.failures > 0;
  const ready: Line = snapshot.ready
    ? [span(` ${symbols.state.running} ready ${goals}`, "good")]
    : [
        span(
          ` ${failed ? symbols.state.failed : symbols.unmet} ${failed ? "failed" : "not ready"} ${goals}`,
          failed ? "bad" : "busy",
        ),
      ];
  const wrong = trouble(state);
  // Where nothing else has room, what is wrong goes before how many goals are met.
  const how = columns < CLOSE_COLUMNS && wrong.length > 0 ? wrong : [...ready, ...wrong];
  const short: Line = [span(` ${snapshot.lab} `, "title"), ...shortTab(state), ...how];
  if (breadth === "narrow") {
    return spread(short, [span(`${shortCount(totalRate(snapshot))} frames/s `, "strong")], columns);
  }
  const left: Line = [
    ...short,
    span("  generation ", "dim"),
    span(String(snapshot.generation)),
    span("  watch ", "dim"),
    span(snapshot.watch, watchTone(snapshot.watch)),
    span("  up ", "dim"),
    span(shortDuration(snapshot.uptimeMs)),
  ];
  const rate = span(` ${shortCount(totalRate(snapshot))} frames/s `, "strong");
  const history = sparkline(valuesOf(state.shown, "lab"), breadth === "wide" ? 20 : 8, symbols);
  const both: Line = [span(history, "accent"), rate];
  return spread(left, lineWidth(left) + lineWidth(both) < columns ? both : [rate], columns);
}

const CLOSE_COLUMNS = 32;

/** Where there is no line of tabs: which view is seen, or its key where that is too long. */
function shortTab({ view, size: { columns, rows } }: DashboardState): Line {
  if (rows - 1 >= TABS_HEIGHT_MIN) return [];
  const key = partOf(view).key ?? ":";
  return [span(columns < CLOSE_COLUMNS ? key : ` ${key} ${view} `, "tab")];
}

function watchTone(watch: "off" | "watching" | "applying" | "held"): Tone {
  if (watch === "held") return "bad";
  return watch === "applying" ? "busy" : watch === "off" ? "dim" : "good";
}

/** What is wrong with the picture itself, in every size. */
function trouble(state: DashboardState): Line {
  const parts: Line[] = [];
  if (state.link.state === "lost") parts.push([span(" "), span(" LOST ", "alarm")]);
  if (state.shown?.snapshot.watch === "held") parts.push([span(" "), span(" HELD ", "alarm")]);
  if (state.frozen) parts.push([span(" "), span(state.past === undefined ? " FROZEN " : " PAST ", "badge")]);
  return parts.flat();
}

function linkSpans({ link }: DashboardState): Line {
  if (link.state === "lost") return [span(" "), span(" LOST ", "alarm"), span(` ${link.reason}`)];
  return [span(link.state === "live" ? " connected" : " connecting", "dim")];
}

/** All tabs with counts, or without, or closer, or with only the key of those not seen: whatever fits. */
function tabsLine({ state, world, columns }: ViewContext): Line {
  const place = placeLine(state);
  const own: Line = [span(" "), span(` ${state.view} `, "tab")];
  const tabs = (named: boolean, counted: boolean, close = false): Line =>
    PARTS.flatMap(({ view, key, count }): Line => {
      const isSeen = state.view === view;
      if (key === undefined) return isSeen ? own : [];
      const seen = counted || isSeen ? count?.(state, world) : undefined;
      const name = named || isSeen ? ` ${view}${seen === undefined ? "" : ` ${seen}`}` : "";
      return [span(" "), span(` ${key}${name}${close && !isSeen ? "" : " "}`, isSeen ? "tab" : "dim")];
    });
  const forms = [tabs(true, true), tabs(true, false), tabs(true, false, true), tabs(false, false)];
  const fits = forms.find((line) => lineWidth(line) + lineWidth(place) < columns);
  return spread(fits ?? forms.find((line) => lineWidth(line) <= columns) ?? own, place, columns);
}

/** Where in the view we are, and its filter. */
function placeLine(state: DashboardState): Line {
  const filter = state.filters[state.view];
  const place = partOf(state.view).place?.(state) ?? [];
  return filter === "" ? place : [...place, span(` /${filter} `, "badge")];
}

const UNCHECKED = "the file on disk doesn't check: the last good lab goes on";
const WAITS = "the change in the file waits for vbus apply: the lab goes on as it was";
const backText = (to: number): string => `back to generation ${to}: held until the file says something else`;

/** Above everything, in so many lines at most: a lost lab, or a file that doesn't check and why. */
function bannerLines(context: ViewContext, most: number): readonly Line[] {
  const { state, columns } = context;
  const lines: Line[] = state.past === undefined ? [] : [pastLine(context)];
  if (state.link.state === "lost" && state.shown !== undefined) {
    const text = ` the lab is not there: ${state.link.reason}; waiting for it, shown as last seen`;
    lines.push(paint([span(text)], "alarm", columns));
  }
  if (state.confirm !== undefined) {
    const { question, line } = state.confirm;
    lines.push(paint([span(` ${line}`)], "badge", columns));
    lines.push(
      ...wrapWords(question, Math.max(8, columns - 1)).map((piece): Line => [span(` ${piece}`, "bad")]),
    );
  }
  const snapshot = state.shown?.snapshot;
  // The plan says by itself what waits.
  const isSaid = state.view === "plan" && snapshot?.held !== undefined;
  if (snapshot?.watch === "held" && !isSaid) {
    const tone = (line: string): Tone => (/^(error|warning)/.test(line) ? "bad" : "plain");
    const text = snapshot.diagnosticsText.split("\n").filter((line) => line.trim() !== "");
    lines.push(paint([span(` ${doingText(snapshot)}`)], "alarm", columns));
    const command = snapshot.held === undefined ? "check" : "plan";
    const told = text.map((line): Line => [span(` ${line}`, tone(line))]);
    lines.push(...shortened(told, most - lines.length, `vbus ${command} has them all`));
  }
  return lines.slice(0, most);
}

/** The first lines, and where that leaves any out, so many, and where they are. */
function shortened(lines: readonly Line[], most: number, where: string): readonly Line[] {
  if (lines.length <= most || most < 1) return lines;
  const text = ` and ${lines.length - most + 1} lines more: ${where}`;
  return [...lines.slice(0, most - 1), [span(text, "dim")]];
}

function doingText({ rolledBack, held }: Snapshot): string {
  if (rolledBack !== undefined) return backText(rolledBack);
  return held === undefined ? UNCHECKED : WAITS;
}

/** The keys that matter here; or what is being typed or asked; or what became of the last act. */
function footerLine({ state, world, columns }: ViewContext): Line {
  const mode = modeOf(state);
  if (state.said !== undefined && mode === state.view) return saidLine(state.said);
  const front = promptOf(state, columns);
  const parts: Line[] = [];
  const seen = new Set<string>();
  for (const { shown, footer, modes, footerModes } of world.keys) {
    if (footer === undefined || !(footerModes ?? modes).includes(mode) || seen.has(shown)) continue;
    seen.add(shown);
    parts.push([span(` ${shown}`, "key"), span(` ${columns < 40 ? firstWord(footer) : footer} `, "dim")]);
  }
  // The first ones say what can be done here, the last ones how to get help and out: the middle goes first.
  while (parts.length > 1 && lineWidth([...front, ...parts.flat()]) > columns) {
    parts.splice(parts.length > 3 ? parts.length - 3 : mode === "asking" ? parts.length - 1 : 0, 1);
  }
  return [...front, ...parts.flat()];
}

function saidLine({ text, tone, line }: Said): Line {
  return [span(` ${text} `, tone), ...(line === undefined ? [] : [span("  ", "dim"), span(line, "key")])];
}

const firstWord = (text: string): string => text.split(" ")[0] ?? text;
