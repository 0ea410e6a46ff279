// A world that remembers what it was asked and what it answered: while it still answers so, what was computed
// from its answers holds.

import type { Value } from "../model.ts";
import { sameValue } from "../values.ts";
import type { Drivers, World } from "../world.ts";

/** Asks a world once more; whether the answer is the one that was given. */
type Holds = (world: World) => boolean;

export class RememberedWorld implements World {
  readonly drivers: Drivers;
  readonly #answers = new Map<string, Holds>();
  #world: World;

  constructor(world: World) {
    this.#world = world;
    this.drivers = {
      has: (kind, className) => this.#world.drivers.has(kind, className),
      fill: (...question) => this.#fill(...question),
    };
  }

  /** From now on `world` answers. False where it answers anything of what was asked before in another way. */
  follow(world: World): boolean {
    this.#world = world;
    for (const holds of this.#answers.values()) if (!holds(world)) return false;
    return true;
  }

  readText(path: string): ReturnType<World["readText"]> {
    const given = this.#world.readText(path);
    this.#answers.set(`text ${path}`, (world) => same(world.readText(path), given));
    return given;
  }

  kindOf(path: string): ReturnType<World["kindOf"]> {
    const given = this.#world.kindOf(path);
    this.#answers.set(`kind ${path}`, (world) => world.kindOf(path) === given);
    return given;
  }

  listModules(path: string): readonly string[] {
    return this.#world.listModules(path);
  }

  env(name: string): string | undefined {
    const given = this.#world.env(name);
    this.#answers.set(`env ${name}`, (world) => world.env(name) === given);
    return given;
  }

  parseYaml(text: string): ReturnType<World["parseYaml"]> {
    return this.#world.parseYaml(text);
  }

  #fill(...[kind, className, member, attributes]: Parameters<Drivers["fill"]>): ReturnType<Drivers["fill"]> {
    const asked = new Map<string, Value | undefined>();
    const listening = (name: string): Value | undefined => {
      const value = attributes(name);
      asked.set(name, value);
      return value;
    };
    const given = this.#world.drivers.fill(kind, className, member, listening);
    // What was asked is the question: things with the same attributes are given the same.
    const key = `fill ${kind} ${className} ${member} ${JSON.stringify([...asked])}`;
    this.#answers.set(key, ({ drivers }) =>
      sameFilled(
        drivers.fill(kind, className, member, (name) => asked.get(name)),
        given,
      ),
    );
    return given;
  }
}

const same = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);

type Filled = ReturnType<Drivers["fill"]>;

function sameFilled(a: Filled, b: Filled): boolean {
  if (a === undefined || b === undefined) return a === b;
  if ("problem" in a || "problem" in b) return same(a, b);
  return sameValue(a, b);
}
