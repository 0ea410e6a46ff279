import fc from "fast-check";
import { expect, test } from "vitest";
import { draw, SIZES, text } from "./drawing.test-support.ts";
import { makeGuest } from "./fixtures.test-support.ts";
import { KEYS } from "./key-table.ts";
import { SYMBOL_SETS } from "./symbols.ts";

const seed = Number(process.env["SEED"] ?? 1);

test.each(SIZES)("each of these views at %ix%i", (columns, rows) => {
  for (const [view, ...keys] of [["guests"], ["rings", "3"], ["logs", "l"], ["packets", "k"], ["help", "?"]])
    expect(text(draw({ columns, rows }, { keys }))).toMatchSnapshot(view);
});

test("of packets those that match are drawn, from where one has scrolled to", () => {
  const keys = ["k", "/", ..."dropped", "enter", "up"];
  const drawn = draw({ columns: 120, rows: 8 }, { keys });
  expect(drawn.filter((line) => line.startsWith("✗")).map((line) => /seq \d+/.exec(line)?.[0])).toEqual([
    "seq 20",
    "seq 25",
    "seq 30",
    "seq 35",
  ]);
});

test.each([80, 20])("all of the help at %i columns", (columns) => {
  expect(text(draw({ columns, rows: 110 }, { keys: ["?"] }))).toMatchSnapshot();
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

test("what is left out of a long text is counted", () => {
  const diagnosticsText = Array.from({ length: 20 }, (_, index) => `error[VB${2000 + index}]: no`).join("\n");
  const lines = draw({ columns: 80, rows: 24 }, { part: { ...HELD, diagnosticsText } });
  expect(lines.slice(3, 11).map((line) => line.trim())).toEqual([
    ...Array.from({ length: 6 }, (_, index) => `error[VB${2000 + index}]: no`),
    "and 14 lines more: vbus check has them all",
    expect.stringContaining("GUEST"),
  ]);
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
      { keys, symbols: SYMBOL_SETS.ascii, part: { lab: "a-name-that-is-longer-".repeat(9) } },
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
