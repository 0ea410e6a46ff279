// Each block of the book is run, or is what such a block prints: here stands by which test. A block that no
// line tells of, and a line that no block is there for, fail. CHANGELOG.md is left out: it tells what was.

import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

const PAGES = ["README.md", "docs/**/*.md", "editors/**/*.md", "examples/*/README.md", "stdlib/**/*.md"]
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .sort();

const RUN = "scripts/docs-tutorial.test.ts";
const TYPED = "scripts/docs-commands.test.ts";
/** Whole pages that are done from top to bottom: their blocks are typed, saved, applied, and compared. */
const DONE = "(admin|asking|import|isolation|networks|operations|testing|tutorial)";

/**
 * Page, kind of block, how many there are, the test, and what it does. `undefined`: as many as there are,
 * since the test takes every one of them.
 */
type Row = readonly [
  page: string,
  kind: string,
  count: number | undefined,
  by: string | undefined,
  what: string,
];

const ROWS: readonly Row[] = [
  ["README.md", "sh", 3, TYPED, "typed"],
  ["README.md", "vbus", 1, TYPED, "is example 01"],
  [`docs/${DONE}.md`, "console", undefined, RUN, "typed, and what is printed compared"],
  [`docs/${DONE}.md`, "vbus|diff|yaml|js", undefined, RUN, "saved, and used by what is typed"],
  ["docs/tutorial.md", "sh", 1, TYPED, "CI begins with it"],
  [
    "docs/language.md",
    "vbus",
    undefined,
    "lang/conformance/blocks.test.ts",
    "evaluated, values and errors compared",
  ],
  ["docs/language.md", "text", 1, "lang/conformance/blocks.test.ts", "parsed"],
  ["docs/format.md", "vbus", undefined, "lang/format/format.test.ts", "laid out already, and checks"],
  ["docs/guests.md", "ts", 1, "cli/guests.test.ts", "compiled and run"],
  ["docs/guests.md", "c", 2, "cli/guests.test.ts", "compiled and run"],
  ["docs/guests.md", "sh", 5, "cli/guests.test.ts", "typed"],
  ["docs/guests.md", "vbus", 2, "cli/guests.test.ts", "run"],
  ["docs/editors.md", "lua", 1, "cli/editors.test.ts", "given to Neovim"],
  ["docs/editors.md", "toml", 1, "cli/editors.test.ts", "parsed, and compared with the extension"],
  ["docs/editors.md", "sh", 1, "cli/editors.test.ts", "typed, up to VS Code itself"],
  ["docs/embedding.md", "js", 2, "embed/package.test.ts", "run against the packed package"],
  ["docs/linux.md", "sh", 1, "cli/pc.test.ts", "typed"],
  ["docs/linux.md", "vbus", 1, "cli/pc.test.ts", "checked"],
  ["docs/pc.md", "vbus", 1, "cli/pc-media.test.ts", "checked"],
  ["docs/metrics.md", "yaml", 1, "cli/metrics.test.ts", "read by promtool, its target compared"],
  ["docs/dashboard.md", "text", 1, "tui/docs.test.ts", "written from the key table"],
  [
    "docs/diagnostics.md",
    "text",
    undefined,
    "scripts/docs-diagnostics.test.ts",
    "written from the catalogues",
  ],
  ["docs/manual/[\\w-]+.md", "text", undefined, "cli/doc.test.ts", "written from the standard library"],
  ["docs/(architecture|how-it-works).md", "text", 1, undefined, "a drawing of what stands in the text"],
  ["examples/07-linux/README.md", "sh", 1, "cli/pc.test.ts", "typed"],
  ["examples/08-embedding/README.md", "sh", 1, "embed/package.test.ts", "typed, in another folder"],
  ["examples/22-pc/README.md", "sh", 1, "cli/pc-media.test.ts", "typed"],
  ["examples/(?!07|08|22)[\\w-]+/README.md", "sh", undefined, TYPED, "typed"],
  ["stdlib/guests/README.md", "ts", 1, "stdlib/guests/sdk.test.ts", "compiled and run"],
];

interface Block {
  readonly page: string;
  readonly line: number;
  readonly kind: string;
}

/** The fenced blocks of a page; the kind is all that stands behind the fence. */
function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let inside: string | undefined;
  for (const [index, text] of read(page).split("\n").entries()) {
    const [, fence, kind = ""] = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text) ?? [];
    if (fence === undefined) continue;
    if (inside === undefined) blocks.push({ page, line: index + 1, kind });
    inside = inside === undefined ? fence : text.trim() === inside ? undefined : inside;
  }
  expect([page, inside]).toEqual([page, undefined]);
  return blocks;
}

const BLOCKS = PAGES.flatMap(blocksOf);
const isOf = ([page, kind]: Row, block: Block): boolean =>
  new RegExp(`^${page.replaceAll(".md", "\\.md")}$`).test(block.page) &&
  new RegExp(`^(${kind})$`).test(block.kind);

test("each block of the book is told of by one line, which says what runs it", () => {
  expect(BLOCKS.length).toBeGreaterThan(300);
  const told = (block: Block): number => ROWS.filter((row) => isOf(row, block)).length;
  const wrong = BLOCKS.filter((block) => told(block) !== 1);
  expect(
    wrong.map((block) => `${block.page}:${block.line}: ${told(block)} lines tell of \`${block.kind}\``),
  ).toEqual([]);
});

test.each(ROWS)("%s, %s: there, and in the test's own text", (...row) => {
  const [, , count, by] = row;
  const blocks = BLOCKS.filter((block) => isOf(row, block));
  expect(blocks).not.toEqual([]);
  for (const page of new Set(blocks.map((block) => block.page))) {
    const here = blocks.filter((block) => block.page === page);
    if (count !== undefined) expect([page, here.length]).toEqual([page, count]);
    if (by === undefined) continue;
    const text = read(by);
    const names = [
      page,
      path.basename(page),
      path.basename(page, ".md"),
      `${path.dirname(page)}/`,
      "examples/*/",
    ];
    expect(
      names.some((name) => text.includes(name)),
      `${by} does not name ${page}`,
    ).toBe(true);
  }
});
