// Steps of an impairment: what `+` and `-` make of a value, on ladders that a person would have chosen. Texts
// as in the language.

/** What can be stepped, with its values from none to bad. */
export const LADDERS = {
  delay: ["0ms", "1ms", "2ms", "5ms", "10ms", "20ms", "50ms", "100ms", "200ms", "500ms", "1s", "2s"],
  jitter: ["0ms", "1ms", "2ms", "5ms", "10ms", "20ms", "50ms", "100ms", "200ms", "500ms", "1s"],
  loss: ["0%", "0.1%", "0.2%", "0.5%", "1%", "2%", "5%", "10%", "20%", "50%", "100%"],
  rate: [
    "64kbps",
    "256kbps",
    "1Mbps",
    "2Mbps",
    "5Mbps",
    "10Mbps",
    "20Mbps",
    "50Mbps",
    "100Mbps",
    "1Gbps",
    "10Gbps",
  ],
  reorder: ["0%", "0.1%", "0.5%", "1%", "2%", "5%", "10%", "20%", "50%"],
  duplicate: ["0%", "0.1%", "0.5%", "1%", "2%", "5%", "10%", "20%", "50%"],
  corrupt: ["0%", "0.1%", "0.5%", "1%", "2%", "5%", "10%", "20%", "50%"],
} as const;

export type Knob = keyof typeof LADDERS;
export const KNOBS = Object.keys(LADDERS) as readonly Knob[];

/** The next value up or down; `none` is a rate that is not limited. Absent at the end of the ladder. */
export function stepped(knob: Knob, current: string | undefined, by: 1 | -1): string | undefined {
  const ladder: readonly string[] = LADDERS[knob];
  const isRate = knob === "rate";
  const unset = isRate ? Number.POSITIVE_INFINITY : 0;
  const now = current === undefined || current === "none" ? unset : sizeOf(current);
  if (now === undefined) return undefined;
  const sizes = ladder.map((text) => sizeOf(text) ?? 0);
  const at = by === 1 ? sizes.findIndex((size) => size > now) : sizes.findLastIndex((size) => size < now);
  if (at >= 0) return ladder[at];
  return isRate && by === 1 && now !== unset ? "none" : undefined;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  "%": 1,
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3600,
  bps: 1,
  kbps: 1e3,
  Mbps: 1e6,
  Gbps: 1e9,
  Tbps: 1e12,
};

/** In the base unit; absent where the text is no number with a unit. */
export function sizeOf(text: string): number | undefined {
  const [, number = "", unit = ""] = /^([0-9.]+)\s*([a-zA-Zµ%]*)$/u.exec(text.trim()) ?? [];
  const scale = UNITS[unit];
  const value = Number(number);
  return number === "" || scale === undefined || !Number.isFinite(value) ? undefined : value * scale;
}
