// Plain data (JSON) as values: what `json()` gives and what `--params` holds. Types are given where it is
// used.

import { bool, float, int, list, NONE, text, type Datum } from "./datum.ts";

/** Whole numbers are ints; objects are records, which are maps, too. */
export function fromJson(value: unknown): Datum {
  switch (typeof value) {
    case "boolean":
      return bool(value);
    case "number":
      // Beyond what a float holds: a text, which no number is read from.
      if (!Number.isFinite(value)) return text(String(value));
      return Number.isSafeInteger(value) ? int(value) : float(value);
    case "string":
      return text(value);
    case "object": {
      if (value === null) return NONE;
      if (Array.isArray(value)) return list(value.map(fromJson));
      return {
        is: "record",
        fields: Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fromJson(item)])),
      };
    }
    default:
      return NONE;
  }
}
