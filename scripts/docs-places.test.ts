// Places in the code that pages name are there: a path, and behind it names of what stands in that file.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../", import.meta.url);
/** "`hypervisor/datapath/switch.ts`: `drain`, `#forward`" */
const PLACE = /`((?:hypervisor|interpreter|lang|cli|tui|stdlib|bench)\/[\w./-]+\.\w+)`(:(?: `[^`]+`,?)+)?/g;

function placesIn(page: string): readonly { readonly path: string; readonly names: readonly string[] }[] {
  const text = readFileSync(new URL(`docs/${page}`, ROOT), "utf8");
  return [...text.matchAll(PLACE)].map(([, path = "", names = ""]) => ({
    path,
    names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
  }));
}

test.each(["threat-model.md", "datapath.md"])("docs/%s names what is there", (page) => {
  const places = placesIn(page);
  expect(places.length).toBeGreaterThan(10);
  const missing = places.flatMap(({ path, names }) => {
    const file = new URL(path, ROOT);
    if (!existsSync(file)) return [path];
    const text = readFileSync(file, "utf8");
    return names.filter((name) => !text.includes(name)).map((name) => `${path}: ${name}`);
  });
  expect(missing).toEqual([]);
});
