import { expect, test } from "vitest";
import type { InkKey } from "./keys.ts";
import { KEYS } from "./key-table.ts";
import { commandOf, keyNames } from "./keys.ts";
import { plainText } from "./line.ts";
import { VIEWS } from "./model.ts";
import type { Mode } from "./model.ts";
import { PARTS } from "./views/all.ts";
import { helpLines } from "./views/help.ts";

const MODES: readonly Mode[] = [...VIEWS, "typing", "commanding", "confirming", "asking"];
const NOTHING: InkKey = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageUp: false,
  pageDown: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  tab: false,
  backspace: false,
  delete: false,
  ctrl: false,
  meta: false,
};

test.each(MODES)("in %s no key means two things, and there is a way out", (mode) => {
  const keys = KEYS.filter(({ modes }) => modes.includes(mode)).flatMap((entry) => entry.keys);
  expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted());
  if (mode === "console") expect(commandOf(KEYS, mode, "ctrl-]")).toEqual({ do: "detach" });
  else expect(commandOf(KEYS, mode, "ctrl-c")).toEqual({ do: "interrupt" });
  if (mode !== "console") expect(commandOf(KEYS, mode, "esc")).toBeDefined();
});

test("every view is there once", () => {
  expect(PARTS.map(({ view }) => view)).toEqual(VIEWS);
});

test("the help says every key of the table, and once each", () => {
  const lines = helpLines(KEYS, 80).map(plainText);
  const shownKeys = lines.filter((line) => line.startsWith("  "));
  expect(shownKeys).toHaveLength(KEYS.length);
  for (const { help } of KEYS) expect(lines.some((line) => line.endsWith(` ${help}`))).toBe(true);
});

test("letters typed into a filter are letters", () => {
  for (const letter of ["q", "l", "1", "j", "/", ":", "?", "space"])
    expect(commandOf(KEYS, "typing", letter)).toBeUndefined();
});

const NAMES: readonly (readonly [string, Partial<InkKey>, readonly string[]])[] = [
  ["j", {}, ["j"]],
  ["G", {}, ["G"]],
  ["jjk", {}, ["j", "j", "k"]],
  [" ", {}, ["space"]],
  ["", { upArrow: true }, ["up"]],
  ["", { pageDown: true }, ["pagedown"]],
  ["\r", { return: true }, ["enter"]],
  ["ab\r", {}, ["a", "b", "enter"]],
  ["", { escape: true, meta: true }, ["esc"]],
  ["", { delete: true }, ["backspace"]],
  ["c", { ctrl: true }, ["ctrl-c"]],
  ["j\u0003", {}, ["j", "ctrl-c"]],
  ["\t", {}, ["tab"]],
  ["x", { meta: true }, []],
  ["ä漢", {}, ["ä", "漢"]],
];

test.each(NAMES)("typed %j with %j is %j", (input, key, expected) => {
  expect(keyNames(input, { ...NOTHING, ...key })).toEqual(expected);
});
