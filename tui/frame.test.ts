import fc from "fast-check";
import { expect, test } from "vitest";
import { makeGuest, makeLine, makeSnapshot } from "./fixtures.test-support.ts";
import { frameLines } from "./frame.ts";
import { KEYS } from "./key-table.ts";
import { lineWidth, plainText } from "./line.ts";
import { LogBuffer } from "./log-buffer.ts";
import { initialState } from "./model.ts";
import type { Size } from "./model.ts";
import type { Snapshot } from "../interpreter/index.ts";
import { reduce } from "./reducer.ts";
import { ASCII, UNICODE } from "./symbols.ts";
import type { Symbols } from "./symbols.ts";

const seed = Number(process.env["SEED"] ?? 1);

interface Drawing {
  readonly keys?: readonly string[];
  readonly part?: Partial<Snapshot>;
  readonly symbols?: Symbols;
}

function draw(size: Size, { keys = [], part = {}, symbols = UNICODE }: Drawing = {}): readonly string[] {
  const logs = new LogBuffer();
  const world = { logs, keys: KEYS };
  logs.append(
    Array.from({ length: 40 }, (_, index) => makeLine(index + 1, index % 5 === 0 ? "server" : "client")),
  );
  let state = reduce(initialState(size, true), { type: "link", link: { state: "live", reason: "" } }, world);
  for (let second = 55; second <= 60; second++) {
    state = reduce(state, { type: "snapshot", snapshot: makeSnapshot(second, part) }, world);
  }
  for (const key of keys) state = reduce(state, { type: "key", key }, world);
  const lines = frameLines(state, world, symbols);
  expect(lines).toHaveLength(Math.max(1, size.rows - 1));
  for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(size.columns);
  return lines.map(plainText);
}

const text = (lines: readonly string[]): string => `\n${lines.join("\n")}\n`;

test("guests at 120 columns", () => {
  expect(text(draw({ columns: 120, rows: 14 }))).toMatchSnapshot();
});

test("guests at 80 columns", () => {
  expect(text(draw({ columns: 80, rows: 14 }))).toMatchSnapshot();
});

test("guests at 40 and at 20 columns", () => {
  expect(text(draw({ columns: 40, rows: 10 }))).toMatchSnapshot();
  expect(text(draw({ columns: 20, rows: 6 }))).toMatchSnapshot();
});

test.each([120, 80, 40, 20])("rings at %i columns", (columns) => {
  expect(
    text(draw({ columns, rows: columns >= 80 ? 24 : columns / 4 + 2 }, { keys: ["3"] })),
  ).toMatchSnapshot();
});

test.each([120, 80, 40, 20])("logs at %i columns", (columns) => {
  expect(text(draw({ columns, rows: 10 }, { keys: ["l"] }))).toMatchSnapshot();
});

test.each([80, 20])("help at %i columns", (columns) => {
  expect(text(draw({ columns, rows: 54 }, { keys: ["?"] }))).toMatchSnapshot();
});

const HELD = {
  watch: "held",
  diagnosticsText:
    "error[VB2009]: `eth0` needs `network`.\n   ┌─ lab.vbus:9:3\n  9 │   device eth0\n    │   ^^^^^^",
} as const;

test("a file that doesn't check is said above everything, in every size", () => {
  expect(text(draw({ columns: 80, rows: 16 }, { part: HELD }))).toMatchSnapshot();
  expect(draw({ columns: 40, rows: 10 }, { part: HELD }).join("\n")).toContain("VB2009");
  expect(draw({ columns: 30, rows: 3 }, { part: HELD })[0]).toContain("HELD");
});

test("a lab that went back to a generation says so", () => {
  const part = { watch: "held", rolledBack: 3, diagnosticsText: "" } as const;
  const lines = draw({ columns: 80, rows: 16 }, { part });
  expect(lines.join("\n")).toContain("back to generation 3: held until the file says something else");
  expect(lines.join("\n")).not.toContain("doesn't check");
});

test("what is asked and typed stands in the footer", () => {
  expect(draw({ columns: 80, rows: 12 }, { keys: ["q"] }).at(-1)).toContain(
    "s stop the lab  l leave it running  esc stay",
  );
  expect(draw({ columns: 20, rows: 6 }, { keys: ["q"] }).at(-1)).toBe(" s stop  l leave");
  expect(draw({ columns: 20, rows: 3 }, { keys: ["q"] }).at(-1)).toBe(" s stop  l leave");
  expect(draw({ columns: 80, rows: 12 }, { keys: ["/", "c", "l"] }).at(-1)).toContain(" /cl ");
});

test("with ASCII symbols every cell is ASCII", () => {
  for (const keys of [[], ["3"], ["l"], ["?"], ["space"]]) {
    const drawn = draw(
      { columns: 100, rows: 30 },
      { keys, symbols: ASCII, part: { lab: "a-name-that-is-longer-".repeat(9) } },
    );
    expect(drawn.join("")).toMatch(/^[ -~]*$/);
  }
});

test("of many guests those around the selected one are drawn", () => {
  const guests = Array.from({ length: 200 }, (_, index) => makeGuest({ address: `guest[${index}]` }));
  const lines = draw(
    { columns: 80, rows: 24 },
    { part: { guests }, keys: Array.from({ length: 150 }, () => "j") },
  );
  expect(lines.filter((line) => line.includes("● running")).length).toBeLessThan(24);
  expect(lines.find((line) => line.startsWith("▌"))).toContain("guest[150]");
});

test("no size, no name and no key makes a frame that doesn't fit", () => {
  const keys = fc.array(fc.constantFrom(...KEYS.flatMap((entry) => entry.keys), "x", "漢"), {
    maxLength: 12,
  });
  const name = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(
      fc.record({ columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) }),
      keys,
      fc.array(name, { maxLength: 12 }),
      fc.boolean(),
      (size, typed, names, held) => {
        const guests = names.map((address) => makeGuest({ address, image: address, reason: address }));
        const lab = names[0] ?? "lab";
        draw(size, { keys: typed, part: { guests, lab, ...(held ? HELD : {}) } });
      },
    ),
    { seed, numRuns: 300 },
  );
});
