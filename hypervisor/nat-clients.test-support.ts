// Clients of a gateway that know nothing of us: a network namespace that is to be a station, another one that
// is the world, a link to it and a TAP interface, all named by this process, and what runs in them.

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const COMMANDS = ["ip", "busybox", "dig", "curl", "iperf3", "ping"];
const FOLDERS = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];

/** What a command said, and how it ended. */
interface Ran {
  readonly code: number;
  readonly out: string;
}

/**
 * `what` is said where something is missing, of commands, rights, and what the caller `alsoLacks`; in CI
 * nothing may be. The four letters are of this file's namespaces and interfaces alone.
 */
export function stockClients(what: string, letters: string, alsoLacks: readonly string[] = []) {
  const [station, world, link, tap] = [...letters].map((letter) => `vb${letter}${process.pid}`) as [
    station: string,
    world: string,
    link: string,
    tap: string,
  ];
  const lacks = missing(what, alsoLacks);
  const folder = mkdtempSync(path.join(os.tmpdir(), "vbus-nat-"));
  const blob = randomBytes(8_000_000);
  const children: ChildProcess[] = [];
  const ip = (...args: string[]): string => execFileSync("ip", args, { stdio: "pipe", encoding: "utf8" });
  writeFileSync(path.join(folder, "blob"), blob);
  return {
    station,
    world,
    link,
    tap,
    /** What is missing; then nothing is set up. */
    lacks,
    /** Has `blob`, which servers give. */
    folder,
    ip,
    /** Of the station, or of this machine. */
    async run(command: string, args: readonly string[], isHere = false): Promise<Ran> {
      const inStation = ["ip", "netns", "exec", station, command, ...args];
      const [file, ...rest] = isHere ? [command, ...args] : inStation;
      try {
        const limits = { timeout: 60_000, encoding: "utf8" } as const;
        const { stdout } = await promisify(execFile)(file as string, rest, limits);
        return { code: 0, out: stdout };
      } catch (error) {
        const { code, stdout } = error as { code: number; stdout: string };
        return { code, out: stdout };
      }
    },
    /** Runs until the end. */
    start(namespace: string, ...words: string[]): void {
      children.push(spawn("ip", ["netns", "exec", namespace, ...words], { stdio: "ignore" }));
    },
    /** Whether a file has the bytes of `blob`. */
    isBlob: (file: string): boolean => digest(readFileSync(file)) === digest(blob),
    end(): void {
      for (const child of children) child.kill("SIGKILL");
      if (lacks === undefined) for (const name of [station, world]) ip("netns", "del", name);
      rmSync(folder, { recursive: true });
    },
  };
}

function missing(what: string, more: readonly string[]): string | undefined {
  const absent = COMMANDS.filter((name) => !FOLDERS.some((folder) => existsSync(path.join(folder, name))));
  const isRoot = process.getuid?.() === 0;
  const why = isRoot ? [...absent, ...more].join(", ") : "the right to make network namespaces";
  if (why === "") return undefined;
  if (process.env["CI"] === "true") throw new Error(`missing: ${why}`);
  console.log(`${what}: skipped, since this machine lacks ${why}`);
  return why;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
