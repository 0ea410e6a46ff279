import fc from "fast-check";
import { expect, test } from "vitest";
import { KEYS } from "./key-table.ts";
import { commandOf } from "./keys.ts";
import { nameOf, readPreferences, withKeys } from "./preferences.ts";

const seed = Number(process.env["SEED"] ?? 1);
const read = (document: unknown): ReturnType<typeof readPreferences> => readPreferences(document, KEYS);

test("what can be preferred is read", () => {
  const { preferences, problems } = read({
    theme: "light",
    symbols: "braille",
    mouse: true,
    colours: { bad: "#ff0000", alarm: "#ffffff on #aa0000" },
    keys: { freeze: "F", rings: ["R", "ctrl-r"] },
  });
  expect(problems).toEqual([]);
  expect(preferences).toEqual({
    theme: "light",
    symbols: "braille",
    mouse: true,
    colours: { bad: { color: "#ff0000" }, alarm: { color: "#ffffff", backgroundColor: "#aa0000" } },
    keys: { freeze: ["F"], rings: ["R", "ctrl-r"] },
  });
  const table = withKeys(KEYS, preferences.keys);
  expect(commandOf(table, "guests", "F")).toEqual({ do: "freeze" });
  expect(commandOf(table, "guests", "space")).toBeUndefined();
  expect(commandOf(table, "logs", "ctrl-r")).toEqual({ do: "view", view: "rings" });
});

test("nothing is nothing", () => {
  expect([read(undefined), read({})]).toEqual([
    { preferences: {}, problems: [] },
    { preferences: {}, problems: [] },
  ]);
});

const WRONG: readonly (readonly [unknown, string])[] = [
  [7, "no list of names and values"],
  [{ theme: "dark" }, "`theme` is one of default, light, contrast, mono, not `dark`"],
  [{ colors: {} }, "there is no `colors`"],
  [{ mouse: "yes" }, "`mouse` is true or false"],
  [{ keys: "x" }, "`keys` is a list"],
  [{ keys: { fly: "x" } }, "there is no `fly`"],
  [{ keys: { freeze: "two words" } }, "`two words` is the name of no key"],
  [{ keys: { freeze: "3" } }, "`3` is for `rings` already"],
  [{ colours: { good: "blue" } }, "the colour of `good` is `#rrggbb`"],
  [{ colours: { great: "#000000" } }, "there is no `great`"],
];

test.each(WRONG)("%j is refused", (document, problem) => {
  expect(read(document).problems.join("; ")).toContain(problem);
});

test("any document is answered, and what was read makes a table", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (document) => {
      const { preferences } = read(document);
      expect(withKeys(KEYS, preferences.keys)).toHaveLength(KEYS.length);
    }),
    { seed, numRuns: 200 },
  );
});

test("everything that keys do has a name, and no two things the same", () => {
  const commands = new Map<string, string>();
  for (const entry of KEYS) {
    const known = commands.get(nameOf(entry));
    const text = JSON.stringify(entry.command);
    expect([nameOf(entry), known ?? text]).toEqual([nameOf(entry), text]);
    commands.set(nameOf(entry), text);
  }
});
