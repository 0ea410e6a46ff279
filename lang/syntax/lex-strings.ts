// Strings of both forms, their escapes, interpolations and indentation.
// A string that does not close ends with its line, and so does every interpolation in it.

import type { TokenType } from "chevrotain";
import type { Lexing } from "./lexer.ts";
import { End, Middle, Start, Text } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/** A string whose interpolation is being read. */
export interface StringMode {
  readonly block: boolean;
  /** Where the string's first quote stands. */
  readonly opening: number;
  /** The pieces so far and the text that each holds; a `"""` string is only cooked when its end is known. */
  readonly pieces: { readonly token: Token; readonly from: number; readonly to: number }[];
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\", $: "$" };
const UNICODE = /u\{([0-9A-Fa-f]{1,6})\}/y;

/** Reads the string that starts with the `"` at `at`, up to its end or first interpolation. */
export function startString(lexing: Lexing): void {
  const { text, at: start } = lexing;
  const block = text.startsWith('"""', start);
  const mode: StringMode = { block, opening: start, pieces: [] };
  if (!block) return linePiece(lexing, mode, start);
  const lineEnd = endOfLine(text, start);
  const rest = text.slice(start + 3, lineEnd).trim();
  if (rest === "") return blockPiece(lexing, mode, start, Math.min(lineEnd + 1, text.length));
  lexing.report.error("VB1009", start, start + 3, 'The text of a `"""` string begins on the next line.', {
    hint: 'Put a line end after `"""`, or use a string in single `"`.',
  });
  const close = text.indexOf('"""', start + 3);
  if (close < 0 || close >= lineEnd) return blockPiece(lexing, mode, start, start + 3);
  const token = lexing.push(Text, "", start, close + 3);
  token.value = text.slice(start + 3, close);
}

/** Goes on with a string behind the `}` at `at` that ends an interpolation of it. */
export function continueString(lexing: Lexing, mode: StringMode): void {
  if (mode.block) blockPiece(lexing, mode, lexing.at, lexing.at + 1);
  else linePiece(lexing, mode, lexing.at);
}

/** At a line end or the end of the text: ends the one-line strings whose interpolations are open. */
export function endLineOfStrings(lexing: Lexing, at: number): void {
  const { modes, report, text } = lexing;
  if (modes.length === 0) return;
  const atEnd = at >= text.length;
  let lowest = modes.length;
  for (let index = modes.length - 1; index >= 0; index--) {
    const mode = modes[index];
    if (mode?.block === true && !atEnd) break;
    if (mode !== undefined) lowest = index;
  }
  let reported = false;
  while (modes.length > lowest) {
    const mode = modes.pop();
    if (mode === undefined) continue;
    if (!reported && !(lexing.tokens.at(-1)?.broken === true)) {
      const open = mode.pieces.at(-1)?.to ?? mode.opening;
      report.error("VB1002", open, open + 2, "This `${` is not closed, and neither is its string.", {
        hint: 'Close the interpolation with `}` and the string with `"`.',
      });
    }
    reported = true;
    const token = lexing.push(End, "", at, at);
    token.broken = true;
    if (mode.block) cookBlock(lexing, mode, "");
  }
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
};

const typeOf = (mode: StringMode, more: boolean): TokenType =>
  more ? (mode.pieces.length === 0 ? Start : Middle) : mode.pieces.length === 0 ? Text : End;

function linePiece(lexing: Lexing, mode: StringMode, start: number): void {
  const { text, report } = lexing;
  let at = start + 1;
  let escaped = false;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 92 && text.charCodeAt(at + 1) !== 10 && at + 1 < text.length) {
      escaped = true;
      at += 2;
    } else if (code === 34) return finish(at, at + 1, false);
    else if (code === 36 && text.charCodeAt(at + 1) === 123) return finish(at, at + 2, true);
    else if (code === 10) break;
    else at++;
  }
  if (text.charCodeAt(at - 1) === 13) at--;
  const opening = mode.pieces.length === 0 ? start : mode.opening;
  report.error("VB1002", opening, at, "This string is not closed on its line.", {
    hint: 'End it with `"`; a text of several lines stands between `"""`.',
    // Where brackets close in it, the place of the quote is anybody's guess.
    ...(/[)\]},]/.test(text.slice(start, at))
      ? {}
      : { fix: report.replace('Add the closing `"`', at, at, '"') }),
  });
  finish(at, at, false);
  const last = lexing.tokens.at(-1);
  if (last !== undefined) last.broken = true;

  function finish(to: number, end: number, more: boolean): void {
    const token = lexing.push(typeOf(mode, more), "", start, end);
    token.value = escaped ? cook(lexing, start + 1, to, undefined) : text.slice(start + 1, to);
    if (!more) return;
    mode.pieces.push({ token, from: start + 1, to });
    lexing.modes.push(mode);
  }
}

function blockPiece(lexing: Lexing, mode: StringMode, start: number, from: number): void {
  const { text, report } = lexing;
  let at = from;
  let atLineStart = mode.pieces.length === 0;
  let inner = -1;
  const piece = (to: number, end: number, more: boolean): void => {
    const token = lexing.push(typeOf(mode, more), "", start, end);
    token.block = true;
    mode.pieces.push({ token, from, to });
    if (more) lexing.modes.push(mode);
  };
  while (at < text.length) {
    if (atLineStart) {
      let quote = at;
      while (text[quote] === " " || text[quote] === "\t") quote++;
      if (text.startsWith('"""', quote)) {
        piece(Math.max(from, text[at - 2] === "\r" ? at - 2 : at - 1), quote + 3, false);
        return cookBlock(lexing, mode, text.slice(at, quote));
      }
      atLineStart = false;
    }
    const code = text.charCodeAt(at);
    if (code === 92 && text.charCodeAt(at + 1) !== 10) at += 2;
    else if (code === 36 && text.charCodeAt(at + 1) === 123) return piece(at, at + 2, true);
    else {
      if (code === 34 && inner < 0 && text.startsWith('"""', at)) {
        inner = at;
        // Nothing behind here closes one: looking again each time would take quadratic time.
        if (lexing.noBlockEnd) break;
      }
      atLineStart = code === 10;
      at++;
    }
  }
  lexing.noBlockEnd = true;
  report.endIsKnown = true;
  report.error("VB1002", mode.opening, mode.opening + 3, 'This `"""` string is never closed.', {
    hint: 'Its end is a `"""` on a line of its own.',
    ...(inner < 0 ? {} : { fix: report.replace("Put it on a line of its own", inner, inner, "\n") }),
  });
  // A `"""` in the middle of a line was probably meant as the end.
  piece(inner < 0 ? text.length : inner, inner < 0 ? text.length : inner + 3, false);
  cookBlock(lexing, mode, "");
}

// Resolves the pieces of a `"""` string, now that the indentation of its last line is known.
function cookBlock(lexing: Lexing, mode: StringMode, indentation: string): void {
  let first = true;
  for (const { token, from, to } of mode.pieces) {
    token.value = cook(lexing, from, Math.max(from, to), { indentation, atLineStart: first });
    first = false;
  }
}

interface Block {
  readonly indentation: string;
  readonly atLineStart: boolean;
}

// Resolves escapes, and takes the indentation off where `block` is given.
function cook(lexing: Lexing, from: number, to: number, block: Block | undefined): string {
  const { text } = lexing;
  let out = "";
  let at = block?.atLineStart === true ? skipIndentation(lexing, from, to, block.indentation) : from;
  let plain = at;
  while (at < to) {
    const code = text.charCodeAt(at);
    if (code === 92) {
      const [value, length] = escape(lexing, at, to);
      out += text.slice(plain, at) + value;
      at += length;
      plain = at;
    } else if (code === 10 && block !== undefined) {
      out += `${text.slice(plain, text[at - 1] === "\r" && at > plain ? at - 1 : at)}\n`;
      at = skipIndentation(lexing, at + 1, to, block.indentation);
      plain = at;
    } else at++;
  }
  return out + text.slice(plain, Math.max(plain, to));
}

function skipIndentation(lexing: Lexing, from: number, to: number, indentation: string): number {
  const { text, report } = lexing;
  let at = from;
  while (at < to && at - from < indentation.length && text[at] === indentation[at - from]) at++;
  if (at - from === indentation.length) return at;
  let end = at;
  while (end < to && (text[end] === " " || text[end] === "\t")) end++;
  const blank =
    end >= to ? to < text.length && text[end] === "\n" : text[end] === "\n" || text.startsWith("\r\n", end);
  if (!blank) {
    report.error(
      "VB1009",
      from,
      Math.max(end, from + 1),
      'This line is indented less than the closing `"""`.',
      {
        hint: 'The indentation of the closing `"""` is taken off every line: begin each line with it.',
        fix: report.replace("Indent it", from, at, indentation),
      },
    );
  }
  return end;
}

// The text of the escape at `at`, and how many characters it takes.
function escape(lexing: Lexing, at: number, to: number): [string, number] {
  const { text, report } = lexing;
  const letter = text.charAt(at + 1);
  const value = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (value !== undefined) return [value, 2];
  UNICODE.lastIndex = at + 1;
  const match = UNICODE.exec(text);
  const code = Number.parseInt(match?.[1] ?? "", 16);
  if (match !== null && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) {
    return [String.fromCodePoint(code), match[0].length + 1];
  }
  const wide = match === null ? (letter === "" || letter === "\n" ? 1 : 2) : match[0].length + 1;
  const shown = text.slice(at, Math.min(at + wide, to));
  report.error("VB1003", at, at + wide, `\`${shown}\` is no escape.`, {
    hint: 'The escapes are \\n \\t \\r \\" \\\\ \\$ and \\u{1F600}; a backslash itself is \\\\.',
    fix: report.replace("Write the backslash twice", at, at, "\\"),
  });
  return [text.slice(at + 1, at + wide), wide];
}
