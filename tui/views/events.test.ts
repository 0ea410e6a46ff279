import { expect, test } from "vitest";
import { draw, makeWorld, SIZES, stateAfter, text } from "../drawing.test-support.ts";
import { makeEvents } from "../fixtures.test-support.ts";
import { commandLineOf } from "./events.ts";

test.each(SIZES)("events at %ix%i", (columns, rows) => {
  expect(text(draw({ columns, rows }, { keys: ["e"] }))).toMatchSnapshot();
});

test("the newest is followed until another one is chosen, and again after G", () => {
  const size = { columns: 80, rows: 24 };
  const detail = (keys: readonly string[]): string => draw(size, { keys: ["e", ...keys] }).join("\n");
  expect(detail([])).toContain("── worker[3] ──");
  expect(detail(["K", "K"])).toContain("the same by hand: vbus set server.eth0.rate 10Mbps");
  expect(stateAfter(size, { keys: ["e", "K", "K"] }).event).toBe(6);
  expect(stateAfter(size, { keys: ["e", "K", "K", "G"] }).event).toBeUndefined();
  expect(stateAfter(size, { keys: ["e", "K", "K", "K", "K", "enter"] }).logs.guest).toBe("client");
});

test("a filter leaves out what doesn't match", () => {
  const seen = draw({ columns: 80, rows: 24 }, { keys: ["e", "/", ..."ada", "enter"] }).join("\n");
  expect(seen).toContain("events 2/8");
  expect(seen).not.toContain("completed");
});

test("events that are told twice are kept once", () => {
  const { events } = makeWorld();
  const count = events.all.length;
  expect(count).toBe(makeEvents().length);
});

test("what does the same is said where somebody could have typed it", () => {
  expect(makeEvents().map(commandLineOf)).toEqual([
    undefined,
    "vbus apply",
    "vbus logs server",
    "vbus logs client",
    undefined,
    "vbus set server.eth0.rate 10Mbps",
    "vbus plan",
    undefined,
  ]);
});
