// What Debian's `tshark` and `tcpdump` make of a capture: somebody else's reading of what we wrote.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** True where the command runs; says what is skipped where it doesn't. */
export function hasPeer(command: "tshark" | "tcpdump"): boolean {
  if (spawnSync(command, ["--version"]).status === 0) return true;
  console.log(`skipped: there is no ${command} on this machine`);
  return false;
}

/** One object for each frame: the fields by name, "" where a frame has none. */
export function tsharkFields<Name extends string>(
  capture: Uint8Array,
  names: readonly Name[],
  more: readonly string[] = [],
): Record<Name, string>[] {
  const wanted = names.flatMap((name) => ["-e", name]);
  const lines = tshark(capture, ["-T", "fields", "-E", "separator=/t", ...wanted, ...more]).split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const cells = line.split("\t");
      return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ""])) as Record<
        Name,
        string
      >;
    });
}

/** The text that tshark prints. Throws with its words where it can't read the capture. */
function tshark(capture: Uint8Array, args: readonly string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), "vbus-capture-"));
  try {
    const file = path.join(folder, "capture.pcapng");
    writeFileSync(file, capture);
    const { status, stdout, stderr } = spawnSync("tshark", ["-n", "-r", file, ...args], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`tshark ended with ${status}: ${stderr}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
