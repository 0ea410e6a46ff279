// The units that a number may carry, and the nearest word to a misspelt one.

/** Every unit but `%`, which is a token of its own. */
export const UNITS: ReadonlySet<string> = new Set(
  "B kB MB GB TB KiB MiB GiB TiB ns us ms s min h d bps kbps Mbps Gbps pps kpps Mpps Hz kHz MHz GHz".split(
    " ",
  ),
);

// Bound: both words are cut to 40 letters, longer ones are no misspelling of anything.
function distance(from: string, to: string): number {
  const a = from.slice(0, 40);
  const b = to.slice(0, 40);
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0.3 : 1;
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The closest of `candidates` to `text`, where one is close enough to be meant; the first of equals. */
function nearestWord(text: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, text.length / 3) + 0.31;
  for (const candidate of candidates) {
    const found = distance(text, candidate);
    if (found < least) {
      least = found;
      best = candidate;
    }
  }
  return best;
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  msec: "ms",
  millis: "ms",
  minute: "min",
  minutes: "min",
  m: "min",
  hour: "h",
  hours: "h",
  hr: "h",
  day: "d",
  days: "d",
  K: "KiB",
  k: "kB",
  M: "MiB",
  G: "GiB",
  T: "TiB",
  Ki: "KiB",
  Mi: "MiB",
  Gi: "GiB",
  Ti: "TiB",
  b: "B",
  bytes: "B",
  byte: "B",
  KB: "kB",
  bit: "bps",
  mbit: "Mbps",
  Mbit: "Mbps",
  gbit: "Gbps",
  Gbit: "Gbps",
  mbps: "Mbps",
  gbps: "Gbps",
  percent: "%",
  pct: "%",
};

/** The unit that was probably meant by `text`. */
export function nearestUnit(text: string): string | undefined {
  return Object.hasOwn(OTHER_NAMES, text) ? OTHER_NAMES[text] : nearestWord(text, UNITS);
}
