// Makes hypervisor/backend/nat/lwip/lwip.wasm from Debian's source of lwIP and our own C beside it. It is
// kept in the repository, since few machines have the compiler; a test makes it again and compares.
//
//   node scripts/build-lwip.ts

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../hypervisor/backend/nat/lwip", import.meta.url));
const SOURCE = {
  version: "2.1.3+dfsg1-2",
  file: "lwip_2.1.3+dfsg1.orig.tar.xz",
  sha256: "0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24",
};
const CORE = ["tcp", "tcp_in", "tcp_out", "pbuf", "mem", "memp", "ip", "def", "init", "netif", "inet_chksum"];
const IP = ["ipv4/ip4", "ipv4/ip4_addr", "ipv6/ip6", "ipv6/ip6_addr"];
const FILES = [...CORE, "timeouts", ...IP].map((name) => `src/core/${name}.c`);
const OWN = ["port.c", "memory.c"];
// Constants of lwIP that our sizes of segments and windows make wrong are of parts that are left out.
const WARNINGS = ["-Wall", "-Wno-constant-conversion", "-Wno-tautological-constant-out-of-range-compare"];
const CODE = ["--target=wasm32", "-mbulk-memory", "-O2", "-ffreestanding", "-nostdlib", ...WARNINGS];
const LINK = ["--no-entry", "--import-memory", "--gc-sections", "--strip-all", "-z", "stack-size=65536"];

/** What the kept module was made from: our files and options, lwIP's version, the compiler's. */
export function lwipRecipe(): string {
  const hash = createHash("sha256");
  for (const file of listOwn(folder)) hash.update(file).update(readFileSync(join(folder, file)));
  hash.update([SOURCE.sha256, ...FILES, ...CODE, ...LINK].join("\n"));
  return `lwip ${SOURCE.version}, recipe ${hash.digest("hex")}\n`;
}

export const LWIP_KEPT = { module: join(folder, "lwip.wasm"), recipe: join(folder, "lwip.recipe.txt") };

function listOwn(of: string): string[] {
  const names = readdirSync(of, { recursive: true }).map(String);
  return names.filter((name) => /\.[ch]$/.test(name) && statSync(join(of, name)).isFile()).sort();
}

/** The compiler's version, as it says it; undefined where there is none. */
export function clangVersion(): string | undefined {
  return /version (\S+)/.exec(String(spawnSync("clang", ["--version"]).stdout))?.[1];
}

/** Makes the module. Throws the words of the command that failed. */
export function makeLwip(): Uint8Array {
  const scratch = mkdtempSync(join(tmpdir(), "vbus-lwip-"));
  try {
    const source = fetchSource(scratch);
    const [out, objects] = [join(scratch, "lwip.wasm"), join(scratch, "objects")];
    mkdirSync(objects);
    const files = [...OWN.map((name) => join(folder, name)), ...FILES.map((name) => join(source, name))];
    const include = [`-I${join(folder, "include")}`, `-I${join(source, "src/include")}`];
    run("clang", [...CODE, ...include, "-c", ...files], objects);
    // By itself: as clang's last step it would be followed by whatever optimiser the path holds.
    run("wasm-ld", [...LINK, ...files.map((file) => `${basename(file, ".c")}.o`), "-o", out], objects);
    return readFileSync(out);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The folder of lwIP's source, whose archive has the digest that we know. */
function fetchSource(scratch: string): string {
  const lists = join(scratch, "lists");
  mkdirSync(lists);
  // Debian's own servers, as this machine knows them, asked for sources.
  const known = readFileSync("/etc/apt/sources.list.d/debian.sources", "utf8");
  writeFileSync(join(scratch, "source.sources"), known.replace(/^Types: .*$/gm, "Types: deb-src"));
  const where = [
    `Dir::Etc::sourcelist=${join(scratch, "source.sources")}`,
    "Dir::Etc::sourceparts=-",
    `Dir::State::lists=${lists}`,
    "APT::Sandbox::User=",
  ].flatMap((option) => ["-o", option]);
  run("apt-get", [...where, "update"], scratch);
  run("apt-get", [...where, "source", "--download-only", `lwip=${SOURCE.version}`], scratch);
  const archive = join(scratch, SOURCE.file);
  const digest = createHash("sha256").update(readFileSync(archive)).digest("hex");
  if (digest !== SOURCE.sha256) throw new Error(`${SOURCE.file} has the digest ${digest}`);
  const source = join(scratch, "source");
  mkdirSync(source);
  run("tar", ["xf", archive, "-C", source, "--strip-components=1"]);
  return source;
}

function run(command: string, args: readonly string[], cwd = folder): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd });
  if (status !== 0) throw error ?? new Error(`${command} failed:\n${String(stderr)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = makeLwip();
  writeFileSync(LWIP_KEPT.module, bytes);
  writeFileSync(LWIP_KEPT.recipe, `${lwipRecipe()}clang ${clangVersion()}\n`);
  console.log(`${relative(process.cwd(), LWIP_KEPT.module)}: ${bytes.length} bytes`);
}
