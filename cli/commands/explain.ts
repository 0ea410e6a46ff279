// `vbus explain`: what a diagnostic's code means, with a text that has it and one that has not.

import { allPages, nearestCode, pageOf } from "../../lang/index.ts";
import { UsageError, type Context, type Exit } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { tableText } from "../text.ts";

export const EXPLAIN_SCHEMA = 1;

export function explain(
  { terminal }: Context,
  code: string | undefined,
  options: { readonly json?: boolean },
): Exit {
  if (code === undefined) {
    const pages = allPages();
    if (options.json) {
      terminal.out(`${JSON.stringify({ schema: EXPLAIN_SCHEMA, codes: pages }, undefined, 2)}\n`);
    } else terminal.out(tableText(pages.map((page) => [page.code, page.title])));
    return EXIT.done;
  }
  const page = pageOf(code);
  if (page === undefined) {
    const nearest = nearestCode(code);
    throw new UsageError(
      `There is no code ${code}. Did you mean ${nearest} (${pageOf(nearest)?.title ?? ""})? ` +
        "`vbus explain` lists all.",
    );
  }
  if (options.json) {
    terminal.out(`${JSON.stringify({ schema: EXPLAIN_SCHEMA, ...page }, undefined, 2)}\n`);
    return EXIT.done;
  }
  const strong = (text: string): string => terminal.paint("bold", text);
  const parts = [
    `${strong(`${page.code}: ${page.title}`)}\n\n${wrapped(page.explanation, terminal.columns)}\n`,
  ];
  if (page.bad !== undefined) parts.push(`${strong("Bad")}\n${indented(page.bad)}\n`);
  if (page.good !== undefined) parts.push(`${strong("Good")}\n${indented(page.good)}\n`);
  terminal.out(parts.join("\n"));
  return EXIT.done;
}

const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line === "" ? "" : `    ${line}`))
    .join("\n");

const WIDTH_MAX = 100;

function wrapped(text: string, columns: number): string {
  const width = Math.min(columns, WIDTH_MAX);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
