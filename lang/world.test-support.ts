// A world for tests: files of texts, the real standard library beneath, drivers that answer by a table.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import {
  evaluate,
  renderDiagnostics,
  type EvaluateInput,
  type Evaluation,
  type Value,
  type World,
} from "./index.ts";
import type { ReadProblem } from "./world.ts";

const stdlib = fileURLToPath(new URL("../stdlib/", import.meta.url));
const texts = new Map<string, string>();

function stdText(name: string): string | undefined {
  const path = stdlib + name.slice("std:".length) + (name.endsWith(".vbus") ? "" : ".vbus");
  const known = texts.get(path);
  if (known !== undefined) return known;
  try {
    const text = readFileSync(path, "utf8");
    texts.set(path, text);
    return text;
  } catch {
    return undefined;
  }
}

/** Where the texts of a test lie. */
export const FOLDER = "/lab";

export interface TestWorld {
  readonly env?: Readonly<Record<string, string>>;
  readonly problems?: Readonly<Record<string, ReadProblem>>;
  /** Classes that have no driver, as `device vrng`. */
  readonly driverless?: readonly string[];
}

const DIGEST: Value = { is: "string", value: "0".repeat(64) };
const MEMORY: Value = { is: "quantity", dimension: "size", value: 1024 * 1024 };

function fill(
  member: string,
  attributes: (name: string) => Value | undefined,
): ReturnType<World["drivers"]["fill"]> {
  const path = attributes("path");
  if (path?.is === "path" && path.text.includes("broken"))
    return { problem: `${path.text} is no WebAssembly module` };
  if (member === "digest") return DIGEST;
  if (member === "path") return { is: "path", text: "state/overlay", path: "/state/overlay" };
  return member === "memory" || member === "size" ? MEMORY : undefined;
}

/** As the interpreter's, without its bounds. */
function parseYaml(text: string): ReturnType<World["parseYaml"]> {
  const document = parseDocument(text);
  const [wrong] = document.errors;
  return wrong ? { problem: wrong.message.split("\n", 1)[0] ?? "" } : { data: document.toJS() };
}

/** `files` by their names in `FOLDER`. Whatever begins with `std:guests` or `std:images` is there. */
export function testWorld(files: Readonly<Record<string, string>>, options: TestWorld = {}): World {
  const nameOf = (path: string): string => path.slice(FOLDER.length + 1);
  return {
    readText(path) {
      const problem = options.problems?.[nameOf(path)];
      if (problem) return { problem };
      const text = path.startsWith("std:") ? stdText(path) : files[nameOf(path)];
      return text === undefined ? { problem: "missing" } : { text };
    },
    kindOf(path) {
      if (path === "std:prelude" || path === FOLDER) return "folder";
      if (path.startsWith("std:guests/") || path.startsWith("std:images/")) return "file";
      if (path.startsWith("std:")) return stdText(path) === undefined ? "missing" : "file";
      return nameOf(path) in files || options.problems?.[nameOf(path)] ? "file" : "missing";
    },
    listModules: (path) =>
      path === "std:prelude"
        ? readdirSync(`${stdlib}prelude`)
            .filter((name) => name.endsWith(".vbus"))
            .sort()
        : Object.keys(files)
            .filter((name) => name.endsWith(".vbus"))
            .sort(),
    env: (name) => options.env?.[name],
    parseYaml,
    drivers: {
      has: (kind, className) => !options.driverless?.includes(`${kind} ${className}`),
      fill: (_kind, _className, member, attributes) => fill(member, attributes),
    },
  };
}

/** Evaluates one text as the root module. */
export function evaluateText(
  text: string,
  input: Partial<EvaluateInput> = {},
  options: TestWorld = {},
): Evaluation {
  return evaluate(testWorld({ "lab.vbus": text }, options), { root: `${FOLDER}/lab.vbus`, ...input });
}

/** Diagnostics as text, without colours, as a golden holds them. */
export function shownDiagnostics(evaluation: Evaluation): string {
  return renderDiagnostics(evaluation.diagnostics, evaluation.sources, { colour: false, width: 100 });
}

/** Codes of the diagnostics, in order. */
export const codesOf = (evaluation: Evaluation): string[] => evaluation.diagnostics.map(({ code }) => code);
