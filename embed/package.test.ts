// The package as npm would publish it, in somebody else's folder: its example runs there, and its types hold.

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
const LIMIT = 300_000;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "vbus-package-"));
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  await run("npm", pack, { cwd: ROOT });
  const [archive = ""] = readdirSync(folder);
  const modules = path.join(folder, "node_modules");
  mkdirSync(path.join(modules, "alacrityvm"), { recursive: true });
  await run(
    "tar",
    ["-xzf", path.join(folder, archive), "--strip-components=1", "-C", "node_modules/alacrityvm"],
    {
      cwd: folder,
    },
  );
  // What npm would install beside it.
  for (const name of readdirSync(path.join(ROOT, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name));
  }
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "mine", type: "module" }));
}, LIMIT);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("examples/08-embedding runs in another folder", { timeout: LIMIT }, async () => {
  cpSync(path.join(ROOT, "examples/08-embedding/main.mjs"), path.join(folder, "main.mjs"));
  const { stdout, stderr } = await run(process.execPath, ["main.mjs"], { cwd: folder });
  expect(stderr).toBe("");
  expect(stdout).toContain("client: 2 packets transmitted, 2 received, 0% packet loss");
  expect(stdout).toContain("every goal is met");
  expect(stdout).toMatch(/server sent [1-9]\d* frames/);
  expect(stdout).toContain("server.eth0: rate 1Gbps -> 10Mbps (live)");
  expect(stdout).toMatch(/CheckError: VB\d{4}\n$/);
});

const TYPED = `import { connect, Lab, type LabClient, type Snapshot } from "alacrityvm";
const lab: Lab = await Lab.start({ source: "", files: { "a.wasm": new Uint8Array(8) } });
const snapshot: Snapshot = lab.snapshot();
const memory: number | undefined = snapshot.guests[0]?.memory;
const client: LabClient = await connect("lab.vbus");
const { ready }: { ready: boolean } = await client.request("wait", { timeoutMs: 10 });
client.on("event", (event) => event.message.toUpperCase());
// @ts-expect-error: a text that is a number
await Lab.start({ source: 1 });
// @ts-expect-error: a method that is not there
await client.request("fly", {});
export { memory, ready };
`;

test("its types are there, and say no", { timeout: LIMIT }, async () => {
  writeFileSync(path.join(folder, "typed.ts"), TYPED);
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node"];
  const lib = ["--lib", "es2024,esnext.disposable", "--skipLibCheck"];
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, ...options, ...lib, "typed.ts"], {
    cwd: folder,
  }).catch((error: { readonly stdout: string }) => error);
  expect(stdout).toBe("");
});
