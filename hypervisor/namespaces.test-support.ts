// Network namespaces as stations of a lab, by TAP interfaces, and the clients in them. Needs root and Linux.

import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** What of these commands, or which right, a test lacks here; in CI nothing may be. */
export function lacking(what: string, commands: readonly string[]): string | undefined {
  const absent = commands.filter((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
  const able = process.getuid?.() === 0 && existsSync("/dev/net/tun");
  const why = able ? absent.join(", ") : "the right to make network namespaces";
  if (why === "") return undefined;
  if (process.env["CI"] === "true") throw new Error(`missing: ${why}`);
  console.log(`${what}: skipped, since this machine lacks ${why}`);
  return why;
}

/** Takes away what a test or a benchmark left that was killed: namespaces are named by a process. */
export function sweepNamespaces(): void {
  const names = execFileSync("ip", ["netns", "list"], { stdio: "pipe", encoding: "utf8" }).split("\n");
  for (const name of names.map((line) => line.split(" ")[0] ?? "")) {
    const [, owner] = /^vb[a-z](\d+)$/.exec(name) ?? [];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) spawnSync("ip", ["netns", "del", name]);
  }
}

/** One namespace. Made anew; `close` takes it away, with what runs in it. */
export class Namespace {
  readonly name: string;
  readonly #children: ChildProcess[] = [];

  constructor(letter: string) {
    sweepNamespaces();
    this.name = `vb${letter}${process.pid}`;
    execFileSync("ip", ["netns", "add", this.name], { stdio: "pipe" });
    this.ip("link", "set", "lo", "up");
  }

  ip(...words: string[]): void {
    execFileSync("ip", ["-n", this.name, ...words], { stdio: "pipe" });
  }

  /** Takes an interface in, with these addresses. */
  take(link: string, mtu: number, ...addresses: string[]): void {
    execFileSync("ip", ["link", "set", link, "netns", this.name], { stdio: "pipe" });
    for (const address of addresses) this.ip("addr", "add", address, "dev", link, "nodad");
    this.ip("link", "set", link, "up", "mtu", String(mtu));
  }

  /** What a command says; rejects where it fails. */
  async run(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("ip", ["netns", "exec", this.name, ...words], {
      timeout: 60_000,
      encoding: "utf8",
    });
    return stdout;
  }

  /** Starts a command that goes on. */
  start(...words: string[]): ChildProcess {
    const child = spawn("ip", ["netns", "exec", this.name, ...words], { stdio: "ignore" });
    this.#children.push(child);
    return child;
  }

  /** A counter of the kernel's TCP there. */
  tcpCount(name: string): number {
    const text = execFileSync("ip", ["netns", "exec", this.name, "cat", "/proc/net/snmp"], {
      encoding: "utf8",
    });
    const [names = "", values = ""] = text.split("\n").filter((line) => line.startsWith("Tcp:"));
    return Number(values.split(" ")[names.split(" ").indexOf(name)]);
  }

  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    execFileSync("ip", ["netns", "del", this.name], { stdio: "pipe" });
  }
}

/** Of a file that another process writes: its bytes once there are so many. */
export function bytesOf(file: string): Uint8Array {
  return existsSync(file) ? readFileSync(file) : new Uint8Array(0);
}
