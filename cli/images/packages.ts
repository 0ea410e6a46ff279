// Gets Debian's packages and unpacks them, without installing anything: by apt with a state of its own, so
// that no other architecture has to be set up on this system, else by HTTP from a mirror that the user names.
// What has not the pinned hash is not used.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { errorText, OperationError } from "../../interpreter/index.ts";
import { SUITE, type DebianPackage } from "./debian.ts";

const run = promisify(execFile);
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const ARCHIVE = "http://deb.debian.org/debian";
const DOWNLOAD_MS = 600_000;

/** Puts the packages into a folder; answers their files in the same order. Throws `OperationError`. */
export async function getPackages(
  packages: readonly DebianPackage[],
  folder: string,
  mirror: string | undefined,
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  if (mirror === undefined) await byApt(packages, folder);
  else for (const each of packages) await byHttp(each, folder, mirror);
  return packages.map((each) => checked(each, folder));
}

/** Unpacks a package's files into a folder. Throws `OperationError`. */
export async function unpack(file: string, folder: string): Promise<void> {
  try {
    await run("dpkg-deb", ["-x", file, folder]);
  } catch (error) {
    const hint = "Debian and its relatives have dpkg-deb; elsewhere it is in a package called dpkg.";
    throw new OperationError(
      "failed",
      `${path.basename(file)} can't be unpacked: ${errorText(error)}.`,
      hint,
    );
  }
}

async function byApt(packages: readonly DebianPackage[], folder: string): Promise<void> {
  const options = prepareApt(folder);
  const wanted = packages.map(({ name, version, architecture }) =>
    architecture === "all" ? `${name}=${version}` : `${name}:${architecture}=${version}`,
  );
  try {
    await run("apt-get", [...options, "update"], { timeout: DOWNLOAD_MS });
    await run("apt-get", [...options, "download", ...wanted], { cwd: folder, timeout: DOWNLOAD_MS });
  } catch (error) {
    throw new OperationError(
      "failed",
      `apt could not get the packages: ${reasonOf(error)}.`,
      "Without apt, or where Debian has newer versions by now, name a mirror that has these: " +
        "`vbus images build debian-i386 --mirror http://...`.",
    );
  }
}

/** The options that give apt a state of its own below the folder, for packages of one suite. */
function prepareApt(folder: string): readonly string[] {
  const apt = path.join(folder, "apt");
  for (const name of ["state/lists/partial", "cache/archives/partial"])
    mkdirSync(path.join(apt, name), { recursive: true });
  writeFileSync(path.join(apt, "status"), "");
  writeFileSync(path.join(apt, "sources"), `deb [signed-by=${KEYRING}] ${ARCHIVE} ${SUITE} main\n`);
  const settings = {
    "Dir::State": `${apt}/state`,
    "Dir::State::status": `${apt}/status`,
    "Dir::Cache": `${apt}/cache`,
    "Dir::Etc::sourcelist": `${apt}/sources`,
    "Dir::Etc::sourceparts": "-",
    "APT::Architecture": "i386",
    "APT::Architectures": "i386,amd64",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
  };
  return ["-q", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}

/** The last line of what a program complained about. */
function reasonOf(error: unknown): string {
  const text = (error as { stderr?: string }).stderr?.trim().split("\n").at(-1);
  return text === undefined || text === "" ? errorText(error) : text.replace(/^E: /, "").replace(/\.$/, "");
}

async function byHttp(each: DebianPackage, folder: string, mirror: string): Promise<void> {
  const url = `${mirror.replace(/\/+$/, "")}/${each.path}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) }).catch(errorText);
  if (typeof answer === "string" || !answer.ok) {
    const why = typeof answer === "string" ? answer : `the mirror answers ${answer.status}`;
    throw new OperationError("failed", `${url} could not be read: ${why}.`);
  }
  writeFileSync(path.join(folder, path.basename(each.path)), Buffer.from(await answer.arrayBuffer()));
}

/** The file of a package in the folder, with the hash that it is to have. */
function checked({ name, sha256 }: DebianPackage, folder: string): string {
  const found = readdirSync(folder).find((file) => file.startsWith(`${name}_`) && file.endsWith(".deb"));
  if (found === undefined) throw new OperationError("failed", `${name} did not arrive.`);
  const file = path.join(folder, found);
  const got = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (got === sha256) return file;
  throw new OperationError(
    "failed",
    `${found} has the hash ${got}, not the pinned ${sha256}: it is not used.`,
  );
}
