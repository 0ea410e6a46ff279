// Models as they are stored: JSON, deflated. A lab's generations are nearly alike and written at each save,
// so a thing that did not change is not turned into text again.

import { deflateSync, inflateSync } from "node:zlib";
import type { Model, Resource } from "../../lang/index.ts";

export class Packer {
  /** By the thing itself: one that changes is another object. */
  readonly #texts = new WeakMap<Resource, string>();

  pack({ resources, ...rest }: Model): Uint8Array {
    const things = resources.map((thing) => this.#textOf(thing)).join(",");
    return deflateSync(`${JSON.stringify(rest).slice(0, -1)},"resources":[${things}]}`, { level: 1 });
  }

  #textOf(thing: Resource): string {
    const known = this.#texts.get(thing);
    if (known !== undefined) return known;
    const text = JSON.stringify(thing);
    this.#texts.set(thing, text);
    return text;
  }
}

/** What was packed, or the plain text of an older version. Throws for what is neither. */
export function unpack(stored: unknown): Model {
  const text = stored instanceof Uint8Array ? inflateSync(stored).toString() : String(stored);
  return JSON.parse(text) as Model;
}
