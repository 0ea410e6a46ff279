import { expect, test } from "vitest";
import { readFilter } from "./filter.ts";

const CASES: readonly (readonly [string, string, boolean])[] = [
  ["", "anything", true],
  ["!", "anything", true],
  ["ping", "client PING", true],
  ["ping", "echo", false],
  ["!ping", "echo", true],
  ["!ping", "ping", false],
  ["^cl.*t$", "client", true],
  ["10\\.0\\.0\\.[12]$", "10.0.0.3", false],
  ["seq=[", "icmp_seq=[1]", true],
  ["!seq=[", "icmp_seq=[1]", false],
];

const WAYS: readonly (readonly [string, boolean])[] = [
  ["-f wkr7", true],
  ["-f W7", true],
  ["-f 7w", false],
  ["!-f 7w", true],
  ["-l role=server", true],
  ["-l role", true],
  ["-l role=client", false],
  ["-l site", false],
  ["!-l role=client", true],
  ["-l", true],
  ["-x", false],
];

test.each(WAYS)("the filter `%s` of a labelled worker says %s", (typed, expected) => {
  expect(readFilter(typed).matches("worker[7] running", { role: "server" })).toBe(expected);
});

test.each(CASES)("the filter `%s` of `%s` says %s", (typed, text, expected) => {
  expect(readFilter(typed).matches(text)).toBe(expected);
});
