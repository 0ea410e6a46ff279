// Clients of a gateway that know nothing of us: a network namespace that is to be a station, another one that
// is the world, a link to it and a TAP interface, all named by this process, and what runs in them.

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { sweepNamespaces } from "./namespaces.test-support.ts";

const COMMANDS = ["ip", "busybox", "dig", "curl", "iperf3", "ping"];
const FOLDERS = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];

/** What a command said, and how it ended. */
interface Ran {
  readonly code: number;
  readonly out: string;
}

/**
 * Two addresses on a link and one of nobody, of ranges for examples, by IPv4 and IPv6, and what comes after
 * the link by IPv6. Of this process, so that tests of another checkout can run beside it.
 */
export function exampleAddresses() {
  const part = process.pid % 32;
  const ip4 = (host: number): string => `198.51.100.${part * 8 + host}`;
  const link6 = `2001:db8:${(part * 2 + 16).toString(16)}`;
  const behind6 = `2001:db8:${(part * 2 + 17).toString(16)}`;
  return {
    ip4: { here: ip4(1), there: ip4(2), nobody: ip4(3), prefix: 29 },
    ip6: {
      here: `${link6}::1`,
      next: `${link6}::2`,
      there: `${behind6}::2`,
      nobody: `${behind6}::77`,
      behind6,
    },
  };
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
  if (lacks === undefined) sweepNamespaces();
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
