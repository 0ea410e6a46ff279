// Units and whole base units of quantities, and their canonical text. No arithmetic between values.

import type { Dimension } from "../model.ts";

/** Beyond it a whole number is no longer exact. */
export const WHOLE_MAX = 2 ** 53;

interface Unit {
  readonly dimension: Dimension;
  /** Base units in one. */
  readonly factor: number;
}

const table = (dimension: Dimension, rows: readonly (readonly [string, number])[]): [string, Unit][] =>
  rows.map(([name, factor]) => [name, { dimension, factor }]);

const SIZES = table("size", [
  ["B", 1],
  ["kB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
  ["TB", 1e12],
  ["KiB", 2 ** 10],
  ["MiB", 2 ** 20],
  ["GiB", 2 ** 30],
  ["TiB", 2 ** 40],
]);
const DURATIONS = table("duration", [
  ["ns", 1],
  ["us", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["min", 60e9],
  ["h", 3600e9],
  ["d", 86400e9],
]);
const RATES = table("rate", [
  ["bps", 1],
  ["kbps", 1e3],
  ["Mbps", 1e6],
  ["Gbps", 1e9],
]);
const PACKETS = table("pps", [
  ["pps", 1],
  ["kpps", 1e3],
  ["Mpps", 1e6],
]);
const FREQUENCIES = table("freq", [
  ["Hz", 1e3],
  ["kHz", 1e6],
  ["MHz", 1e9],
  ["GHz", 1e12],
]);
const PERCENT_BASE = 1e7;

/** Every unit that may follow a number. A percent is a billionth, so one percent is 10^7. */
export const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...SIZES,
  ...DURATIONS,
  ...RATES,
  ...PACKETS,
  ...FREQUENCIES,
  ["%", { dimension: "percent", factor: PERCENT_BASE }],
]);

/** A literal in base units: exact decimal arithmetic. Undefined where it is no whole number, or too large. */
export function baseUnits(digits: string, factor: number): number | undefined {
  const [whole = "0", fraction = ""] = digits.replaceAll("_", "").split(".");
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * BigInt(factor);
  if (scaled % scale !== 0n) return undefined;
  const value = scaled / scale;
  return value <= BigInt(WHOLE_MAX) ? Number(value) : undefined;
}

const descending = (units: [string, Unit][]): [string, number][] =>
  units.map(([name, unit]): [string, number] => [name, unit.factor]).sort((a, b) => b[1] - a[1]);

const BINARY_SIZES = descending(SIZES.filter(([name]) => name.includes("i")));
const DECIMAL_SIZES = descending(SIZES.filter(([name]) => !name.includes("i")));
const LADDERS: Readonly<Record<Exclude<Dimension, "size" | "percent">, [string, number][]>> = {
  duration: descending(DURATIONS),
  rate: descending(RATES),
  pps: descending(PACKETS),
  freq: descending(FREQUENCIES),
};
/** What zero is counted in. */
const ZERO_UNITS: Readonly<Record<Dimension, string>> = {
  size: "B",
  duration: "s",
  rate: "bps",
  pps: "pps",
  freq: "Hz",
  percent: "%",
};

/**
 * The largest unit in which it is a whole number; a size is counted in KiB and up where it can be
 * (language.md §5).
 */
export function quantityText(dimension: Dimension, value: number): string {
  if (value === 0) return `0${ZERO_UNITS[dimension]}`;
  if (dimension === "percent") return `${decimalText(value, PERCENT_BASE)}%`;
  const ladder =
    dimension === "size" ? (value % 1024 === 0 ? BINARY_SIZES : DECIMAL_SIZES) : LADDERS[dimension];
  for (const [unit, factor] of ladder) if (value % factor === 0) return `${value / factor}${unit}`;
  // Only frequencies have base units (millihertz) below their smallest unit.
  return `${decimalText(value, 1e3)}Hz`;
}

function decimalText(value: number, base: number): string {
  const sign = value < 0 ? "-" : "";
  const magnitude = Math.abs(value);
  const digits = String(base).length - 1;
  const fraction = String(magnitude % base)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return `${sign}${Math.floor(magnitude / base)}${fraction && `.${fraction}`}`;
}

/** Half to even, on a float that stands for a whole number. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
