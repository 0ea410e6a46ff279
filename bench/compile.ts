// Compiles a rival's C source at bench time, once for each text of it, into `bench/build/` (never committed).
// It refuses to run without a C compiler: a comparison without its rival would be no comparison.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const WARNINGS = ["-O2", "-Wall", "-Wextra"];

/** How a source is compiled. */
export interface Compiler {
  readonly command: string;
  readonly flags: readonly string[];
  /** What brings it. */
  readonly hint: string;
}
const HERE: Compiler = {
  command: process.env["CC"] ?? "cc",
  flags: [...WARNINGS, "-pthread"],
  hint: "a C compiler (install gcc, or set CC)",
};
const FREE = ["-ffreestanding", "-fno-stack-protector", "-nostdlib", "-static", "-fuse-ld=lld", "-Wl,-s"];
/** For a Linux guest of 32 bits, whatever C library it has. */
export const FOR_GUEST: Compiler = {
  command: "clang",
  flags: [...WARNINGS, ...FREE, "--target=i386-linux-gnu", "-march=i586"],
  hint: "clang and lld",
};

/**
 * Path of the program made from `bench/rivals/NAME.c`. Throws with the compiler's words if it can't be made.
 */
export async function compileRival(name: string, { command, flags, hint } = HERE): Promise<string> {
  const source = fileURLToPath(new URL(`rivals/${name}.c`, import.meta.url));
  const folder = fileURLToPath(new URL("build/", import.meta.url));
  const digest = createHash("sha256")
    .update(await readFile(source))
    .update(flags.join(" "))
    .digest("hex");
  const program = `${folder}${name}-${digest.slice(0, 12)}`;
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  const fresh = `${program}.${process.pid}`;
  try {
    await run(command, [...flags, source, "-o", fresh]);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`rivals/${name}.c needs ${hint}: ${words}`);
  }
  await rename(fresh, program); // Two benches at once: each renames a whole file.
  return program;
}

/** What a rival prints: one line of JSON. `frames` are those after its own warm-up. */
export interface RivalResult {
  readonly frames: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly p50_us?: number;
  readonly p99_us?: number;
  /** Where it sleeps as a bad link does. */
  readonly late_p50_us?: number;
  readonly late_p99_us?: number;
}

/** Runs a compiled rival to its end. Throws with its own words if it says that the run is void. */
export async function runRival(program: string, args: readonly (string | number)[]): Promise<RivalResult> {
  const { stdout } = await run(program, args.map(String), { timeout: 120_000 });
  const result: unknown = JSON.parse(stdout);
  if (!isResult(result)) throw new Error(`${program} printed something else: ${stdout}`);
  return result;
}

function isResult(value: unknown): value is RivalResult {
  if (typeof value !== "object" || value === null) return false;
  return (
    "frames" in value &&
    "seconds" in value &&
    typeof value.frames === "number" &&
    typeof value.seconds === "number"
  );
}
