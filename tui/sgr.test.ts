import { expect, test } from "vitest";
import { depthOf, sgrOf } from "./sgr.ts";

test.each([
  [{ TERM: "dumb", COLORTERM: "truecolor" }, 0],
  [{ TERM: "xterm" }, 16],
  [{ TERM: "xterm-256color" }, 256],
  [{ TERM: "xterm", COLORTERM: "yes" }, 256],
  [{ TERM: "xterm-256color", COLORTERM: "truecolor" }, 16_777_216],
] as const)("%j has %d colours", (environment, colours) => {
  expect(depthOf(environment)).toBe(colours);
});

test.each([
  [{}, 256, ""],
  [{ bold: true, underline: true, inverse: true }, 256, "1;4;7"],
  [{ color: "red", backgroundColor: "cyanBright" }, 16, "31;106"],
  [{ color: "ansi256(75)", backgroundColor: "ansi256(24)" }, 256, "38;5;75;48;5;24"],
  [{ color: "#5fafff" }, 256, "38;5;75"],
  [{ color: "#8a8a8a" }, 256, "38;5;245"],
  [{ color: "#102030" }, 16_777_216, "38;2;16;32;48"],
  [{ color: "#ff0000", backgroundColor: "#0000aa" }, 16, "91;44"],
  [{ color: "ansi256(196)" }, 16, "91"],
  [{ color: "puce", bold: true }, 256, "1"],
  [{ color: "red", bold: true }, 0, ""],
] as const)("%j in %d colours is `%s`", (look, depth, sgr) => {
  expect(sgrOf(look, depth)).toBe(sgr);
});
