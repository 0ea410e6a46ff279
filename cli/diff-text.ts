// Two texts as a unified diff of lines.

const CONTEXT = 3;

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** Empty where both are the same. `name` stands in its head. */
export function diffText(name: string, before: string, after: string): string {
  if (before === after) return "";
  const lines = compare(linesOf(before), linesOf(after));
  let text = `--- ${name}\n+++ ${name}\n`;
  for (const [from, to] of hunksOf(lines)) {
    const above = lines.slice(0, from);
    const hunk = lines.slice(from, to);
    const head = (sign: Line["sign"]): string => {
      const first = above.filter((line) => line.sign === " " || line.sign === sign).length;
      const count = hunk.filter((line) => line.sign === " " || line.sign === sign).length;
      return `${count === 0 ? first : first + 1},${count}`;
    };
    text += `@@ -${head("-")} +${head("+")} @@\n`;
    text += hunk.map(({ sign, text: line }) => `${sign}${line}\n`).join("");
  }
  return text;
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  else lines.push(`${lines.pop() ?? ""}\n\\ No newline at end of file`);
  return lines;
}

/** What both have in common stays, found by the shortest edit script (Myers). */
function compare(a: readonly string[], b: readonly string[]): Line[] {
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  // Bound: at worst everything is taken away and put in.
  search: for (let edits = 0; edits <= a.length + b.length; edits++) {
    trace.push(new Map(reach));
    for (let k = -edits; k <= edits; k += 2) {
      let x = furthest(reach, k, edits);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) break search;
    }
    reach = new Map(reach);
  }
  return walkBack(a, b, trace);
}

function furthest(reach: ReadonlyMap<number, number>, k: number, edits: number): number {
  const [down, right] = [reach.get(k + 1) ?? 0, (reach.get(k - 1) ?? 0) + 1];
  return k === -edits || (k !== edits && (reach.get(k - 1) ?? 0) < down) ? down : right;
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[]): Line[] {
  const lines: Line[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits] as Map<number, number>;
    const k = x - y;
    const isDown = k === -edits || (k !== edits && (reach.get(k - 1) ?? 0) < (reach.get(k + 1) ?? 0));
    const from = isDown ? k + 1 : k - 1;
    const startX = edits === 0 ? 0 : (reach.get(from) ?? 0);
    const startY = edits === 0 ? 0 : startX - from;
    while (x > startX && y > startY && a[x - 1] === b[y - 1]) {
      lines.push({ sign: " ", text: a[x - 1] ?? "" });
      x--;
      y--;
    }
    if (edits === 0) break;
    if (isDown) lines.push({ sign: "+", text: b[--y] ?? "" });
    else lines.push({ sign: "-", text: a[--x] ?? "" });
  }
  return lines.toReversed();
}

/** Ranges of lines to show: changes with what stands around them. */
function hunksOf(lines: readonly Line[]): [number, number][] {
  const hunks: [number, number][] = [];
  for (const [i, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    const [from, to] = [Math.max(0, i - CONTEXT), Math.min(lines.length, i + 1 + CONTEXT)];
    const last = hunks.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  }
  return hunks;
}
