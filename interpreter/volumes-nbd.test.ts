// Volumes of class nbd from the file to a server of Debian's: what a change of each attribute disturbs, by
// the plan and in a lab that runs.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { createHypervisor } from "../hypervisor/index.ts";
import { Engine } from "./engine.ts";
import { clock } from "./lab.test-support.ts";
import { definitionOf, images } from "./plan/model.test-support.ts";

const MIB = 1024 * 1024;
const folder = mkdtempSync(path.join(tmpdir(), "vbus-far-"));
const servers: ChildProcess[] = [];
afterAll(() => {
  for (const server of servers) server.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const HAS_NBDKIT = spawnSync("nbdkit", ["--version"]).error === undefined;
if (!HAS_NBDKIT) console.log("Without nbdkit nothing is said here of changes of the class nbd.");
const testWithServer = HAS_NBDKIT ? test : (): void => undefined;

/** Starts a server with an export of 4 MiB in its memory and answers its URL. */
async function serve(name: string): Promise<string> {
  const socket = path.join(folder, name);
  servers.push(spawn("nbdkit", ["-f", "--unix", socket, "memory", "4M"], { stdio: "ignore" }));
  await expect.poll(() => existsSync(socket), { timeout: 30_000 }).toBe(true);
  return `nbd+unix:///?socket=${socket}`;
}

testWithServer(
  "a larger size is taken while it is open, another export takes its guests along",
  { timeout: 120_000 },
  async () => {
    const [first, second] = [await serve("first.sock"), await serve("second.sock")];
    const hypervisor = createHypervisor({ lab: "t", warm: 0 });
    const engine = new Engine({ lab: "t", hypervisor, images, clock });
    let booted = 0;
    hypervisor.on((event) => {
      if (event.type === "guest" && event.state === "running") booted++;
    });
    const lab = (url: string, size: string): string => `volume far: nbd { url = "${url}", size = ${size} }
image sink: wasm { path = "std:guests/sink" }
guest a { image = sink, device vda: vblk { volume = far } }`;
    const steps: readonly (readonly [text: string, disruption: string, size: number, booted: number])[] = [
      [lab(first, "2MiB"), "none", 2 * MIB, 1],
      [lab(first, "4MiB"), "pause", 4 * MIB, 1],
      [lab(second, "4MiB"), "recreate", 4 * MIB, 2],
      [lab(second, "1MiB"), "data_loss", MIB, 3],
    ];
    try {
      for (const [index, [text, disruption, size, count]] of steps.entries()) {
        const definition = definitionOf(text);
        if (index > 0) expect(engine.plan(definition).disruption, text).toBe(disruption);
        const result = await engine.apply(definition, { actor: "file" });
        expect(result, JSON.stringify(result)).toMatchObject({ ok: true });
        expect([hypervisor.volume("far")?.size, booted], text).toEqual([size, count]);
        expect(hypervisor.guest("a")?.state).toBe("running");
      }
    } finally {
      await hypervisor.close();
      engine.close();
    }
  },
);
