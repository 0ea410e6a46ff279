// Makes a picture of a terminal: runs a command in a pty, waits for a text on its screen, types keys, and
// writes the cells as SVG.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

const CELL = { width: 8.4, height: 18, font: 14 };
const COLOURS = {
  background: "#11151c",
  foreground: "#d5dae2",
  palette: [
    ["#2b303b", "#e5786d", "#8fc07a", "#e0b35c", "#6ca3e8", "#b48ead", "#5fb3b3", "#c0c5ce"],
    ["#65737e", "#ff8f80", "#a5d68f", "#ffd479", "#8abaff", "#c9a0dc", "#7fd4d4", "#ffffff"],
  ].flat(),
};
const SETTLED_MS = 1500;
const PATIENCE_MS = 30_000;

/** The colour of palette index 0 to 255, as xterm has it. */
function paletteColour(index: number): string {
  const known = COLOURS.palette[index];
  if (known !== undefined) return known;
  if (index >= 232) return hex(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
  const level = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

const hex = (...parts: number[]): string =>
  `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

type Cell = xterm.IBufferCell;

function colours(cell: Cell): { front: string; back: string } {
  const pick = (isDefault: boolean, isRgb: boolean, value: number, fallback: string): string => {
    if (isDefault) return fallback;
    return isRgb ? `#${value.toString(16).padStart(6, "0")}` : paletteColour(value);
  };
  const front = pick(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor(), COLOURS.foreground);
  const back = pick(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor(), COLOURS.background);
  return cell.isInverse() ? { front: back, back: front } : { front, back };
}

/** One row of cells as SVG: a rectangle for each background, a text for each run of one colour. */
function rowSvg(terminal: xterm.Terminal, row: number): string {
  const line = terminal.buffer.active.getLine(row + terminal.buffer.active.viewportY);
  const out: string[] = [];
  const top = row * CELL.height;
  for (let column = 0; line && column < terminal.cols; column++) {
    const cell = line.getCell(column);
    if (!cell || cell.getWidth() === 0) continue;
    const { front, back } = colours(cell);
    const left = (column * CELL.width).toFixed(1);
    if (back !== COLOURS.background) {
      out.push(`<rect x="${left}" y="${top}" width="${CELL.width}" height="${CELL.height}" fill="${back}"/>`);
    }
    const text = cell.getChars();
    if (text.trim() === "") continue;
    const weight = cell.isBold() ? ' font-weight="bold"' : "";
    const faint = cell.isDim() ? ' opacity="0.6"' : "";
    out.push(`<text x="${left}" y="${top + 14}" fill="${front}"${weight}${faint}>${escape(text)}</text>`);
  }
  return out.join("");
}

function screenSvg(terminal: xterm.Terminal): string {
  const width = Math.ceil(terminal.cols * CELL.width) + 16;
  const height = terminal.rows * CELL.height + 16;
  const rows = Array.from({ length: terminal.rows }, (_, row) => rowSvg(terminal, row)).join("\n");
  const font = `font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="${CELL.font}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}">`,
    `<rect width="${width}" height="${height}" rx="6" fill="${COLOURS.background}"/>`,
    `<g transform="translate(8,8)" ${font} xml:space="preserve">`,
    rows,
    "</g></svg>\n",
  ].join("\n");
}

function screenText(terminal: xterm.Terminal): string {
  const lines = Array.from({ length: terminal.rows }, (_, row) =>
    terminal.buffer.active.getLine(row)?.translateToString(true),
  );
  return lines.join("\n");
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What to take a picture of. */
export interface Motif {
  readonly command: readonly [string, ...string[]];
  readonly cols: number;
  readonly rows: number;
  /** The picture is taken some time after this text stands on the screen. */
  readonly wanted: string;
  /** Typed then, one by one. */
  readonly keys: string;
  /** How long it looks on before it types. */
  readonly settleMs: number;
}

/** Runs the command in a terminal, writes the screen as SVG to `out`, and answers its text. */
export async function takePicture(out: string, motif: Motif): Promise<string> {
  const { cols, rows } = motif;
  const [command, ...args] = motif.command;
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true });
  const { NO_COLOR: _, CI: __, ...rest } = process.env;
  const env = { ...rest, TERM: "xterm-256color", COLORTERM: "truecolor" };
  const child = spawn(command, args, { cols, rows, name: env.TERM, env });
  child.onData((data) => terminal.write(data));
  terminal.onData((data) => child.write(data));
  const end = performance.now() + PATIENCE_MS;
  while (!screenText(terminal).includes(motif.wanted)) {
    if (performance.now() > end) throw new Error(`never saw ${motif.wanted}:\n${screenText(terminal)}`);
    await pause(50);
  }
  await pause(motif.settleMs);
  for (const key of motif.keys) {
    child.write(key);
    await pause(SETTLED_MS);
  }
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, screenSvg(terminal));
  child.kill("SIGKILL");
  return screenText(terminal);
}
