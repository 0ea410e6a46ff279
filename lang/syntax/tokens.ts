// The tokens of a `.vbus` text and the classes of its words. Types only: the lexer makes the tokens,
// the newline pass decides which line ends separate, the parser reads them.

import { createToken, Lexer } from "chevrotain";
import type { IToken, TokenType } from "chevrotain";

const make = (name: string, categories: TokenType[] = [], label?: string): TokenType =>
  createToken({ name, pattern: Lexer.NA, categories, ...(label === undefined ? {} : { label }) });

// The classes of words (grammar.md §2). ANYWORD is what may follow a dot.
export const AnyWord = make("AnyWord", [], "a word");
export const NameWord = make("NameWord", [AnyWord], "a name");
export const RefWord = make("RefWord", [], "a name");
export const RecordWord = make("RecordWord", [], "a name");
export const TypeWord = make("TypeWord", [], "a type");
export const Separator = make("Separator", [], "a newline or `,`");
export const BinarySign = make("BinarySign", [], "an operator");
export const UnarySign = make("UnarySign", [], "an operator");

export const Ident = make("Ident", [NameWord, RefWord, RecordWord, TypeWord], "a word");

/** Every word with a meaning of its own, by its text. */
export const KEYWORDS = new Map<string, TokenType>();
const words = (texts: string, categories: TokenType[]): void => {
  for (const text of texts.split(" ")) {
    const more = text === "in" ? [BinarySign] : [];
    const type =
      text === "secret" || text === "range" ? categories.filter((c) => c !== TypeWord) : categories;
    KEYWORDS.set(text, make(`word-${text}`, [...type, ...more], `\`${text}\``));
  }
};
words("true false none", [AnyWord]);
words("in for when where within", [NameWord, RecordWord, TypeWord]);
words("import param let external fn enum type kind class component assert output test at", [
  NameWord,
  RefWord,
  TypeWord,
]);
words("as expect always do set out live action holds timed secret range", [
  NameWord,
  RefWord,
  RecordWord,
  TypeWord,
]);

/** The token type of a word with a meaning; the word must be one. */
export const word = (text: string): TokenType => {
  const type = KEYWORDS.get(text);
  if (type === undefined) throw new Error(`no word ${text}`);
  return type;
};
const named = (texts: string): ReadonlySet<string> => new Set(texts.split(" "));
export const LITERAL_WORDS = named("true false none");
export const RESERVED_WORDS = named("in for when where within");
export const ITEM_WORDS = named(
  "import param let external fn enum type kind class component assert output test at",
);

export const NumberToken = make("Number", [], "a number");
export const Cidr = make("Cidr", [], "a subnet");
export const Ip = make("Ip", [], "an address");
export const Mac = make("Mac", [], "a MAC address");
/** A string without interpolation, of either form; `block` says which. */
export const Text = make("Text", [], "a string");
export const Start = make("Start", [], "a string");
export const Middle = make("Middle", [], "`}`");
export const End = make("End", [], "`}`");
export const Mark = make("Mark", [], "a mark");
export const Newline = make("Newline", [Separator], "a newline");

/** Every sign by its text. */
export const SIGNS = new Map<string, TokenType>();
const sign = (text: string, categories: TokenType[] = []): TokenType => {
  const type = make(`sign ${text}`, categories, `\`${text}\``);
  SIGNS.set(text, type);
  return type;
};
export const Spread = sign("...");
export const Range = sign("..", [BinarySign]);
export const OptionalDot = sign("?.");
export const Arrow = sign("=>");
for (const text of ["??", "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "*", "/", "%"]) {
  sign(text, [BinarySign]);
}
export const Minus = sign("-", [BinarySign, UnarySign]);
export const LeftBrace = sign("{");
export const RightBrace = sign("}");
export const LeftParen = sign("(");
export const RightParen = sign(")");
export const LeftBracket = sign("[");
export const RightBracket = sign("]");
export const Comma = sign(",", [Separator]);
export const Colon = sign(":");
export const Dot = sign(".");
export const Question = sign("?");
export const Equals = sign("=");
export const Not = sign("!", [UnarySign]);
export const Bar = sign("|");

/** The whole vocabulary, for the parser. */
export const VOCABULARY: TokenType[] = [
  AnyWord,
  NameWord,
  RefWord,
  RecordWord,
  TypeWord,
  Separator,
  BinarySign,
  UnarySign,
  Ident,
  ...KEYWORDS.values(),
  NumberToken,
  Cidr,
  Ip,
  Mac,
  Text,
  Start,
  Middle,
  End,
  Mark,
  Newline,
  ...SIGNS.values(),
];

/** True where the token is a word of any class. */
export const isWord = (token: IToken): boolean =>
  token.tokenType === Ident || KEYWORDS.get(token.image) === token.tokenType;

/** One token. Offsets are UTF-16; `endOffset` is inclusive, as chevrotain has it. */
export class Token implements IToken {
  readonly image: string;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly tokenType: TokenType;
  readonly tokenTypeIdx: number;
  /** What a string piece says (escapes resolved); the letters of a unit. */
  value: string = "";
  /** A `"""` string. */
  block: boolean = false;
  /** Already reported, or put in by recovery: nobody complains about it again. */
  broken: boolean = false;
  /** The `///` lines before it. */
  doc: string = "";
  /** The bracket that closes this one. */
  partner: Token | undefined = undefined;

  constructor(type: TokenType, image: string, start: number, end: number) {
    this.tokenType = type;
    this.tokenTypeIdx = type.tokenTypeIdx as number;
    this.image = image;
    this.startOffset = start;
    this.endOffset = end - 1;
  }
}
