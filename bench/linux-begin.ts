// How long a lab of one Linux PC takes until it is ready, from the state that its image keeps: the command as
// a user gives it, from its start to its end.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Work } from "./harness.ts";

const VBUS = fileURLToPath(new URL("../cli/vbus.cjs", import.meta.url));
const BOUND_S = 1.5;
const MS = 1000;
const TIME_MS = 300_000;
/** Ready is who runs a command that is asked for. */
const LAB = `network lan { subnet = 10.0.0.0/24 }
image debian: linux { from = "std:images/debian-i386" }
guest pc { image = debian, health = shell("true"), goal = ready, device eth0: venet { network = lan } }
`;

export const beginWork: Work = {
  name: "vbus up -d --wait, from the booted state",
  unit: "s",
  better: "less",
  ours: secondsUntilReady,
  rivals: [{ name: "the bound", measure: () => Promise.resolve(BOUND_S) }],
};

async function secondsUntilReady(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "vbus-bench-"));
  try {
    await writeFile(path.join(folder, "lab.vbus"), LAB);
    const from = performance.now();
    await vbus(folder, ["up", "-d", "--wait"]);
    return (performance.now() - from) / MS;
  } finally {
    await vbus(folder, ["down"]);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rejects with what it said where it fails. */
async function vbus(cwd: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [VBUS, ...args], { cwd, timeout: TIME_MS });
}
