import { expect, test } from "vitest";
import { consoleOf, draw, makeWorld, SIZES, stateAfter, text } from "../drawing.test-support.ts";
import type { World } from "../model.ts";

const SIZE = { columns: 80, rows: 24 };

/** A world where the server's terminal has printed. */
const worldWith = async (printed: string): Promise<World> => ({
  ...makeWorld(),
  screen: await consoleOf("server", printed),
});

test.each(SIZES)("a console at %ix%i", async (columns, rows) => {
  const lines = Array.from({ length: 40 }, (_, line) => `line ${line + 1} of what the server printed`);
  const world = await worldWith(`${lines.join("\n")}\nserver login: `);
  expect(text(draw({ columns, rows }, { keys: ["c"] }, world))).toMatchSnapshot();
});

test("it is the selected guest's, and ctrl-] goes back to where it was opened", () => {
  const at = (...keys: readonly string[]) => stateAfter(SIZE, { keys });
  expect(at("c").console.guest).toBe("server");
  expect(at("down", "c").console.guest).toBe("client");
  expect(at("down", "3", "c").console.guest).toBe("client");
  expect(at("l", "c", "ctrl-]").view).toBe("logs");
});

test("what is typed goes to the guest, and only where it has a console", () => {
  const typed = { type: "typed", text: "ls\r" } as const;
  const state = stateAfter(SIZE, { keys: ["c", typed] });
  expect(state.effects).toEqual([{ do: "type", guest: "server", text: "ls\r" }]);
  const none = stateAfter(SIZE, { keys: ["down", "c", typed] });
  expect(none.effects).toEqual([]);
  expect(none.said?.text).toContain("no console");
  const looks = stateAfter(SIZE, { keys: ["c", typed], readOnly: true });
  expect([looks.effects, looks.said?.text]).toEqual([[], "read-only: nothing is typed"]);
});

test("page up goes back as far as there is something, and a typed key to the end", async () => {
  const world = await worldWith(Array.from({ length: 60 }, (_, line) => `line ${line + 1}`).join("\n"));
  const above = (...keys: readonly (string | { type: "typed"; text: string })[]): number =>
    stateAfter(SIZE, { keys: ["c", ...keys] }, world).console.above;
  expect(above("pageup")).toBe(16);
  expect(above("pageup", "pageup", "pageup", "pageup")).toBe(39);
  expect(above("pageup", "pagedown")).toBe(0);
  expect(above("pageup", { type: "typed", text: "x" })).toBe(0);
  const seen = draw(SIZE, { keys: ["c", "pageup", "pageup", "pageup"] }, world);
  expect(seen.join("\n")).toContain("line 3\n");
});
