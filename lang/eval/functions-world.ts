// External functions that read files and the declared graph.

import { resolvePath } from "../resolve/paths.ts";
import { bool, list, NONE, text, type Datum } from "./datum.ts";
import { fromJson } from "./from-json.ts";
import { argumentSpan, type External } from "./functions.ts";
import type { ReadProblem } from "../world.ts";

const PROBLEMS: Readonly<Record<ReadProblem, string>> = {
  missing: "there is no such file",
  folder: "it is a folder",
  denied: "it may not be read",
  "too-large": "it is larger than 1 MiB",
  "not-utf8": "it is not UTF-8 text",
};

const stringOf = (datum: Datum | undefined): string => (datum?.is === "string" ? datum.value : "");

function asks(question: "reachable" | "adjacent"): External {
  return ([a, b], _call, machine) => {
    if (a?.is !== "thing" || b?.is !== "thing") return machine.failQuietly();
    const graph = machine.lab.graph();
    const yes = graph?.[question](a.thing, b.thing) ?? false;
    if (yes && machine.ways && graph && a.thing !== b.thing) {
      const way = graph.path(a.thing, b.thing);
      if (way !== undefined) machine.ways.push(way);
    }
    return bool(yes);
  };
}

/** Rows by the names of the first; fields may be quoted, `""` in quotes is one quote (RFC 4180). */
function parseCsv(source: string): Datum[] {
  const rows: string[][] = [[]];
  const pattern = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy;
  for (
    let match = pattern.exec(source);
    match && pattern.lastIndex <= source.length;
    match = pattern.exec(source)
  ) {
    const [, field = "", end = ""] = match;
    rows.at(-1)?.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  const [names = [], ...rest] = rows.filter((row) => row.length > 1 || row[0] !== "");
  return rest.map((row) => ({
    is: "map",
    entries: names.map((name, i) => [text(name), text(row[i] ?? "")]),
  }));
}

export const WORLD_FUNCTIONS: Readonly<Record<string, External>> = {
  file: ([name = NONE], call, machine) => {
    const path = name.is === "path" ? name.path : resolvePath(machine.fileOf(call.span), stringOf(name));
    machine.inputs.add(path);
    const read = machine.world.readText(path);
    if ("text" in read) return text(read.text);
    return machine.fail(
      read.problem === "missing" ? "VB3009" : "VB2019",
      argumentSpan(call, 0),
      `\`${path}\` can't be read: ${PROBLEMS[read.problem]}.`,
    );
  },
  json: ([x], call, machine) => {
    try {
      return fromJson(JSON.parse(stringOf(x)));
    } catch (caught) {
      if (!(caught instanceof SyntaxError)) throw caught;
      return machine.fail("VB3011", argumentSpan(call, 0), `This text is no JSON: ${caught.message}.`);
    }
  },
  yaml: ([x], call, machine) => {
    const parsed = machine.world.parseYaml(stringOf(x));
    if ("data" in parsed) return fromJson(parsed.data);
    const problem = parsed.problem.replace(/[.:\s]+$/, "");
    return machine.fail("VB3011", argumentSpan(call, 0), `This text is no YAML: ${problem}.`);
  },
  csv: ([x], call, machine) => {
    const rows = parseCsv(stringOf(x));
    machine.countElements(rows.length, call.span);
    return list(rows);
  },
  env: ([name], _call, machine) => {
    const value = machine.world.env(stringOf(name));
    return value === undefined ? NONE : text(value);
  },
  reachable: asks("reachable"),
  adjacent: asks("adjacent"),
};
