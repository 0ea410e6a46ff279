// Lists in which everything stands once. Most are short: a set of its own for each would be most of the
// garbage of a large lab.

const SHORT = 12;

class Distinct<T> {
  readonly items: T[] = [];
  private known: Set<T> | undefined = undefined;

  add(item: T): void {
    const { items } = this;
    if (this.has(item)) return;
    items.push(item);
    if (this.known) this.known.add(item);
    else if (items.length > SHORT) this.known = new Set(items);
  }

  has(item: T): boolean {
    return this.known ? this.known.has(item) : this.items.includes(item);
  }
}

/** The same, gathered for one thing after the other: the room is used again, each list as long as it gets. */
export class Gathered<T> {
  private readonly room: (T | undefined)[] = [];
  private count = 0;
  private known: Set<T> | undefined = undefined;

  /** Lets go of all: a lab that is gone is not held by it. */
  clear(): void {
    for (let i = 0; i < this.count; i++) this.room[i] = undefined;
    this.count = 0;
    this.known = undefined;
  }

  add(item: T): void {
    if (this.has(item)) return;
    this.room[this.count++] = item;
    if (this.known) this.known.add(item);
    else if (this.count > SHORT) this.known = new Set(this.list());
  }

  has(item: T): boolean {
    if (this.known) return this.known.has(item);
    for (let i = 0; i < this.count; i++) if (this.room[i] === item) return true;
    return false;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  list(): T[] {
    return this.room.slice(0, this.count) as T[];
  }
}

/** None, one, or several: most cells read one thing at most. Not for items that are `Distinct` themselves. */
export type Few<T extends object> = T | Distinct<T> | undefined;

export const itemsIn = <T extends object>(few: Exclude<Few<T>, undefined>): readonly T[] =>
  few instanceof Distinct ? few.items : [few];

/** `few` with those of `others`. */
export function withItems<T extends object>(few: Few<T>, others: Exclude<Few<T>, undefined>): Few<T> {
  if (!(others instanceof Distinct)) return withItem(few, others);
  let all = few;
  for (const item of others.items) all = withItem(all, item);
  return all;
}

/** `few` with `item`. */
export function withItem<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few === undefined || few === item) return item;
  if (few instanceof Distinct) {
    few.add(item);
    return few;
  }
  const several = new Distinct<T>();
  several.add(few);
  several.add(item);
  return several;
}
