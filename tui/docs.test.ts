// The page about the dashboard has its keys from the key table. UPDATE_GOLDENS=1 writes them there.

import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KEYS } from "./key-table.ts";
import { plainText } from "./line.ts";
import { VIEWS } from "./model.ts";
import { helpLines } from "./views/help.ts";

const PAGE = new URL("../docs/dashboard.md", import.meta.url);
const COLUMNS = 100;

test("docs/dashboard.md lists each key as the help does, and each view", () => {
  const page = readFileSync(PAGE, "utf8");
  const keys = helpLines(KEYS, COLUMNS)
    .map((line) => `${plainText(line).trimEnd()}\n`)
    .join("");
  const list = /```text\n[^]*?\n```/u;
  expect(page).toMatch(list);
  const written = page.replace(list, () => `\`\`\`text\n${keys}\`\`\``);
  if (process.env["UPDATE_GOLDENS"] === undefined) expect(page).toBe(written);
  else writeFileSync(PAGE, written);
  for (const view of VIEWS.filter((name) => !["help", "output"].includes(name)))
    expect(page, view).toMatch(new RegExp(`^\\| ${view} +\\| `, "m"));
});
