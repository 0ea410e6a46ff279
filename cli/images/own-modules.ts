// Builds the kernel modules of this project, `stdlib/guests/linux`, against Debian's headers, in a folder of
// their own.

import { execFile } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { OperationError } from "../../interpreter/index.ts";
import { packageFolder } from "../package-folder.ts";
import { HEADER_PACKAGES, HEADERS, OWN_MODULES, TEST_MODULE } from "./debian.ts";
import type { ModuleFile } from "./modules.ts";
import { getPackages, unpack } from "./packages.ts";

const run = promisify(execFile);
const BUILD_MS = 600_000;
const SOURCES = "usr/src";

/** Why this system can't build them; undefined: it can. */
export async function missingForModules(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return "the kernel's tools are for a 64-bit PC";
  for (const program of ["make", "gcc"]) {
    const found = await run(program, ["--version"]).catch(() => undefined);
    if (!found) return `there is no ${program}`;
  }
  return undefined;
}

/** The modules, those that init loads first. `work` is a folder to work in. Throws `OperationError`. */
export async function buildModules(work: string, mirror: string | undefined): Promise<readonly ModuleFile[]> {
  const root = path.join(work, "headers");
  const debs = await getPackages(HEADER_PACKAGES, path.join(work, "header-packages"), mirror);
  for (const deb of debs) await unpack(deb, root);
  const headers = path.join(root, SOURCES, HEADERS.name);
  // It names a place where it would be if it were installed.
  const makefile = path.join(headers, "Makefile");
  const text = readFileSync(makefile, "utf8");
  writeFileSync(makefile, text.replaceAll(`/${SOURCES}/`, `${path.join(root, SOURCES)}/`));
  const source = path.join(work, "own-modules");
  cpSync(path.join(packageFolder, "stdlib/guests/linux"), source, { recursive: true });
  try {
    await run("make", ["-C", headers, `M=${source}`, "CC=gcc", "modules"], { timeout: BUILD_MS });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new OperationError("failed", `the modules of the bridge can't be built: ${firstLine(stderr)}`);
  }
  return [...OWN_MODULES, TEST_MODULE].map((name) => ({
    name,
    content: readFileSync(path.join(source, `${name}.ko`)),
  }));
}

function firstLine(text: string): string {
  const lines = text.trim().split("\n");
  return (lines.find((line) => line.includes("rror")) ?? lines[0] ?? "").trim();
}
