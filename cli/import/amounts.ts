// Sizes and durations as containers have them, in the language's units.

const POWERS: Readonly<Record<string, number>> = { "": 0, b: 0, k: 1, m: 2, g: 3 };
const SIZE = { min: 64 * 1024, max: 4 * 1024 ** 3 } as const;
const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001 };

/**
 * What a guest's memory is for `512m`, `1Gb` or `1.5GiB`, in powers of 1024 as containers count it; undefined
 * where it is no size, or none that a guest can have.
 */
export function memoryText(text: string): string | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim());
  const power = POWERS[match?.[2]?.toLowerCase() ?? ""];
  if (!match || power === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  if (bytes < SIZE.min || bytes > SIZE.max) return undefined;
  const unit = [3, 2, 1].find((one) => bytes % 1024 ** one === 0) ?? 0;
  return `${bytes / 1024 ** unit}${["B", "KiB", "MiB", "GiB"][unit]}`;
}

/** `90s` for `1m30s`; undefined where it is no duration. */
export function durationText(text: string): string | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(h|ms|us|m|s)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text.trim()) return undefined;
  const ms = parts.reduce((sum, [, number, unit = "s"]) => sum + Number(number) * (UNITS_MS[unit] ?? 0), 0);
  if (ms % 1000 === 0) return `${ms / 1000}s`;
  return Number.isInteger(ms) ? `${ms}ms` : `${Math.round(ms * 1000)}us`;
}
