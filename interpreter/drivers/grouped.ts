// A model's resources by kind and class: what is asked of thousands is asked of those that it is about.

import type { Attribute, Resource } from "../../lang/index.ts";

/** Each list in the order of declaration. */
export class Grouped {
  readonly #byKind = new Map<string, Map<string | undefined, Resource[]>>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      const { kind, class: name } = resource;
      let byClass = this.#byKind.get(kind);
      if (byClass === undefined) this.#byKind.set(kind, (byClass = new Map()));
      const group = byClass.get(name);
      if (group === undefined) byClass.set(name, [resource]);
      else group.push(resource);
    }
  }

  /** One list for each kind and class. */
  get all(): readonly (readonly Resource[])[] {
    return [...this.#byKind.values()].flatMap((byClass) => [...byClass.values()]);
  }

  /** Those of a kind without classes, or of one class. */
  of(kind: string, name?: string): readonly Resource[] {
    return this.#byKind.get(kind)?.get(name) ?? [];
  }
}

/** Whether an attribute of any passes the test. Most share one, which is looked at once. */
export function anyHas(
  resources: readonly Resource[],
  name: string,
  test: (attribute: Attribute) => boolean,
): boolean {
  let last: Attribute | undefined;
  // By number: a loop of thousands, which runs once, makes no iterator's answers.
  for (let i = 0; i < resources.length; i++) {
    const attribute = resources[i]?.attributes[name];
    if (attribute === last) continue;
    last = attribute;
    if (attribute !== undefined && test(attribute)) return true;
  }
  return false;
}
