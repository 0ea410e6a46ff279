import { afterEach, expect, test } from "vitest";
import { makeWorld, stateAfter } from "./drawing.test-support.ts";
import { linearLines } from "./linear.ts";
import { ScriptedLab } from "./scripted-lab.test-support.ts";

let lab: ScriptedLab | undefined;
afterEach(() => lab?.end());

test.each(["", "j", "3", "l", "k", "e"])("after the key `%s` it is read as", (key) => {
  const world = makeWorld();
  const state = stateAfter({ columns: 80, rows: 24 }, { keys: key === "" ? [] : [key] }, world);
  expect(linearLines(state, world)).toMatchSnapshot();
});

test("a screen reader is given sentences, one after the other, and no other screen", async () => {
  lab = await ScriptedLab.begin();
  const terminal = lab.open(100, 30, [], { INK_SCREEN_READER: "true" });
  await terminal.shows("Selected: server, running, goal running met.");
  expect(terminal.isAlternate).toBe(false);
  terminal.type("j");
  await terminal.shows("Selected: client, completed with 0");
  terminal.type("q");
  await terminal.shows("end: left");
});
