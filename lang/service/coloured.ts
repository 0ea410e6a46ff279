// What each token of a text is, for colours that know what names mean.

import { lex } from "../syntax/lexer.ts";
import { Report } from "../syntax/report.ts";
import {
  isWord,
  KEYWORDS,
  Mark,
  Middle,
  NumberToken,
  Cidr,
  End,
  Ip,
  Mac,
  Start,
  Text,
} from "../syntax/tokens.ts";
import type { Token } from "../syntax/tokens.ts";
import { peel } from "../types/type.ts";
import { declaredAt, type Meaning, type Occurrence } from "./meaning.ts";
import type { View } from "./view.ts";

/** In the words of the protocol. */
export const TOKEN_TYPES = [
  "namespace",
  "class",
  "type",
  "enum",
  "enumMember",
  "function",
  "method",
  "variable",
  "parameter",
  "property",
  "event",
  "keyword",
  "number",
  "string",
  "comment",
  "decorator",
] as const;
export type TokenKind = (typeof TOKEN_TYPES)[number];

export interface Coloured {
  readonly start: number;
  readonly end: number;
  readonly kind: TokenKind;
  readonly declares: boolean;
  /** Of the standard library. */
  readonly library: boolean;
}

/** In the order of the text. */
export function colouredIn(view: View, file: string): readonly Coloured[] {
  const names = new Map<number, Occurrence>();
  for (const item of view.items(file))
    for (const one of view.occurrences(item, file)) names.set(view.now(one.span).start, one);
  const text = view.text(file);
  const { tokens, comments } = lex(new Report(file, text));
  const found: Coloured[] = comments.map(({ span }) => plain(span.start, span.end, "comment"));
  for (const [i, token] of tokens.entries()) {
    const one = colourOf(token, tokens[i - 1], names);
    if (one) found.push(one);
  }
  return found.toSorted((a, b) => a.start - b.start);
}

const plain = (start: number, end: number, kind: TokenKind): Coloured => ({
  start,
  end,
  kind,
  declares: false,
  library: false,
});

const STRINGS = new Set([Text, Start, Middle, End]);
const NUMBERS = new Set([NumberToken, Cidr, Ip, Mac]);

function colourOf(
  token: Token,
  before: Token | undefined,
  names: ReadonlyMap<number, Occurrence>,
): Coloured | undefined {
  const [start, end] = [token.startOffset, token.endOffset + 1];
  if (STRINGS.has(token.tokenType)) return plain(start, end, "string");
  if (NUMBERS.has(token.tokenType)) return plain(start, end, "number");
  if (token.tokenType === Mark) return plain(start, end, "decorator");
  if (!isWord(token)) return undefined;
  const name = names.get(start);
  if (name) {
    const library = declaredAt(name.meaning)?.file.startsWith("std:") ?? name.meaning.is === "built-in";
    return { start, end, kind: kindOf(name.meaning), declares: name.role === "declares", library };
  }
  return KEYWORDS.has(token.image) && before?.image !== "." ? plain(start, end, "keyword") : undefined;
}

function kindOf(meaning: Meaning): TokenKind {
  switch (meaning.is) {
    case "value":
      return meaning.what === "parameter" || peel(meaning.type()).is === "function"
        ? "parameter"
        : "variable";
    case "module":
      return "namespace";
    case "component":
    case "kind":
      return "class";
    case "class":
    case "record":
    case "built-in":
      return "type";
    case "enum":
      return "enum";
    case "variant":
      return "enumMember";
    case "function":
      return "function";
    case "action":
      return "method";
    case "live":
      return "event";
    case "member":
    case "field":
      return "property";
  }
}
