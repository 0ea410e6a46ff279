// Breaks comment lines that are too long, the one finding that a program can mend without a thought: what
// hangs over goes to the front of the next line of the same comment. It touches comments that stand alone on
// their lines only.
const COLUMNS_MAX = 110;

/** The text with its own-line comments within the bound; anything else is as it was. */
export function wrapComments(text: string): string {
  const waiting = text.split("\n");
  const done: string[] = [];
  while (waiting.length > 0) {
    const line = waiting.shift() ?? "";
    const broken = line.length > COLUMNS_MAX ? breakLine(line, waiting[0]) : undefined;
    if (!broken) done.push(line);
    else {
      if (broken.joined) waiting.shift();
      waiting.unshift(...broken.lines);
    }
  }
  return done.join("\n");
}

interface Broken {
  readonly lines: readonly string[];
  /** The following line is part of `lines`. */
  readonly joined: boolean;
}

function breakLine(line: string, next: string | undefined): Broken | undefined {
  const single = /^(?<indent>\s*)\/\*\* (?<words>.*) \*\/$/.exec(line)?.groups;
  if (single) {
    const lines = [
      `${single["indent"]}/**`,
      `${single["indent"]} * ${single["words"]}`,
      `${single["indent"]} */`,
    ];
    return { lines, joined: false };
  }
  const lead = /^\s*(?:\/\/+|\*) +(?=\S)/.exec(line)?.[0];
  const at = line.lastIndexOf(" ", COLUMNS_MAX);
  if (lead === undefined || at <= lead.length) return undefined;
  const kept = line.slice(0, at).trimEnd();
  const rest = line.slice(at + 1);
  const joins =
    next !== undefined && next.startsWith(lead) && /^[\p{L}\p{N}`("']/u.test(next.slice(lead.length));
  return { lines: [kept, joins ? `${lead}${rest} ${next.slice(lead.length)}` : lead + rest], joined: joins };
}
