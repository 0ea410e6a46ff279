// The dashboard for who hears it: sentences in place of columns, the selected one first, and nothing that
// changes by itself but what somebody would want to be told.

import type { GuestRow } from "../interpreter/index.ts";
import type { CommandLine } from "./command-line.ts";
import { plainText } from "./line.ts";
import { modeOf } from "./model.ts";
import type { DashboardState, World } from "./model.ts";
import { selectedGuest, visibleGuests } from "./select.ts";
import { SYMBOL_SETS } from "./symbols.ts";
import { partOf } from "./views/all.ts";

const COLUMNS = 400;
/** A page of a list: more is read on by moving. */
const ROWS = 20;

/** Each a sentence or a row, to be read one after the other. */
export function linearLines(state: DashboardState, world: World): readonly string[] {
  const { view, said, confirm, asking } = state;
  const lines = [labLine(state), `View ${view}.${filterText(state)}`];
  if (said !== undefined)
    lines.push(`${said.text}.${said.line === undefined ? "" : ` Command: ${said.line}`}`);
  if (confirm !== undefined) lines.push(`${confirm.question} Type ${confirm.name}. Typed: ${confirm.typed}`);
  if (asking) lines.push("Before you go: s stops the lab, l leaves it running, escape stays.");
  if (state.typing !== undefined) lines.push(`Filter: ${state.filters[view]}`);
  if (state.command !== undefined) lines.push(...commandLines(state.command));
  lines.push(...(view === "guests" ? guestLines(state) : rowsOf(state, world)));
  return [...lines, keysLine(state, world)];
}

/** What is typed, and what fits at its end. */
function commandLines({ text, candidates }: CommandLine): readonly string[] {
  const words = candidates.slice(0, ROWS).map(({ word }) => word);
  return [`Command: ${text}`, ...(words.length === 0 ? [] : [`Fits: ${words.join(", ")}.`])];
}

function labLine({ shown, link, frozen, past }: DashboardState): string {
  if (shown === undefined) return link.state === "lost" ? `No lab: ${link.reason}.` : "Connecting.";
  const { lab, ready, guests, generation, watch } = shown.snapshot;
  const met = guests.filter(({ goalMet }) => goalMet).length;
  const still = past !== undefined ? ` As it was at ${new Date(past).toISOString().slice(11, 19)}.` : "";
  return [
    `Lab ${lab}, ${ready ? "ready" : "not ready"}, ${met} of ${guests.length} goals met,`,
    `generation ${generation}, watch ${watch}.`,
    ...(link.state === "lost" ? [`Lost: ${link.reason}.`] : []),
    ...(frozen ? [past === undefined ? "Frozen." : still.trim()] : []),
  ].join(" ");
}

const filterText = ({ filters, view }: DashboardState): string =>
  filters[view] === "" ? "" : ` Filter ${filters[view]}.`;

function guestLines(state: DashboardState): readonly string[] {
  const guests = visibleGuests(state);
  const selected = selectedGuest(state);
  if (selected === undefined) return ["No guests."];
  const others = guests.filter(({ address }) => address !== selected.address);
  const more = others.length > ROWS ? [`And ${others.length - ROWS} more.`] : [];
  return [
    `Selected: ${guestText(selected)} ${factsText(selected)}`,
    ...others.slice(0, ROWS).map(guestText),
    ...more,
  ];
}

function guestText({ address, state, exit, goal, goalMet }: GuestRow): string {
  const code = exit === undefined ? "" : ` with ${exit}`;
  return `${address}, ${state}${code}, goal ${goal} ${goalMet ? "met" : "not met"}.`;
}

function factsText({ image, restarts, reason, interfaces }: GuestRow): string {
  const addresses = interfaces.map(({ device, ip }) => `${device} ${ip}`).join(", ");
  const why = reason === undefined ? "" : ` Reason: ${reason}.`;
  return `Image ${image}, ${restarts} restarts, ${addresses}.${why}`;
}

/** The lines of another view, with one space where it has columns, and without what only looks. */
function rowsOf(state: DashboardState, world: World): readonly string[] {
  const symbols = SYMBOL_SETS.ascii;
  const context = { state, world, symbols, columns: COLUMNS, rows: ROWS, breadth: "middle" as const };
  return partOf(state.view)
    .draw(context)
    .map((line) =>
      plainText(line)
        .replace(/[-_|]{2,}/g, " ")
        .replace(/^>/, "Selected: ")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .filter((line) => line !== "");
}

function keysLine(state: DashboardState, { keys }: World): string {
  const mode = modeOf(state);
  const named = keys.flatMap(({ shown, footer, modes, footerModes }) =>
    footer !== undefined && (footerModes ?? modes).includes(mode) ? [`${shown} ${footer}`] : [],
  );
  return `Keys: ${[...new Set(named)].join(", ")}.`;
}
