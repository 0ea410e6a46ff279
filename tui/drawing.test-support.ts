// Draws what a dashboard would show after keys and what the lab told, for tests of views.

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { expect } from "vitest";
import type { Snapshot } from "../interpreter/index.ts";
import { GuestScreen } from "./console/screen.ts";
import { EventBuffer } from "./event-buffer.ts";
import { makeEvents, makeLine, makeSnapshot } from "./fixtures.test-support.ts";
import { frameLines } from "./frame.ts";
import { History } from "./history.ts";
import { KEYS } from "./key-table.ts";
import { lineWidth, plainText } from "./line.ts";
import { LogBuffer } from "./log-buffer.ts";
import { initialState } from "./model.ts";
import type { Action, DashboardState, Size, World } from "./model.ts";
import { FrameBuffer } from "./packets/buffer.ts";
import { makeFrame } from "./packets/frames.test-support.ts";
import { reduce } from "./reducer.ts";
import { SYMBOL_SETS } from "./symbols.ts";
import type { Symbols } from "./symbols.ts";

/** The sizes that every view is looked at in. */
export const SIZES: readonly (readonly [number, number])[] = [
  [120, 40],
  [80, 24],
  [60, 20],
  [40, 10],
  [20, 6],
];

/** A key, or something else that happens. */
export type Happening = string | Exclude<Action, { type: "key" }>;

interface Drawing {
  readonly keys?: readonly Happening[];
  readonly part?: Partial<Snapshot>;
  readonly symbols?: Symbols;
  readonly readOnly?: boolean;
}

/** Two of five frames are more than an echo request of the client's. */
const PARTS = [{}, {}, { device: "server.eth0" }, {}, { dropped: "full" }] as const;

export function makeHistory(bytesMax?: number): History {
  const packer = { pack: deflateRawSync, unpack: (bytes: Uint8Array) => inflateRawSync(bytes).toString() };
  return new History(packer, bytesMax);
}

/** A world with lines of two guests, a few events, and frames. */
export function makeWorld(): World {
  const logs = new LogBuffer();
  const events = new EventBuffer();
  const screen = new GuestScreen({ changed: () => undefined, answer: () => undefined });
  events.append(makeEvents());
  logs.append(
    Array.from({ length: 40 }, (_, index) => makeLine(index + 1, index % 5 === 0 ? "server" : "client")),
  );
  const frames = new FrameBuffer(100);
  frames.append(Array.from({ length: 40 }, (_, index) => makeFrame(index + 1, PARTS[index % 5])));
  const history = makeHistory();
  for (let second = 55; second <= 60; second++) history.add(makeSnapshot(second));
  return { logs, events, frames, history, screen, keys: KEYS };
}

/** The terminal of a guest that has printed. */
export async function consoleOf(guest: string, printed: string): Promise<GuestScreen> {
  const drawn = Promise.withResolvers<void>();
  const screen = new GuestScreen({ changed: () => drawn.resolve(), answer: () => undefined });
  await screen.open(guest, { columns: 80, rows: 24 });
  screen.write(printed);
  await drawn.promise;
  return screen;
}

/** The state after six seconds of a lab, and all that happened then. Effects stay in it. */
export function stateAfter(
  size: Size,
  { keys = [], part = {}, readOnly = false }: Drawing = {},
  world = makeWorld(),
): DashboardState {
  const link = { state: "live", reason: "" } as const;
  let state = reduce(initialState(size, { attachedByUp: true, readOnly }), { type: "link", link }, world);
  for (let second = 55; second <= 60; second++) {
    state = reduce(state, { type: "snapshot", snapshot: makeSnapshot(second, part) }, world);
  }
  return keys.reduce<DashboardState>(
    (next, one) => reduce(next, typeof one === "string" ? { type: "key", key: one } : one, world),
    state,
  );
}

/** The lines of the screen, looked at for their number and width. */
export function draw(size: Size, drawing: Drawing = {}, world = makeWorld()): readonly string[] {
  const state = stateAfter(size, drawing, world);
  const lines = frameLines(state, world, drawing.symbols ?? SYMBOL_SETS.block);
  expect(lines).toHaveLength(Math.max(1, size.rows - 1));
  for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(size.columns);
  return lines.map(plainText);
}

/** As a golden has it. */
export const text = (lines: readonly string[]): string => `\n${lines.join("\n")}\n`;
