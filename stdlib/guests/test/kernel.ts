// The Linux kernel as the neighbour of a guest's network device: a namespace of its own with a tap device,
// and a program in it. Where that can't be had, a test says so and ends.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Makes namespaces: as root, or where the system lets anybody. */
const WAYS = [
  ["unshare", "-n"],
  ["unshare", "-rn"],
] as const;

export class Kernel {
  private readonly folder: string;
  private readonly way: readonly string[];

  private constructor(folder: string, way: readonly string[]) {
    this.folder = folder;
    this.way = way;
  }

  /** Undefined, and said why, where there is no compiler or no right to a tap device. */
  static open(skipped: string): Kernel | undefined {
    const folder = mkdtempSync(join(tmpdir(), "vbus-kernel-"));
    const source = fileURLToPath(new URL("tap.c", import.meta.url));
    const made = spawnSync("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", join(folder, "tap"), source]);
    const works = (way: readonly string[]): boolean =>
      spawnSync(way[0]!, [...way.slice(1), join(folder, "tap"), "10.0.0.9", "true"], { input: "" }).status ===
      0;
    const way = made.status === 0 ? WAYS.find(works) : undefined;
    if (way !== undefined) return new Kernel(folder, way);
    rmSync(folder, { recursive: true });
    const why = made.status === 0 ? "no tap device can be had here" : `cc: ${made.stderr ?? "is missing"}`;
    console.log(`${skipped}: skipped, since ${why}`);
    return undefined;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Runs a program at 10.0.0.9. */
  run(program: readonly string[]): Peer {
    const words = [...this.way, join(this.folder, "tap"), "10.0.0.9", ...program];
    return new Peer(spawn(words[0]!, words.slice(1), { stdio: ["pipe", "pipe", "pipe"] }));
  }
}

/** A program beside the kernel's device, and the frames of that. */
export class Peer {
  onFrame: (frame: Uint8Array) => void = () => undefined;
  said = "";
  private readonly child: ChildProcess;
  private rest: Buffer = Buffer.alloc(0);

  constructor(child: ChildProcess) {
    this.child = child;
    child.stderr!.on("data", (data: Buffer) => void (this.said += data.toString()));
    child.stdout!.on("data", (data: Buffer) => this.take(data));
  }

  /** What the program ended with. Its connections may still have something to carry. */
  async ended(): Promise<number> {
    await this.hears("ended ");
    return Number(/^ended (-?\d+)$/m.exec(this.said)![1]);
  }

  /** Takes the device away. */
  close(): void {
    this.child.stdin!.end();
  }

  send(frame: Uint8Array): void {
    this.child.stdin!.write(Buffer.concat([Buffer.from([frame.length >> 8, frame.length & 255]), frame]));
  }

  /** Resolves when the program has said this. */
  async hears(text: string): Promise<void> {
    while (!this.said.includes(text)) await once(this.child.stderr!, "data");
  }

  private take(data: Buffer): void {
    this.rest = Buffer.concat([this.rest, data]);
    while (this.rest.length >= 2) {
      const end = 2 + this.rest.readUInt16BE(0);
      if (this.rest.length < end) return;
      this.onFrame(this.rest.subarray(2, end));
      this.rest = this.rest.subarray(end);
    }
  }
}
