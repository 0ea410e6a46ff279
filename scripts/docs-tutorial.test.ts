// The pages of the book are done as they stand there, each in a folder of its own: the tutorial always, the
// others in CI. A link leads to something, and every page is in the table of contents.

import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { doPage, type Page } from "./docs/page-run.test-support.ts";
import { stepsOf } from "./docs/tutorial-page.test-support.ts";
import { differenceAt } from "./docs/tutorial-words.test-support.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const AT_LENGTH = process.env["CI"] === "true" || process.env["SLOW"] === "1";
/** For all of a page. */
const LIMIT_MS = 900_000;

const TUTORIAL: Page = { name: "docs/tutorial.md", folder: "pings", isReady: false, stepsMin: 40 };
/** Chapters with commands, and how many steps each has at least. */
const CHAPTERS = {
  networks: 4,
  isolation: 4,
  testing: 4,
  admin: 8,
  operations: 8,
  import: 4,
  asking: 8,
} as const;
const PAGES: readonly Page[] = Object.entries(CHAPTERS).map(([name, stepsMin]) => ({
  name: `docs/${name}.md`,
  folder: "lab",
  isReady: true,
  stepsMin,
}));

const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

const TABLE = ["GUEST   STATE    UPTIME  DROPS", "client  running  3.1s    0"];

test.each([
  ["a duration that was measured", ["done in 3.1 ms"], ["done in 12 s"], undefined],
  ["a duration that was written", ["--interval 1s"], ["--interval 2s"], 0],
  [
    "a measured column, and its width",
    TABLE,
    ["GUEST   STATE    UPTIME   DROPS", "client  running  12m04s   0"],
    undefined,
  ],
  ["another column", TABLE, [TABLE[0] ?? "", "client  running  3.1s    1"], 1],
  ["a line that is missing", ["one", "two"], ["one"], 1],
  ["a line too many", ["one"], ["one", "two"], 1],
  ["lines left out", ["one", "...", "four"], ["one", "two", "three", "four"], undefined],
  ["lines left out before what does not come", ["one", "...", "five"], ["one", "two"], 2],
] as const)("compared: %s", (_, shown, printed, difference) => {
  expect(differenceAt(shown, printed)).toBe(difference);
});

test.each(AT_LENGTH ? [TUTORIAL, ...PAGES] : [TUTORIAL])(
  "$name, command by command",
  { timeout: LIMIT_MS },
  async (page) => doPage(page),
);

test("each chapter with commands is done, and each page is in the table of contents", () => {
  const contents = read("docs/README.md");
  for (const page of globSync("docs/*.md", { cwd: ROOT })) {
    const name = path.basename(page, ".md");
    if (name !== "README") expect(contents, page).toContain(`(${name}.md)`);
    if (/^```console$/m.test(read(page))) expect(["tutorial", ...Object.keys(CHAPTERS)]).toContain(name);
  }
});

test("every link of the book leads to something", () => {
  const dead = globSync("docs/*.md", { cwd: ROOT }).flatMap((page) =>
    [...read(page).matchAll(/\]\(([^):#\s]+)[^)]*\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^https?$/.test(target) && !existsSync(path.join(ROOT, "docs", target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test("what the workflow for GitHub does with vbus is done by the page that shows it", () => {
  const page = read("docs/testing.md");
  const workflow = parse(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? "");
  const steps: readonly { readonly run?: string }[] = workflow.jobs.labs.steps;
  const typed = stepsOf(page).flatMap((step) => (step.is === "command" ? [step.typed] : []));
  const run = steps
    .flatMap(({ run: words }) => words?.split("\n") ?? [])
    .filter((line) => line.startsWith("vbus"));
  expect(run.length).toBeGreaterThan(1);
  for (const line of run) expect(typed).toContain(line);
});
