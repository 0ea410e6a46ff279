// The one interface through which the outside reaches the language. Made by the composition root.

import type { Value } from "./model.ts";
import type { Module } from "./syntax/ast.ts";

/** Why a file could not be read as text. */
export type ReadProblem = "missing" | "folder" | "denied" | "too-large" | "not-utf8";

/**
 * Everything that `lang` may ask of the outside. All paths are absolute, or begin with `std:`. Never throws.
 */
export interface World {
  /** At most `LIMITS.sourceBytes` (1 MiB for modules); a larger file is `too-large`. */
  readText(path: string): { readonly text: string } | { readonly problem: ReadProblem };
  kindOf(path: string): "file" | "folder" | "missing";
  /** Names of the `.vbus` files of a folder, sorted. */
  listModules(path: string): readonly string[];
  /**
   * The tree of a file that has this text, where it was parsed before this process: exactly what the parser
   * makes of it, without a mistake. The same each time; nobody changes it. Undefined: to be parsed.
   */
  keptTree?(path: string, text: string): Module | undefined;
  env(name: string): string | undefined;
  /** One YAML document as plain data (null, booleans, numbers, texts, arrays, objects), or what is wrong. */
  parseYaml(text: string): { readonly data: unknown } | { readonly problem: string };
  /** What the host side knows of classes. */
  readonly drivers: Drivers;
}

/** What the registered drivers add to the declarations. */
export interface Drivers {
  /** Whether a driver serves this class: `has("device", "venet")`. */
  has(kind: string, className: string): boolean;
  /**
   * Fills an attribute or `out` member whose value is a fact of the outside: `memory` and `digest` of an
   * image. `attributes` are those of the resource that are settled without this one.
   * A string answer is the reason why it can't be known (a missing or malformed image): it becomes a
   * diagnostic.
   */
  fill(
    kind: string,
    className: string,
    member: string,
    attributes: (name: string) => Value | undefined,
  ): Value | { readonly problem: string } | undefined;
}
