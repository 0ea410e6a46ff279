// A snapshot as text, once, for what is no terminal. Pure.

import type { GuestRow, Snapshot } from "../interpreter/index.ts";
import { clean, cut, fit, shortBytes, shortCount, shortDuration, widthOf } from "./text.ts";

export interface OnceOptions {
  readonly format: "plain" | "json" | "markdown";
  /** Cells that a line of `plain` may take. The other formats are as wide as they are. */
  readonly columns: number;
}

const TITLES = ["GUEST", "STATE", "GOAL", "IMAGE", "CPU%", "MEM", "RST", "UPTIME", "FRAMES/S", "ADDRESS"];
const NUMBERS = new Set(["CPU%", "MEM", "RST", "UPTIME", "FRAMES/S"]);

/** The text, ending with a line feed. */
export function renderOnce(snapshot: Snapshot, options: OnceOptions): string {
  if (options.format === "json")
    return `${JSON.stringify({ schema: snapshot.version, ...snapshot }, null, 2)}\n`;
  const rows = snapshot.guests.map((guest) => cellsOf(guest).map(clean));
  const lines =
    options.format === "plain" ? plainLines(snapshot, rows, options.columns) : markdownLines(snapshot, rows);
  return `${lines.join("\n")}\n`;
}

function cellsOf(guest: GuestRow): readonly string[] {
  const exit = guest.exit === undefined ? "" : ` ${guest.exit}`;
  return [
    guest.address,
    `${guest.state}${exit}`,
    `${guest.goal}${guest.goalMet ? "" : " (not met)"}`,
    guest.image,
    (guest.cpu * 100).toFixed(1),
    shortBytes(guest.memory),
    String(guest.restarts),
    shortDuration(guest.uptimeMs),
    shortCount(guest.framesPerSecond),
    guest.interfaces.map(({ ip }) => ip).join(" "),
  ];
}

function headline(snapshot: Snapshot): string {
  const met = snapshot.guests.filter(({ goalMet }) => goalMet).length;
  const goals = `${snapshot.ready ? "ready" : "not ready"} ${met}/${snapshot.guests.length}`;
  const up = `up ${shortDuration(snapshot.uptimeMs)}`;
  return clean(
    [snapshot.lab, goals, `generation ${snapshot.generation}`, `watch ${snapshot.watch}`, up].join("  "),
  );
}

function plainLines(
  snapshot: Snapshot,
  rows: readonly (readonly string[])[],
  columns: number,
): readonly string[] {
  const widths = TITLES.map((title, place) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[place] ?? ""))),
  );
  const draw = (row: readonly string[]): string =>
    row
      .map((text, place) =>
        fit(text, widths[place] ?? 0, NUMBERS.has(TITLES[place] ?? "") ? "right" : "left"),
      )
      .join("  ");
  const lines = [headline(snapshot), draw(TITLES), ...rows.map(draw)];
  return [...lines.map((line) => cut(line.trimEnd(), columns)), ...heldLines(snapshot)];
}

function markdownLines(snapshot: Snapshot, rows: readonly (readonly string[])[]): readonly string[] {
  const draw = (row: readonly string[]): string =>
    `| ${row.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = TITLES.map((title) => (NUMBERS.has(title) ? "---:" : "---"));
  const held = heldLines(snapshot);
  const code = held.length === 0 ? [] : ["", "```text", ...held, "```"];
  return [headline(snapshot), "", draw(TITLES), draw(rule), ...rows.map(draw), ...code];
}

function heldLines(snapshot: Snapshot): readonly string[] {
  if (snapshot.watch !== "held") return [];
  const text = snapshot.diagnosticsText.trimEnd().split("\n").map(clean);
  if (snapshot.rolledBack !== undefined) return text;
  const what = snapshot.held === undefined ? "doesn't check" : "waits for vbus apply";
  return [`The file on disk ${what}; the last good lab goes on.`, ...text];
}
