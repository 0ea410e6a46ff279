// `${NAME:-default}` in compose files: parameters of the lab where a value goes to a guest, and their
// defaults everywhere else.

import { quote, type Draft, type Names } from "./draft.ts";

const SECRET = /PASS(WORD|PHRASE|WD)?|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY/;
const REFERENCE = /\$(?:\$|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\$\{[^{}]*\})*))?\}|([A-Za-z_]\w*))/g;

type Piece =
  { readonly text: string } | { readonly name: string; readonly sign: string; readonly word: string };

export class Interpolation {
  readonly #draft: Draft;
  readonly #names: Names;
  /** The name of the parameter for each variable. */
  readonly #params = new Map<string, string>();

  constructor(draft: Draft, names: Names) {
    this.#draft = draft;
    this.#names = names;
  }

  /** The text as compose would have it where no variable is set. */
  plain(text: string): string {
    return piecesOf(text)
      .map((piece) => ("text" in piece ? piece.text : this.plain(defaultOf(piece) ?? "")))
      .join("");
  }

  /** An expression for the text, with parameters in it. */
  expression(text: string): string {
    const pieces = piecesOf(text);
    const [only] = pieces;
    if (pieces.length === 1 && only && !("text" in only)) return this.#param(only);
    const inside = pieces.map((piece) =>
      "text" in piece ? quote(piece.text).slice(1, -1) : `\${${this.#param(piece)}}`,
    );
    return `"${inside.join("")}"`;
  }

  /** The parameter for a variable that a guest gets as the surroundings have it. */
  passed(name: string): string {
    return this.#known(name) ?? this.#declare(name, `env(${quote(name)}) ?? ""`);
  }

  #param(piece: { readonly name: string; readonly sign: string; readonly word: string }): string {
    const fallback = defaultOf(piece);
    const value = fallback === undefined ? undefined : quote(this.plain(fallback));
    return this.#known(piece.name) ?? this.#declare(piece.name, value);
  }

  #known(name: string): string | undefined {
    return this.#params.get(name);
  }

  /** Without a value it has to be given, as in `${NAME:?}`. */
  #declare(variable: string, value: string | undefined): string {
    const name = this.#names.take(variable.toLowerCase(), "variable");
    const type = SECRET.test(variable.toUpperCase()) ? "secret string" : "string";
    const text = `param ${name}: ${type}${value === undefined ? "" : ` = ${value}`}`;
    this.#draft.params.push({ text, notes: [] });
    this.#params.set(variable, name);
    return name;
  }
}

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  // One piece up to the next variable: of `$${` the sign and the brace must not be quoted each for itself.
  let plain = "";
  for (const match of text.matchAll(REFERENCE)) {
    plain += text.slice(from, match.index);
    from = match.index + match[0].length;
    const [whole, braced, sign = "", word = "", bare] = match;
    const name = braced ?? bare;
    if (name === undefined) plain += whole.slice(1);
    else {
      if (plain !== "") pieces.push({ text: plain });
      plain = "";
      pieces.push({ name, sign, word });
    }
  }
  plain += text.slice(from);
  if (plain !== "" || pieces.length === 0) pieces.push({ text: plain });
  return pieces;
}

/** What stands there where the variable is not set; undefined where it has to be. */
function defaultOf({ sign, word }: { readonly sign: string; readonly word: string }): string | undefined {
  if (sign.endsWith("?")) return undefined;
  return sign.endsWith("-") ? word : "";
}
