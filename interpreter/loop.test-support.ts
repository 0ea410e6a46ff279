// For tests: guests compiled as docs/guests.md says it, into a folder of their own, and waiting for their
// frames.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Hypervisor } from "../hypervisor/index.ts";
import { clock } from "./lab.test-support.ts";

/**
 * Waits until a device has got so many frames more, and looks at each turn. False: it has not within a
 * minute.
 */
export async function gotMore(
  hypervisor: Hypervisor,
  device: string,
  count: number,
  look: () => void = () => undefined,
): Promise<boolean> {
  const got = (): number => hypervisor.device(device)?.rx.count ?? 0;
  const [from, end] = [got(), clock.now() + 60_000];
  // Bound: a minute. A guest's frames have no event to wait for.
  while (got() < from + count) {
    if (clock.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
    look();
  }
  return true;
}

const root = fileURLToPath(new URL("..", import.meta.url));

export class GuestFolder {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "vbus-loop-"));

  /** Compiles a guest with the command that the page has for its language; the answer: where it lies. */
  compile(tool: string, source: string, target: string): string {
    const page = readFileSync(path.join(root, "docs/guests.md"), "utf8");
    const line = page.split("\n").find((one) => one.startsWith(`${tool} `)) ?? "";
    const words = line.split(" ").map((word) => {
      if (word.endsWith(".wasm")) return path.join(this.folder, target);
      return /\.(ts|c)$/.test(word) ? source : word;
    });
    const { status, stderr } = spawnSync(words[0] ?? "", words.slice(1), { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return path.join(this.folder, target);
  }

  /** The guest that exchanges numbered datagrams with an `echo` in a closed loop. */
  loop(): string {
    return this.compile("npx asc", "stdlib/guests/test/loop.ts", "loop.wasm");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
