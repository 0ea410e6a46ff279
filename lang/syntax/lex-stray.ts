// Characters that start no token: one diagnostic for a run of them, and a repair where the intent is plain
// (`'text'`, `# comment`, `;`, `&`), so that one mistake stays one error.

import type { Lexing } from "./lexer.ts";
import { Comma, Ident, SIGNS, Text } from "./tokens.ts";

const QUOTES: Readonly<Record<string, string>> = {
  "'": "'",
  "`": "`",
  "“": "”",
  "„": "“",
  "‘": "’",
  "«": "»",
};
const FOREIGN_WORD = /[\p{L}\p{N}_]*\P{ASCII}*[\p{L}\p{M}\p{N}_]*/uy;
const RUN = /[^\w\s"{}()[\],:.?=<>+\-*/!|@;#'`&%\P{ASCII}]+|\P{ASCII}+/uy;

function strayQuote(lexing: Lexing, open: string, close: string): boolean {
  const { text, at: start, report } = lexing;
  let end = start + 1;
  // Bound: 300 characters, so that a text full of quotes is still read in linear time.
  const limit = Math.min(text.length, start + 300);
  while (end < limit && text[end] !== close && text[end] !== "\n") end++;
  if (text[end] !== close || end === start + 1) return false;
  const token = lexing.push(Text, text.slice(start, end + 1), start, end + 1);
  token.value = text.slice(start + 1, end);
  const plain = JSON.stringify(token.value).replaceAll("${", "\\${");
  report.error("VB1010", start, end + 1, `A string stands in double quotes, not in ${open} ${close}.`, {
    fix: report.replace("Use double quotes", start, end + 1, plain),
  });
  return true;
}

function strayHash(lexing: Lexing): void {
  const { text, at: start, report } = lexing;
  const line = text.indexOf("\n", start);
  const end = line < 0 ? text.length : line;
  report.error("VB1011", start, start + 1, "A comment starts with `//`, not with `#`.", {
    fix: report.replace("Write `//`", start, start + 1, "//"),
  });
  lexing.comments.push({ kind: "line", text: text.slice(start, end), span: report.span(start, end) });
  lexing.at = end;
}

function straySemicolon(lexing: Lexing): void {
  const { text, at: start, report } = lexing;
  let end = start;
  while (text[end] === ";" || (text[end] === " " && text[end + 1] === ";")) end++;
  let next = end;
  while (text[next] === " " || text[next] === "\t" || text[next] === "\r") next++;
  const atLineEnd = next >= text.length || /[\n})\]]/.test(text.charAt(next)) || text.startsWith("//", next);
  report.error("VB1012", start, end, "There is no `;`: a newline or a comma separates.", {
    fix: atLineEnd
      ? report.replace("Remove it", start, end, "")
      : report.replace("Write a comma", start, end, ","),
  });
  if (atLineEnd) lexing.at = end;
  else lexing.push(Comma, ",", start, end).broken = true;
}

function foreignWord(lexing: Lexing): boolean {
  const { text, at: start, report } = lexing;
  FOREIGN_WORD.lastIndex = start;
  const image = FOREIGN_WORD.exec(text)?.[0] ?? "";
  if (!/\p{L}/u.test(image)) return false;
  const end = start + image.length;
  lexing.push(Ident, image, start, end).broken = true;
  report.error("VB1013", start, end, `\`${image}\` has letters that a name can't have.`, {
    hint: "Names are made of a to z, A to Z, 0 to 9 and `_`; other letters stand in strings and comments.",
  });
  return true;
}

/** Reports what stands at `at` and goes past it; always moves. */
export function lexStray(lexing: Lexing): void {
  const { text, at: start, report } = lexing;
  const character = text.charAt(start);
  const close = QUOTES[character];
  if (close !== undefined && strayQuote(lexing, character, close)) return;
  if (character === "#") return strayHash(lexing);
  if (character === ";") return straySemicolon(lexing);
  if (character === "&") {
    report.error("VB1014", start, start + 1, "`&` alone is no operator.", {
      hint: "Write `&&` for and.",
      fix: report.replace("Write `&&`", start, start + 1, "&&"),
    });
    const type = SIGNS.get("&&");
    if (type !== undefined) lexing.push(type, "&&", start, start + 1);
    return;
  }
  if (foreignWord(lexing)) return;
  RUN.lastIndex = start;
  const run = RUN.exec(text)?.[0] ?? character;
  let end = start + Math.max(1, run.length);
  while (run.length === 1 && text[end] === character) end++;
  const shown = /^[\x20-\x7e\p{L}\p{S}\p{P}]+$/u.test(run) ? `\`${run.slice(0, 20)}\`` : describe(run);
  report.error("VB1001", start, end, `${shown} can't stand here.`, {
    hint: "Outside of strings and comments it means nothing.",
  });
  lexing.at = end;
}

function describe(run: string): string {
  const code = (run.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `The character U+${code}`;
}
