// Whether two trees are the same but for their places.

const PLACES: ReadonlySet<string> = new Set(["span", "head", "operatorSpan"]);

/** Compares plain data; documentation counts, spans do not. */
export function sameTree(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((one, i) => sameTree(one, b[i]));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => PLACES.has(key) || sameTree(left[key], right[key]));
}
