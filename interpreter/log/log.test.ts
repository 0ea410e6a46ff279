// Lines and events are bounded, in order, and told as they come.

import { expect, test } from "vitest";
import type { LogLine } from "../control/protocol.ts";
import { GuestLogs } from "./guest-logs.ts";
import { Journal } from "./journal.ts";

let wall = 0;
const clock = { now: () => 0, wall: () => wall };
const limits = { linesMax: 3, textMax: 20, lineMax: 8, goneMax: 2 };
const texts = (lines: readonly LogLine[]): readonly string[] =>
  lines.map((line) => `${line.guest}:${line.text}`);

test("chunks become lines; the rest waits for its newline or the guest's end", () => {
  const logs = new GuestLogs(clock);
  const told: string[] = [];
  logs.on((lines) => told.push(...texts(lines)));
  logs.write("a", "one\ntw");
  logs.write("a", "o\r\nthree");
  expect(told).toEqual(["a:one", "a:two"]);
  logs.flush("a");
  logs.flush("a");
  expect(told).toEqual(["a:one", "a:two", "a:three"]);
});

test("lines of several guests are in the order in which they came", () => {
  const logs = new GuestLogs(clock);
  wall = 5;
  logs.write("a", "1\n");
  logs.write("b", "2\n");
  logs.write("a", "3\n");
  expect(texts(logs.last())).toEqual(["a:1", "b:2", "a:3"]);
  expect(texts(logs.last(undefined, 2))).toEqual(["b:2", "a:3"]);
  expect(texts(logs.last(["a"], 1))).toEqual(["a:3"]);
  expect(texts(logs.last([], 9))).toEqual([]);
  expect(logs.last()[0]?.time).toBe("1970-01-01T00:00:00.005Z");
});

test("of all guests each has its share of the lines, and what nobody needs of it goes to the newest", () => {
  const logs = new GuestLogs(clock);
  for (const text of ["a", "b", "c"]) logs.write("quiet", `${text}\n`);
  for (let index = 0; index < 9; index++) logs.write("loud", `${index}\n`);
  logs.write("new", "hi\n");
  expect(texts(logs.shared(6))).toEqual(["quiet:b", "quiet:c", "loud:6", "loud:7", "loud:8", "new:hi"]);
  expect(texts(logs.shared(2))).toEqual(["loud:8", "new:hi"]);
  expect(texts(logs.shared(100))).toEqual(texts(logs.last()));
  expect(texts(new GuestLogs(clock).shared(3))).toEqual([]);
});

test("the oldest lines fall off by number and by size", () => {
  const logs = new GuestLogs(clock, limits);
  for (let index = 0; index < 10; index++) logs.write("a", `${index}\n`);
  expect(texts(logs.last())).toEqual(["a:7", "a:8", "a:9"]);
  logs.write("a", "12345678\n12345678\n12345678\n");
  expect(texts(logs.last())).toEqual(["a:12345678", "a:12345678"]);
});

test("a guest that never ends a line fills no memory", () => {
  const logs = new GuestLogs(clock, limits);
  for (let index = 0; index < 1000; index++) logs.write("a", "xxx");
  expect(texts(logs.last()).every((line) => line.length <= "a:".length + limits.lineMax)).toBe(true);
  expect(logs.last().length).toBeLessThanOrEqual(limits.linesMax);
});

test("guests that are gone are remembered for a while", () => {
  const logs = new GuestLogs(clock, limits);
  for (const guest of ["a", "b", "c", "d"]) {
    logs.write(guest, "hi\n");
    logs.retire(guest);
    if (guest === "c") logs.write("b", "back\n");
  }
  expect(texts(logs.last())).toEqual(["b:hi", "c:hi", "b:back", "d:hi"]);
});

test("events are numbered, kept up to a bound, and told", () => {
  const journal = new Journal(clock);
  const told: number[] = [];
  const stop = journal.on((event) => told.push(event.sequence));
  for (let index = 0; index < 25_000; index++) {
    journal.add({ type: "lab", message: String(index), level: "info", actor: "host" });
  }
  stop();
  journal.add({ type: "lab", message: "last", level: "info", actor: "host" });
  expect(told).toHaveLength(25_000);
  expect(journal.since()).toHaveLength(10_000);
  expect(journal.since(24_999).map((event) => event.message)).toEqual(["24999", "last"]);
  expect(journal.sequence).toBe(25_001);
});
