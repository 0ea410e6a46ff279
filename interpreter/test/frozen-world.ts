// The outside as it was when it was first asked: a test that evaluates its lab again reads the same texts,
// whatever is saved meanwhile.

import type { World } from "../../lang/index.ts";

/** The same world, each text and folder read once. */
export function frozen(world: World): World {
  return {
    ...world,
    readText: once((path) => world.readText(path)),
    kindOf: once((path) => world.kindOf(path)),
    listModules: once((path) => world.listModules(path)),
  };
}

function once<T>(ask: (path: string) => T): (path: string) => T {
  const answers = new Map<string, { readonly answer: T }>();
  return (path) => {
    const known = answers.get(path) ?? { answer: ask(path) };
    answers.set(path, known);
    return known.answer;
  };
}
