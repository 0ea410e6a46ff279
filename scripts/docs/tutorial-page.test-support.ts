// Reads docs/tutorial.md as what a reader does with it, in order: commands that are typed, lines that the
// first terminal shows meanwhile, and files that are written or changed.

/** Lines of the page, counted from 1; `line` is that of the first one. */
interface Shown {
  readonly line: number;
  readonly text: readonly string[];
}

export type Step =
  /** Typed, in the first terminal or the second, with what is printed then. */
  | { readonly is: "command"; readonly first: boolean; readonly typed: string; readonly shown: Shown }
  /** What the first terminal shows while its command runs. */
  | { readonly is: "shown"; readonly shown: Shown }
  | { readonly is: "file"; readonly file: string; readonly shown: Shown }
  | { readonly is: "change"; readonly file: string; readonly shown: Shown };

/** Blocks for the reader's eyes: `sh` is what was done before. */
const NOT_RUN = new Set(["sh"]);

/**
 * The steps of a page. Throws, with the line, where a block says neither what it is nor which file it is for.
 */
export function stepsOf(page: string): readonly Step[] {
  const lines = page.split("\n");
  const steps: Step[] = [];
  let before = "";
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(\w+)$/.exec(lines[at] ?? "")?.[1];
    if (language === undefined) {
      if (lines[at] !== "") before = lines[at] ?? "";
      continue;
    }
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`${at + 1}: the block has no end`);
    const shown = { line: at + 2, text: lines.slice(at + 1, end) };
    if (language === "console") steps.push(...consoleSteps(shown, before.includes("first terminal")));
    else if (!NOT_RUN.has(language)) steps.push(fileStep(language, shown, before));
    before = "";
    at = end;
  }
  return steps;
}

function consoleSteps({ line, text }: Shown, first: boolean): readonly Step[] {
  const starts = text.flatMap((words, index) => (words.startsWith("$ ") ? [index] : []));
  if (starts.length === 0) return [{ is: "shown", shown: { line, text } }];
  return starts.map((start, number) => ({
    is: "command",
    first,
    typed: (text[start] ?? "").slice(2),
    shown: { line: line + start + 1, text: text.slice(start + 1, starts[number + 1] ?? text.length) },
  }));
}

/** The last file that the sentence before the block names. */
function fileStep(language: string, shown: Shown, before: string): Step {
  const file = [...before.matchAll(/`([\w-]+(?:\.\w+)+)`/g)].at(-1)?.[1];
  if (file === undefined) throw new Error(`${shown.line - 1}: the line before this block names no file`);
  return { is: language === "diff" ? "change" : "file", file, shown };
}

/**
 * The text with the hunks of a diff in it, `@@` between them; or the hunk's line in the block where what it
 * takes away and stands beside is not there just once.
 */
export function changed(
  text: string,
  { text: diff }: Shown,
): string | { readonly at: number; readonly why: string } {
  let [result, from] = [text, 0];
  for (const hunk of `\n${diff.join("\n")}`.split("\n@@")) {
    const rows = hunk.split("\n").slice(1);
    const side = (sign: string): string =>
      rows
        .filter((row) => row === "" || row[0] === " " || row[0] === sign)
        .map((row) => `${row.slice(1)}\n`)
        .join("");
    const parts = `\n${result}`.split(`\n${side("-")}`);
    if (parts.length !== 2) return { at: from, why: `this is ${parts.length - 1} times in the file` };
    result = parts.join(`\n${side("+")}`).slice(1);
    from += rows.length + 1;
  }
  return result;
}
