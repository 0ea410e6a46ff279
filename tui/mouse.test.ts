import { expect, test } from "vitest";
import { copySequence } from "./copy.ts";
import { draw, stateAfter } from "./drawing.test-support.ts";
import { readMouse } from "./mouse.ts";

const SIZE = { columns: 120, rows: 30 };

/** A press where a text stands, or nowhere. */
function pressOn(text: string, keys: readonly string[]): Parameters<typeof stateAfter>[1] {
  const lines = draw(SIZE, { keys });
  const row = lines.findIndex((line) => line.includes(text));
  const column = (lines[row] ?? "").indexOf(text);
  return { keys: [...keys, { type: "mouse", event: { does: "press", column, row } }] };
}

test("reports are read, and what is none is typed", () => {
  expect(readMouse("[<0;10;5M")).toEqual({ does: "press", column: 9, row: 4 });
  expect(readMouse("[<64;1;1M")).toEqual({ does: "wheel-up", column: 0, row: 0 });
  expect(readMouse("[<65;1;1M")).toEqual({ does: "wheel-down", column: 0, row: 0 });
  expect([readMouse("[<0;10;5m"), readMouse("[<2;1;1M"), readMouse("j")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("a press on a tab shows it, on a row selects it, and again opens it", () => {
  expect(stateAfter(SIZE, pressOn("  l ", [])).view).toBe("logs");
  expect(stateAfter(SIZE, pressOn("  3 ", ["l"])).view).toBe("rings");
  const once = pressOn("client", []);
  expect(stateAfter(SIZE, once)).toMatchObject({ guest: "client", view: "guests" });
  const twice = { keys: [...(once?.keys ?? []), ...(once?.keys ?? [])] };
  expect(stateAfter(SIZE, twice)).toMatchObject({ view: "logs", logs: { guest: "client" } });
  expect(stateAfter(SIZE, pressOn("server.console", ["3"]))).toMatchObject({ device: "server.console" });
});

test("the wheel moves", () => {
  const wheel = (does: "wheel-up" | "wheel-down") =>
    ({ type: "mouse", event: { does, column: 0, row: 9 } }) as const;
  expect(stateAfter(SIZE, { keys: [wheel("wheel-down")] }).guest).toBe("client");
  expect(stateAfter(SIZE, { keys: [wheel("wheel-down"), wheel("wheel-up")] }).guest).toBe("server");
});

test("M takes the mouse and leaves it, T goes through the themes", () => {
  expect(stateAfter(SIZE, { keys: ["M"] })).toMatchObject({
    mouse: true,
    effects: [{ do: "mouse", on: true }],
  });
  expect(stateAfter(SIZE, { keys: ["M", "M"] }).mouse).toBe(false);
  expect(["T", "T", "T", "T"].map((_, at, all) => stateAfter(SIZE, { keys: all.slice(at) }).theme)).toEqual([
    "default",
    "mono",
    "contrast",
    "light",
  ]);
});

test("the selected row is copied, or the view, in the words of the terminal", () => {
  const { effects, said } = stateAfter(SIZE, { keys: ["j", "y"] });
  expect(said?.text).toBe("copied the row");
  expect(effects).toHaveLength(1);
  expect(JSON.stringify(effects[0])).toMatch(/"text":"client +✓ completed 0/);
  const view = stateAfter(SIZE, { keys: ["l", "Y"] }).effects[0];
  expect(view?.do === "copy" && view.text.split("\n").length).toBeGreaterThan(20);
  expect(copySequence("ä")).toBe("\u001b]52;c;w6Q=\u0007");
});
