import { expect, test } from "vitest";
import { draw, SIZES, stateAfter, text } from "../drawing.test-support.ts";
import { moreThings } from "../fixtures.test-support.ts";

const SIZE = { columns: 80, rows: 24 };

test.each(SIZES)("buses at %ix%i", (columns, rows) => {
  expect(text(draw({ columns, rows }, { keys: ["2"], part: moreThings() }))).toMatchSnapshot();
});

test.each([
  ["enter", "client.eth0"],
  ["down down enter", "server.eth0"],
  ["G enter", undefined],
])("the keys `%s` lead to the rings of %s", (keys, device) => {
  const state = stateAfter(SIZE, { keys: ["2", ...keys.split(" ")], part: moreThings() });
  expect([state.view, state.device]).toEqual([device === undefined ? "buses" : "rings", device]);
});

test("a filter leaves the bus of what matches", () => {
  const seen = draw(SIZE, { keys: ["2", "/", ..."vchan", "enter"], part: moreThings() }).join("\n");
  expect(seen).toMatch(/bus\.main[^]*vchan/u);
  expect(seen).not.toContain("venet");
});
