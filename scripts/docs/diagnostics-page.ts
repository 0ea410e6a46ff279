// The page of diagnostics as Markdown. Writes nothing.
import type { CodePage } from "../../lang/index.ts";

const GROUPS: readonly (readonly [digit: string, title: string, about: string])[] = [
  ["1", "Text", "What the text of a file can be wrong about."],
  ["2", "Names and types", "What names stand for, and what fits where."],
  ["3", "Values", "What shows when values are computed."],
  ["4", "The graph", "Things, what joins them, and what must not."],
  ["5", "Lints", "What works, and most likely is not what was meant. `vbus lint` tells these."],
  [
    "6",
    "Tests",
    "What a test failed with, told by `vbus test`: the texts are right, and so is what they failed for.",
  ],
  ["7", "Imports", "What files of other tools can be wrong about, told by `vbus import`."],
  ["8", "Snapshots", "What keeps a guest from going on from a snapshot, told by `vbus restore`."],
];

/** A longer line in a text of the catalogue is cut: it is only long to make a point. */
const LINE_MAX = 100;

/** All codes by group, in the layout that the project's Markdown has. */
export function diagnosticsPage(pages: readonly CodePage[]): string {
  const parts = [
    "# Diagnostics",
    "",
    "Every diagnostic has a stable code: none is ever given another meaning. `vbus explain CODE` tells the same",
    "as this page, which `scripts/docs-diagnostics.ts` writes from the catalogues.",
  ];
  for (const [digit, title, about] of GROUPS) {
    parts.push("", `## ${title}`, "", about);
    for (const page of pages.filter(({ code }) => code.startsWith(`VB${digit}`)))
      parts.push(...onePage(page));
  }
  return `${parts.join("\n")}\n`;
}

function onePage({ code, title, explanation, bad, good }: CodePage): string[] {
  // A `#` at the end of a heading would be taken for a part of its mark.
  const lines = ["", `### ${code}: ${title.replace(/#$/, "\\#")}`, "", explanation];
  if (bad !== undefined) lines.push("", "Bad:", "", ...block(bad));
  if (good !== undefined) lines.push("", "Good:", "", ...block(good));
  return lines;
}

function block(text: string): string[] {
  const lines = text
    .split("\n")
    .map((line) => (line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}...` : line));
  return ["```text", ...lines, "```"];
}
