import { expect, test } from "vitest";
import { draw, makeHistory, makeWorld, stateAfter, text } from "./drawing.test-support.ts";
import { makeSnapshot } from "./fixtures.test-support.ts";
import { HISTORY_MS } from "./history.ts";
import { bottomOf } from "./scroll.ts";
import { reduce } from "./reducer.ts";
import { makeEvents, makeLine } from "./fixtures.test-support.ts";

const START = Date.parse(makeSnapshot(0).time);
const at = (second: number): number => START + second * 1000;

test("ten minutes are kept, a picture a second, and each comes back as it was", () => {
  const history = makeHistory();
  for (let quarter = 0; quarter <= 4 * 700; quarter++) history.add(makeSnapshot(quarter / 4));
  expect(history.oldest).toBe(at(700) - HISTORY_MS);
  expect(history.newest).toBe(at(700));
  for (const second of [100, 101, 350, 700]) {
    expect(history.at(at(second))).toEqual(makeSnapshot(second));
    expect(history.at(at(second) + 999)).toEqual(makeSnapshot(second));
  }
  expect(history.at(at(5))).toEqual(makeSnapshot(100));
});

test("it never takes more memory than it may: then it goes back less far", () => {
  const history = makeHistory(20_000);
  for (let second = 0; second < 300; second++) {
    history.add(makeSnapshot(second));
    expect(history.heldBytes).toBeLessThanOrEqual(20_000);
  }
  expect(history.newest).toBe(at(299));
  expect(history.oldest).toBeGreaterThan(at(200));
  expect(history.at(at(0))?.uptimeMs).toBe((history.oldest ?? 0) - START);
});

const SIZE = { columns: 80, rows: 24 };

test("all views go back together, and forward to now", () => {
  const world = makeWorld();
  const back = stateAfter(SIZE, { keys: ["["] }, world);
  expect(back.shown?.snapshot.uptimeMs).toBe(55_000);
  // The lines, events and frames of the fixtures are older or younger than that.
  expect(bottomOf(back, world.logs)).toBe(makeLine(40).time <= new Date(at(55)).toISOString() ? 40 : 0);
  expect(back.frozenFrame).toBe(40);
  const seen = makeEvents().filter(({ time }) => time <= new Date(at(55)).toISOString());
  expect(back.frozenEvent).toBe(seen.at(-1)?.sequence ?? 0);
  // While one looks back the lab goes on.
  const later = reduce(back, { type: "snapshot", snapshot: makeSnapshot(61) }, world);
  expect(later.shown?.snapshot.uptimeMs).toBe(55_000);
  const now = reduce(later, { type: "key", key: "}" }, world);
  expect([now.shown?.snapshot.uptimeMs, now.frozen, now.past]).toEqual([61_000, false, undefined]);
  const thawed = reduce(later, { type: "key", key: "space" }, world);
  expect([thawed.shown?.snapshot.uptimeMs, thawed.past]).toEqual([61_000, undefined]);
});

test("beyond what is kept it stays at the oldest, and a short step goes from one to the next", () => {
  const oldest = stateAfter(SIZE, { keys: ["{", "[", "["] });
  expect(oldest.past).toBe(at(55));
  expect(stateAfter(SIZE, { keys: ["space", "["] }).past).toBe(at(55));
});

test.each([120, 80, 40])("the moment that is seen is said at %i columns", (columns) => {
  expect(text(draw({ columns, rows: 10 }, { keys: ["["] }))).toMatchSnapshot();
});
