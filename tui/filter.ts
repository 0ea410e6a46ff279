// The filter of a list: a regular expression, or a text where it is none; `-f` looks for the letters in their
// order, with anything between them; `-l` for a label. `!` in front turns each round.

export interface Filter {
  /** `labels` are those of the thing, or of whoever it belongs to. */
  readonly matches: (text: string, labels?: Labels) => boolean;
  /** It is no regular expression and is looked for as a text. */
  readonly literal: boolean;
}
export type Labels = Readonly<Record<string, string>>;

/** Nothing was asked for. */
const ALL: Filter = { matches: () => true, literal: false };

/** Reads what was typed; nothing, or a lone `!`, matches all. Upper and lower case are the same. */
export function readFilter(typed: string): Filter {
  const inverse = typed.startsWith("!");
  const pattern = inverse ? typed.slice(1) : typed;
  const [, way, wanted = ""] = /^-([fl])\s+(.*)$/.exec(pattern) ?? [];
  if (pattern === "" || /^-[fl]?\s*$/.test(pattern)) return ALL;
  const found = way === "f" ? fuzzy(wanted) : way === "l" ? labelled(wanted) : undefined;
  if (found !== undefined)
    return { matches: (text, labels = {}) => found(text, labels) !== inverse, literal: false };
  const expression = compile(pattern);
  const sought = pattern.toLowerCase();
  const seen = (text: string): boolean =>
    expression === undefined ? text.toLowerCase().includes(sought) : expression.test(text);
  return { matches: (text) => seen(text) !== inverse, literal: expression === undefined };
}

/** Whether things are seen, by what each says. Where nothing was asked for, no text is made. */
export function seenBy<T>(
  typed: string,
  textOf: (thing: T) => string,
  labelsOf?: (thing: T) => Labels,
): (thing: T) => boolean {
  const filter = readFilter(typed);
  if (filter === ALL) return () => true;
  return (thing) => filter.matches(textOf(thing), labelsOf?.(thing));
}

/** The letters come in this order. */
function fuzzy(wanted: string): (text: string) => boolean {
  const letters = [...wanted.toLowerCase()].filter((letter) => letter.trim() !== "");
  return (text) => {
    let at = 0;
    for (const letter of text.toLowerCase()) if (letter === letters[at]) at++;
    return at >= letters.length;
  };
}

/** `name` is there, or `name=value` is so. */
function labelled(wanted: string): (text: string, labels: Labels) => boolean {
  const [name = "", ...rest] = wanted.trim().split("=");
  const value = rest.length === 0 ? undefined : rest.join("=");
  return (_, labels) => (value === undefined ? labels[name] !== undefined : labels[name] === value);
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, "iu");
  } catch {
    return undefined;
  }
}
