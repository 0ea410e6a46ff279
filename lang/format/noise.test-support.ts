// Texts laid out at random: space, line ends and comments wherever the grammar lets them stand. The meaning
// of a text stays the same.

import { isCloser, isOpener } from "../syntax/brackets.ts";
import { lex } from "../syntax/lexer.ts";
import { separate } from "../syntax/newlines.ts";
import { Report } from "../syntax/report.ts";
import { LeftParen, Middle, Newline, Start } from "../syntax/tokens.ts";
import type { Token } from "../syntax/tokens.ts";

// Not after what may end in front of a name and `=` (`:`, `.`, `=>`, `|`): there a line that begins with
// `name =` is read as a new item.
const OPEN_BEFORE = new Set("{ ( [ , .. ... ?? = == != < <= > >= + - * / % && || !".split(" "));
const OPEN_AFTER = new Set("} ) ] , : . ?. .. ? ?? => = == != < <= > >= + * / % && || |".split(" "));

interface Gap {
  readonly text: string;
  readonly start: number;
  /** A line end may stand here. */
  readonly opens: boolean;
  /** A line end separates here, and nothing else stands here. */
  readonly separates: boolean;
}

/** The places between the tokens of a text without mistakes. */
function gapsOf(text: string): Gap[] {
  const { tokens } = lex(new Report("f", text));
  const report = new Report("f", text);
  const separated = separate(lex(report).tokens, report);
  const behind = new Set<number>();
  separated.forEach((token, i) => {
    if (token.tokenType === Newline) behind.add((separated[i + 1] as Token | undefined)?.startOffset ?? -1);
  });
  const open: Token[] = [];
  const gaps: Gap[] = [];
  const real = tokens.filter(({ tokenType }) => tokenType !== Newline);
  real.forEach((token, i) => {
    if (isOpener(token)) open.push(token);
    else if (isCloser(token) && token.tokenType !== Middle) open.pop();
    const next = real[i + 1];
    if (!next) return;
    const start = token.endOffset + 1;
    const gap = text.slice(start, next.startOffset);
    const inText = open.some(({ tokenType, block }) => tokenType === Start && !block);
    const inParens = open.at(-1)?.tokenType === LeftParen;
    const opens =
      !inText &&
      (gap.includes("\n") || inParens || OPEN_BEFORE.has(token.image) || OPEN_AFTER.has(next.image));
    gaps.push({ text: gap, start, opens, separates: behind.has(next.startOffset) && gap.trim() === "" });
  });
  return gaps;
}

/** Kinds of comments: none, those that mean nothing, or also `///`, which may document what follows. */
type Noise = "space" | "comments" | "documentation";

/** `choices` are numbers from 0 to 99, used in turn; `noise` says what is put in. */
export function disturb(text: string, choices: readonly number[], noise: Noise): string {
  const gaps = gapsOf(text);
  let out = text.slice(0, gaps[0]?.start ?? text.length);
  gaps.forEach((gap, i) => {
    const choice = choices[i % choices.length] ?? 0;
    out += disturbGap(gap, choice, noise, i);
    out += text.slice(gap.start + gap.text.length, gaps[i + 1]?.start ?? text.length);
  });
  return out;
}

function disturbGap(gap: Gap, choice: number, noise: Noise, i: number): string {
  const { text, opens, separates } = gap;
  if (choice < 40) return text;
  if (choice < 55) return `${text}${" ".repeat(choice - 39)}`;
  if (choice < 60) return separates ? " , " : text;
  if (choice < 65) return separates ? ",\n\n\n \t" : `${text}\t`;
  if (choice < 85)
    return opens ? `${text}${"\n".repeat(1 + (choice % 3))}${" ".repeat(1 + (choice % 9))}` : text;
  if (noise === "space") return text;
  if (choice < 91) return `${text} /* block ${i} */ `;
  if (!opens) return text;
  if (choice < 97) return `${text} ${noise === "documentation" ? "///" : "//"} line ${i}\n  `;
  return `${text} /* one ${i}\n      two */ `;
}
