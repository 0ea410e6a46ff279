// The manual in docs/manual is what `vbus doc` writes today, no page more or less.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { doc } from "./commands/doc.ts";
import { EXIT } from "./exit-codes.ts";
import { createTerminal } from "./terminal.ts";

const kept = fileURLToPath(new URL("../docs/manual/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vbus-doc-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (from: string): Record<string, string> =>
  Object.fromEntries(readdirSync(from).map((name) => [name, readFileSync(join(from, name), "utf8")]));

test("docs/manual is current: `vbus doc` writes the same", () => {
  const terminal = { ...createTerminal({}), err: () => undefined };
  const out = join(folder, "manual");
  expect(doc({ terminal, clock: systemClock, env: {} }, { out })).toBe(EXIT.done);
  expect(read(out)).toEqual(read(kept));
});

test("every link of the manual leads to a page, and to a title on it", () => {
  const pages = read(kept);
  const anchors = (text: string): string[] =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(" ", "-"));
  const broken = Object.entries(pages).flatMap(([name, text]) =>
    [...text.matchAll(/\]\(([^)]*)\)/g)].flatMap(([, target = ""]) => {
      if (target.startsWith("../")) return [];
      const [file = "", anchor] = target.split("#");
      const page = pages[file === "" ? name : file];
      return page === undefined || (anchor !== undefined && !anchors(page).includes(anchor))
        ? [`${name}: ${target}`]
        : [];
    }),
  );
  expect(broken).toEqual([]);
});
