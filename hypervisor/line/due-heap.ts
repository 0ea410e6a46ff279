// A heap of entries by when they are due; of those due at the same time, the one of the lower order is first.
// Of fixed size, made once.

export class DueHeap {
  /** By entry; whoever makes the heap writes them, before the entry is put. */
  readonly #due: Float64Array;
  readonly #order: Float64Array;
  /** By place in the heap: the entry. */
  readonly #heap: Int32Array;
  #count = 0;

  /** As many entries as `due` and `order` have cells. */
  constructor(due: Float64Array, order: Float64Array) {
    this.#due = due;
    this.#order = order;
    this.#heap = new Int32Array(due.length);
  }

  get count(): number {
    return this.#count;
  }

  /** The first entry. Only where there is one. */
  get first(): number {
    return this.#heap[0] as number;
  }

  /** When it is due; Infinity where there is none. */
  get firstDueNs(): number {
    return this.#count === 0 ? Infinity : (this.#due[this.first] as number);
  }

  put(entry: number): void {
    this.#rise(this.#count++, entry);
  }

  /** Takes the first entry out. Only where there is one. */
  take(): number {
    const entry = this.first;
    const last = this.#heap[--this.#count] as number;
    if (this.#count > 0) this.#sink(0, last);
    return entry;
  }

  /** Keeps those of which `isKept` says so; the answer is the others. Not on the data path. */
  keep(isKept: (entry: number) => boolean): readonly number[] {
    const all = [...this.#heap.subarray(0, this.#count)];
    this.#count = 0;
    for (const entry of all) if (isKept(entry)) this.put(entry);
    return all.filter((entry) => !isKept(entry));
  }

  #isBefore(a: number, b: number): boolean {
    const x = this.#due[a] as number;
    const y = this.#due[b] as number;
    return x < y || (x === y && (this.#order[a] as number) < (this.#order[b] as number));
  }

  /** Puts an entry at a free place, or as far above it as it belongs. */
  #rise(from: number, entry: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.#heap[above] as number;
      if (!this.#isBefore(entry, other)) break;
      this.#heap[place] = other;
      place = above;
    }
    this.#heap[place] = entry;
  }

  /** Puts an entry at a free place, or as far below it as it belongs. */
  #sink(from: number, entry: number): void {
    let place = from;
    // Bound: the height of the heap.
    for (;;) {
      let below = place * 2 + 1;
      if (below >= this.#count) break;
      const right = below + 1;
      if (right < this.#count && this.#isBefore(this.#heap[right] as number, this.#heap[below] as number))
        below = right;
      const other = this.#heap[below] as number;
      if (!this.#isBefore(other, entry)) break;
      this.#heap[place] = other;
      place = below;
    }
    this.#heap[place] = entry;
  }
}
