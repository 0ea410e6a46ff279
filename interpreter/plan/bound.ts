// What a plan was made from, in three digests: a plan that is kept is applied to nothing else. They are keyed
// with the lab's own key: whoever finds the file can't guess secrets by them.

import { readFileSync, statSync } from "node:fs";
import { PARAM_PREFIX } from "../given.ts";
import type { Given } from "../given.ts";
import type { Reading } from "../read-lab.ts";
import { resolveFile } from "../world.ts";
import type { Definition } from "./definition.ts";

export interface Bound {
  /** Of every file that was read, and of what was looked for and not there. */
  readonly files: string;
  readonly parameters: string;
  /** Of what ran, with its settings; of no counters and clocks. */
  readonly runtime: string;
}

/** Hexadecimal digits for a text, by a key of this lab. */
export type Seal = (text: string) => string;

export function boundOf(reading: Reading, given: Given, observed: Definition, seal: Seal): Bound {
  return {
    files: seal(filesText(reading, seal)),
    parameters: seal(parametersText(given)),
    runtime: seal(runtimeText(observed)),
  };
}

/** What no longer fits, in words; undefined: all does. */
export function misfitText(then: Bound, now: Bound): string | undefined {
  const parts = [
    ...(then.files === now.files ? [] : ["the files"]),
    ...(then.parameters === now.parameters ? [] : ["the parameters"]),
    ...(then.runtime === now.runtime ? [] : ["the running lab"]),
  ];
  if (parts.length === 0) return undefined;
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}

/** Each as it was read; texts of the standard library are the program's own. */
function filesText({ inputs, sources }: Reading, seal: Seal): string {
  const own = [...new Set(inputs)].filter(
    (file) => !file.startsWith("std:") || file.startsWith("std:guests/"),
  );
  const parts = own.sort().map((file) => [file, sources.get(file) ?? contentOf(file, seal)]);
  return JSON.stringify(parts);
}

function contentOf(path: string, seal: Seal): string {
  const file = resolveFile(path);
  try {
    if (file === undefined || !statSync(file).isFile()) return "";
    return seal(readFileSync(file).toString("latin1"));
  } catch {
    return "missing";
  }
}

function parametersText({ params, env }: Given): string {
  const own = Object.entries(env).filter(([name]) => name.startsWith(PARAM_PREFIX));
  return JSON.stringify([params.flags ?? {}, params.values ?? {}, Object.fromEntries(own)].map(sorted));
}

function sorted(record: Readonly<Record<string, unknown>>): readonly unknown[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Where things stand in the text of a file does not matter. */
function runtimeText({ resources }: Definition): string {
  const all = [...resources.values()].map(({ address, kind, class: of, bus, needs, attributes }) => [
    address,
    kind,
    of ?? "",
    bus ?? "",
    needs,
    sorted(attributes).map((entry) => {
      const [name, attribute] = entry as [string, (typeof attributes)[string]];
      return [name, attribute.value];
    }),
  ]);
  return JSON.stringify(all.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}
