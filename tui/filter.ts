// The filter of a list: a regular expression, or a text where it is none; `!` in front turns it round.

export interface Filter {
  readonly matches: (text: string) => boolean;
  /** It is no regular expression and is looked for as a text. */
  readonly literal: boolean;
}

/** Reads what was typed; nothing, or a lone `!`, matches all. Upper and lower case are the same. */
export function readFilter(typed: string): Filter {
  const inverse = typed.startsWith("!");
  const pattern = inverse ? typed.slice(1) : typed;
  if (pattern === "") return { matches: () => true, literal: false };
  const expression = compile(pattern);
  const wanted = pattern.toLowerCase();
  const found = (text: string): boolean =>
    expression === undefined ? text.toLowerCase().includes(wanted) : expression.test(text);
  return { matches: (text) => found(text) !== inverse, literal: expression === undefined };
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, "iu");
  } catch {
    return undefined;
  }
}
