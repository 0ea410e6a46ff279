// What every class of devices has.

/** A device keeps its number while it lives, whatever is declared before it later. */
export function isPlace(name: string): boolean {
  return name === "id";
}
