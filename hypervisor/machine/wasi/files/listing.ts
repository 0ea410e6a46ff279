// The names of an open folder in the order in which the system tells them. A program reads on from a place
// that it was told; a window of names is kept, since it mostly goes back a little.

import { opendirSync, type Dir } from "node:fs";
import { WASI_LISTING_MAX } from "../../../limits.ts";
import { pathOfDescriptor } from "./host-nodes.ts";

export class Listing {
  readonly #folder: number;
  #stream: Dir | undefined;
  /** Names from the `#from`-th on. */
  #window: string[] = [];
  #from = 0;

  constructor(folder: number) {
    this.#folder = folder;
  }

  /** The `index`-th name, undefined behind the last one. From 0 on they are read anew. */
  name(index: number): string | undefined {
    if (index < this.#from || (index === 0 && this.#window.length > 0) || !this.#stream) this.#rewind();
    // Bound: as many names as the folder has.
    while (index >= this.#from + this.#window.length) {
      const entry = this.#stream?.readSync();
      if (!entry) return undefined;
      this.#window.push(entry.name);
      if (this.#window.length > WASI_LISTING_MAX) {
        this.#window = this.#window.slice(WASI_LISTING_MAX / 2);
        this.#from += WASI_LISTING_MAX / 2;
      }
    }
    return this.#window[index - this.#from];
  }

  close(): void {
    this.#stream?.closeSync();
    this.#stream = undefined;
  }

  #rewind(): void {
    this.close();
    this.#window = [];
    this.#from = 0;
    this.#stream = opendirSync(pathOfDescriptor(this.#folder));
  }
}
