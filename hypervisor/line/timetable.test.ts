// What holds when: the statement itself, the later over the earlier, and nothing timed before a guest opened
// it.

import { expect, test } from "vitest";
import { direction } from "../lines.test-support.ts";
import { Timetable } from "./timetable.ts";

const S = 1e9;
const table = new Timetable(
  direction(
    { delayNs: 5 },
    { atNs: 1 * S, forNs: 4 * S, set: { down: true, loss: 0.5 } },
    { atNs: 2 * S, forNs: 1 * S, set: { down: false, seed: 9 } },
    { atNs: 4 * S, forNs: 0, set: { delayNs: 99 } },
  ),
  "a.b",
  "egress",
);

test.each([
  [-1, false, 0, 7],
  [0, false, 0, 7],
  [1 * S - 1, false, 0, 7],
  [1 * S, true, 0.5, 7],
  [2 * S, false, 0.5, 9],
  [3 * S - 1, false, 0.5, 9],
  [3 * S, true, 0.5, 7],
  [4 * S, true, 0.5, 7],
  [5 * S - 1, true, 0.5, 7],
  [5 * S, false, 0, 7],
  [1e18, false, 0, 7],
  [2.5 * S, false, 0.5, 9], // Back again: the device was opened anew.
])("%d ns after it was opened: down %s, loss %d, seed %d", (at, down, loss, seed) => {
  expect(table.at(at).damage).toMatchObject({ down, loss, seed, delayNs: 5 });
});

test("another seed is another key, the same one the same", () => {
  expect(table.at(2 * S).key).not.toEqual(table.at(0).key);
  expect(table.at(3 * S).key).toEqual(table.at(0).key);
});
