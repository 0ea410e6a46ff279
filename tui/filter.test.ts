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

test.each(CASES)("the filter `%s` of `%s` says %s", (typed, text, expected) => {
  expect(readFilter(typed).matches(text)).toBe(expected);
});
