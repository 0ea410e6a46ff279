import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkFile } from "../interpreter/index.ts";
import { checkOurs, checkTheirs, familyOf, writtenOut, type FamilyLanguage } from "./models.ts";
import { openRecheck } from "./recheck.ts";

const languages: readonly FamilyLanguage[] = ["vbus", "pkl", "jsonnet", "nix"];

async function withFile<T>(text: string, use: (file: string) => T | Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "vbus-models-"));
  try {
    const file = join(folder, "lab.vbus");
    await writeFile(file, text);
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test.each(languages)("the family in %s says how many guests it has, once", async (language) => {
  expect((await familyOf(language, 321)).match(/\b321\b/g)).toEqual(["321"]);
});

test.each(["vbus", "hcl"] as const)("%s written out has a block for each guest", (language) => {
  const text = writtenOut(language, 321);
  expect(text.match(/^guest /gm)).toHaveLength(321);
  expect(text).toMatch(/"--id", 321\]/);
});

test("what is written out for 10,000 guests is not larger than a module may be", () => {
  expect(writtenOut("vbus", 10_000).length).toBeLessThan(1 << 20);
});

test("the family and what is written out are the same lab but for the guests' names", async () => {
  const [family, written] = await Promise.all(
    [await familyOf("vbus", 20), writtenOut("vbus", 20)].map((text) => withFile(text, shapeOf)),
  );
  expect(family?.filter((line) => line.startsWith("guest"))).toHaveLength(20);
  expect(written?.map((line) => line.replaceAll(/\bg(\d+)/g, "g[$1]"))).toEqual(family);
});

/** Each resource with the values that were set or given out; those that follow from its name left out. */
async function shapeOf(file: string): Promise<readonly string[]> {
  const { model, diagnosticsText } = await checkFile({ file, env: {} });
  expect(diagnosticsText).toBe("");
  const ofItsName = new Set(["mac", "seed"]);
  return (model?.resources ?? [])
    .filter(({ kind }) => kind !== "lab")
    .map(({ kind, address, attributes }) => {
      const values = Object.entries(attributes).filter(([name]) => !ofItsName.has(name));
      return `${kind} ${address} ${JSON.stringify(values.map(([name, { value }]) => [name, value]))}`;
    });
}

test("ours is void unless it says that every guest and device is there", () => {
  const said = "ok lab.vbus: 1 network, 1 image, 20 guests, 20 buses, 20 devices\n";
  checkOurs(said, 20);
  expect(() => checkOurs(said, 2)).toThrow("2 guests and 2 devices");
  expect(() => checkOurs("", 20)).toThrow("20 guests");
});

const guestOf = (number: number): object => ({ args: ["--id", String(number)], eth0: { network: "lan" } });

test("a rival is void unless it made each guest, with a number of its own and a device", () => {
  const blocks = { a: [{ args: ["--id", 1], device: {} }], b: [{ args: ["--id", 2], device: {} }] };
  checkTheirs("r", JSON.stringify({ guest: blocks }), 2);
  checkTheirs("r", JSON.stringify({ guest: { a: guestOf(1), b: guestOf(2) } }), 2);
  const wrong: readonly object[] = [
    {},
    { guest: { a: guestOf(1) } },
    { guest: { a: guestOf(2), b: guestOf(2) } },
    { guest: { a: guestOf(1), b: { args: ["--id", "2"] } } },
  ];
  for (const model of wrong) expect(() => checkTheirs("r", JSON.stringify(model), 2)).toThrow("not 2");
});

test.each(["other", "family"] as const)(
  "a re-check after a change of the %s line sees it",
  async (changed) => {
    await withFile(await familyOf("vbus", 20), async (file) => {
      const recheck = await openRecheck(file, 20);
      expect(recheck.again(changed)).toBeGreaterThan(0);
      expect(recheck.afresh(changed)).toBeGreaterThan(0);
    });
  },
);

test("a re-check of another number of guests than it was told is void", async () => {
  await withFile(await familyOf("vbus", 20), async (file) => {
    const recheck = await openRecheck(file, 21);
    expect(() => recheck.again("other")).toThrow("21 guests");
  });
});
