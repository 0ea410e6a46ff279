// Every class of devices that a driver serves has its fuzz target, its containment test, a test of each
// attribute that changes while a guest runs, and one of a pause: the table names them, and they are there.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DEVICES, EVERY_UPLINK, UPLINKS, type Cell } from "./devices-rows.test-support.ts";
import { driverOf } from "./drivers/registry.ts";

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

interface Declared {
  readonly name: string;
  readonly attributes: readonly { readonly attribute: string; readonly mark: string }[];
}

/** What the prelude declares below such heads, with its attributes and their marks. */
function declared(file: string, head: string): readonly Declared[] {
  const blocks = read(`stdlib/prelude/${file}.vbus`).matchAll(
    new RegExp(String.raw`^${head} ?(\w*) \{\n(.*?)^\}`, "gms"),
  );
  return [...blocks].map(([, name = "", body = ""]) => ({
    name,
    attributes: [...body.matchAll(/^ {2}(\w+): .*@(\w+)$/gm)].map(([, attribute = "", mark = ""]) => ({
      attribute,
      mark,
    })),
  }));
}
const classes = declared("device", "class device");
const uplinks = declared("network", "class uplink");
/** What changes without a new boot. Of a disk that is a folder nothing else is taken: drivers/programs.ts. */
const MARKS = new Set(["live", "pause"]);
const FOLDER = ["readonly"];

function changing(of: Declared | undefined): readonly string[] {
  const attributes = of?.attributes ?? [];
  const changes = attributes.filter(({ mark }) => MARKS.has(mark)).map(({ attribute }) => attribute);
  return changes.toSorted();
}

/**
 * The titles of the tests in a file, as they are written there: of `test(`, and of what `test.each` makes.
 */
function titlesIn(text: string): ReadonlySet<string> {
  const titles = new Set<string>();
  const call = String.raw`(?:^|\n)\s*(?!//)(?:test\w*\(|(?:\].*|.*[\])]|test.*)\)\()\s*`;
  const title = String.raw`(?:"((?:[^"\\]|\\.)*)"|\x60((?:[^\x60\\]|\\.)*)\x60)`;
  for (const [, plain, template] of text.matchAll(new RegExp(call + title, "g")))
    titles.add(plain ?? template ?? "");
  return titles;
}

function missing({ file, test: title, by }: Cell): string | undefined {
  const text = read(file);
  if (!titlesIn(text).has(title)) return `${file} has no test "${title}"`;
  if (/\b(?:test|it|describe)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo|only|fails)\b/.test(text))
    return `${file} leaves tests out`;
  if (by !== undefined && !read(by[0]).includes(by[1])) return `${by[0]} has no ${by[1]}`;
  return undefined;
}

test("every class that a driver serves has a row, and every row is of one", () => {
  const served = classes.map(({ name }) => name).filter((name) => driverOf("device", name) !== undefined);
  expect(served.length).toBeGreaterThan(5);
  expect(DEVICES.map(({ name }) => name).toSorted()).toEqual([...served, "folder"].toSorted());
  expect(driverOf("volume", "folder")).toBeDefined();
});

test.each(DEVICES.map((row) => [row.name, row] as const))(
  "%s: each cell names a test that is there",
  (name, row) => {
    const changes = name === "folder" ? FOLDER : changing(classes.find((one) => one.name === name));
    expect(Object.keys(row.changes).toSorted()).toEqual(changes);
    const cells = [row.fuzz, row.containment, row.pause, ...Object.values(row.changes)];
    expect(cells.flatMap((cell) => missing(cell) ?? [])).toEqual([]);
  },
);

test("every class of uplinks has a row too, and its cells are there", () => {
  const served = uplinks.filter(({ name }) => driverOf("uplink", name) !== undefined);
  expect(UPLINKS.map(({ name }) => name)).toEqual(served.map(({ name }) => name));
  expect(Object.keys(EVERY_UPLINK).toSorted()).toEqual(changing(declared("network", "kind uplink")[0]));
  for (const { name, changes } of UPLINKS)
    expect(Object.keys(changes).toSorted()).toEqual(changing(uplinks.find((one) => one.name === name)));
  const cells = [EVERY_UPLINK, ...UPLINKS.map(({ changes }) => changes)].flatMap((row) => Object.values(row));
  for (const { fuzz, containment } of UPLINKS) cells.push(containment, ...(fuzz ? [fuzz] : []));
  expect(cells.flatMap((cell) => missing(cell) ?? [])).toEqual([]);
});

test("a test that is not there, left out or only named in a comment is missed", () => {
  const titles = titlesIn(
    'test("one", () => 0);\n// test("two")\ntest.each([[1]])("three %s", f);\ntest(\n  `four ${N}`,\n',
  );
  expect([...titles]).toEqual(["one", "three %s", "four ${N}"]);
  const file = "interpreter/devices.test.ts";
  expect(missing({ file, test: "nobody wrote this one" })).toContain("has no test");
  const known = "every class that a driver serves has a row, and every row is of one";
  expect(missing({ file, test: known })).toBeUndefined();
  expect(missing({ file, test: known, by: ["package.json", "no such text"] })).toContain(
    "has no no such text",
  );
});
