import { expect, test } from "vitest";
import { KNOBS, LADDERS, stepped } from "./impairment.ts";
import type { Knob } from "./impairment.ts";

const CASES: readonly (readonly [Knob, string | undefined, 1 | -1, string | undefined])[] = [
  ["delay", undefined, 1, "1ms"],
  ["delay", undefined, -1, undefined],
  ["delay", "30ms", 1, "50ms"],
  ["delay", "30ms", -1, "20ms"],
  ["delay", "1ms", -1, "0ms"],
  ["delay", "2000ms", 1, undefined],
  ["delay", "3s", 1, undefined],
  ["delay", "3s", -1, "2s"],
  ["delay", "200us", 1, "1ms"],
  ["loss", "100%", 1, undefined],
  ["loss", "0.3%", 1, "0.5%"],
  ["rate", undefined, -1, "10Gbps"],
  ["rate", undefined, 1, undefined],
  ["rate", "10Gbps", 1, "none"],
  ["rate", "64kbps", -1, undefined],
  ["rate", "30Mbps", -1, "20Mbps"],
  ["delay", "a while", 1, undefined],
];

test.each(CASES)("%s of %s stepped by %i is %s", (knob, current, by, expected) => {
  expect(stepped(knob, current, by)).toBe(expected);
});

test.each(KNOBS)("%s goes up its whole ladder and down again", (knob) => {
  const up: (string | undefined)[] = [LADDERS[knob][0]];
  for (let at = 1; at < LADDERS[knob].length; at++) up.push(stepped(knob, up.at(-1), 1));
  expect(up).toEqual([...LADDERS[knob]]);
  const down = up.map((text) => stepped(knob, text, -1));
  expect(down).toEqual([undefined, ...up.slice(0, -1)]);
});
