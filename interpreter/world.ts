// The outside as the language sees it: files, the environment, the drivers. The only place that reads
// sources. Never throws; whatever goes wrong is one of a few named problems.

import { createRequire } from "node:module";
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import type * as Yaml from "yaml";
import type { ReadProblem, World } from "../lang/index.ts";
import { resolveStd } from "../stdlib/index.ts";
import type { Environment } from "./control/paths.ts";
import { keptTree } from "./kept-trees.ts";
import { givenIn, isGivenFolder, type GivenFiles } from "./given-files.ts";
import { languageDrivers } from "./drivers/registry.ts";
import type { ImageFiles } from "./drivers/image-files.ts";
import { PREPARED_NAMES, preparedName } from "./drivers/prepared-images.ts";
import { errorCode } from "./operation-error.ts";

/** A module or a `file()` read; larger files are refused before they are read. */
const TEXT_BYTES_MAX = 1 << 20;

/**
 * A file of the host behind an absolute path or a `std:` name; undefined: no such name in the standard
 * library.
 */
export function resolveFile(path: string): string | undefined {
  return path.startsWith("std:") ? resolveStd(path) : path;
}

/** `given` hides what is on the disk. */
export function makeWorld(env: Environment, images: ImageFiles, given?: GivenFiles): World {
  return {
    readText: (path) => {
      const bytes = given?.get(path);
      if (bytes === undefined) return readText(path);
      return bytes.length > TEXT_BYTES_MAX ? { problem: "too-large" } : decode(bytes);
    },
    kindOf: (path) => {
      if (given?.has(path)) return "file";
      return isGivenFolder(given, path) ? "folder" : kindOf(path);
    },
    listModules: (path) => {
      const names = givenIn(given, path).filter((name) => name.endsWith(".vbus"));
      return [...new Set([...listModules(path), ...names])].sort();
    },
    keptTree,
    env: (name) => env[name],
    parseYaml,
    drivers: languageDrivers(images),
  };
}

/** Aliases that one document may use: each copies what it names. */
const YAML_ALIASES_MAX = 100;

/** Loaded when a file first asks for it: it has more modules than the language. */
const loadYaml = (): typeof Yaml => createRequire(import.meta.url)("yaml") as typeof Yaml;

/** YAML 1.2, its core schema: no dates, no types of one's own, no code. */
function parseYaml(text: string): ReturnType<World["parseYaml"]> {
  const document = loadYaml().parseDocument(text, { schema: "core", version: "1.2", logLevel: "error" });
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong !== undefined) return { problem: firstLine(wrong.message) };
  try {
    return { data: document.toJS({ maxAliasCount: YAML_ALIASES_MAX }) };
  } catch (error) {
    return { problem: firstLine((error as Error).message) };
  }
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";

function readText(path: string): { readonly text: string } | { readonly problem: ReadProblem } {
  const file = resolveFile(path);
  if (file === undefined) return { problem: "missing" };
  try {
    const facts = statSync(file);
    if (facts.isDirectory()) return { problem: "folder" };
    // A pipe or a device has no size to judge by.
    if (!facts.isFile()) return { problem: "denied" };
    if (facts.size > TEXT_BYTES_MAX) return { problem: "too-large" };
    const bytes = readFileSync(file);
    if (bytes.length > TEXT_BYTES_MAX) return { problem: "too-large" };
    return decode(bytes);
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function decode(bytes: Uint8Array): { readonly text: string } | { readonly problem: ReadProblem } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes) };
  } catch {
    return { problem: "not-utf8" };
  }
}

function problemOf(error: unknown): ReadProblem {
  const code = errorCode(error);
  if (code === "EISDIR") return "folder";
  return code === "ENOENT" || code === "ENOTDIR" ? "missing" : "denied";
}

function kindOf(path: string): "file" | "folder" | "missing" {
  const prepared = preparedName(path);
  // One that has not been built is named all the same: what is known of it says how to build it.
  if (prepared !== undefined) return PREPARED_NAMES.includes(prepared) ? "folder" : "missing";
  const file = resolveFile(path);
  if (file === undefined) return "missing";
  try {
    return statSync(file).isDirectory() ? "folder" : "file";
  } catch {
    return existsAtAll(file) ? "file" : "missing";
  }
}

/** A file that may not be looked at is there all the same: reading it says why. */
function existsAtAll(file: string): boolean {
  try {
    return !lstatSync(file).isSymbolicLink();
  } catch (error) {
    return errorCode(error) === "EACCES";
  }
}

function listModules(path: string): readonly string[] {
  const folder = resolveFile(path);
  if (folder === undefined) return [];
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".vbus"))
      .sort();
  } catch {
    return [];
  }
}
