// Times as they are written after options.

import { UsageError } from "./context.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const TIME_MS_MAX = 2 ** 31 - 1;

/** `500ms`, `2s`, `1.5m`; a number alone is seconds. */
export function millisecondsOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const milliseconds = Number(number) * (UNITS[unit] ?? 0);
  if (number !== "" && milliseconds > 0 && milliseconds <= TIME_MS_MAX) return milliseconds;
  throw new UsageError(`${option} takes a time such as 2s or 500ms, not \`${text}\`.`);
}
