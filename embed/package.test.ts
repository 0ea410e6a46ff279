// The package as npm would publish it, in somebody else's folder: its example runs there, and its types hold.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
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

test("the programs of docs/embedding.md run as they stand there", { timeout: LIMIT }, async () => {
  const page = readFileSync(path.join(ROOT, "docs/embedding.md"), "utf8");
  const blocks = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, text = ""]) => text);
  expect(blocks).toHaveLength(2);
  const [inside = "", client = ""] = blocks;
  mkdirSync(path.join(folder, "build"));
  const echo = path.join(ROOT, "stdlib/guests/build/echo.wasm");
  cpSync(echo, path.join(folder, "build/mine.wasm"));
  writeFileSync(path.join(folder, "inside.mjs"), `${inside}console.log(ready, failed);\n`);
  const { stdout } = await run(process.execPath, ["inside.mjs"], { cwd: folder });
  expect(stdout).toContain("client 5 packets transmitted, 5 received, 0% packet loss");
  expect(stdout).toMatch(/true \[\]\n$/);

  const runtime = path.join(folder, "run");
  mkdirSync(runtime, { mode: 0o700 });
  const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: folder };
  const vbus = async (...args: string[]) =>
    run(process.execPath, [path.join(ROOT, "cli/vbus.cjs"), ...args], { cwd: folder, env });
  cpSync(path.join(ROOT, "examples/01-hello/lab.vbus"), path.join(folder, "lab.vbus"));
  writeFileSync(path.join(folder, "client.mjs"), client);
  await vbus("up", "-d");
  try {
    const watching = spawn(process.execPath, ["client.mjs"], { cwd: folder, env });
    let told = "";
    const hear = (text: Buffer): string => (told += text.toString());
    watching.stdout.on("data", hear);
    watching.stderr.on("data", hear);
    const ended = once(watching, "close");
    // Something happens until the program has told of it.
    while (told === "" && watching.exitCode === null)
      await vbus("pause", "server").then(() => vbus("resume", "server"));
    await vbus("down");
    expect([await ended, told]).toEqual([[0, null], expect.stringMatching(/^(server|client): \w/)]);
  } finally {
    // Where all went well it is down already.
    await vbus("down").catch(() => undefined);
  }
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
