// The packed extension in VS Code: in the server that npm has of it (code-server) with Debian's Chromium as
// its window. Its extension host is the editor's own, and runs ours as any other does.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { entriesOfExtension } from "./pack-vscode.ts";
import { zip } from "./zip.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LIMIT_MS = 900_000;

const BROKEN = `network lan {   subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest a { image = ech }
`;
const MENDED = `network lan { subnet = 10.0.0.0/24 }
image echo: wasm { path = "std:guests/echo" }
guest a { image = echo }
`;

/** The extension that drives the editor, as a file to install. */
function driver(): Buffer {
  const manifest = {
    name: "driver",
    publisher: "test",
    version: "0.0.1",
    engines: { vscode: "^1.91.0" },
    main: "./main.cjs",
    activationEvents: ["onStartupFinished"],
  };
  const main = readFileSync(path.join(ROOT, "scripts/vscode.test-support.cjs"));
  return zip([
    { name: "extension/package.json", data: Buffer.from(JSON.stringify(manifest)) },
    { name: "extension/main.cjs", data: main },
  ]);
}

/** A process with all that it starts; its last words for a test that fails. */
class Program {
  readonly child: ChildProcess;
  #words = "";

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const hear = (chunk: string) => (this.#words = (this.#words + chunk).slice(-4000));
    this.child.stdout?.setEncoding("utf8").on("data", hear);
    this.child.stderr?.setEncoding("utf8").on("data", hear);
  }

  /** What the first line of its output that matches says. */
  async line(pattern: RegExp): Promise<string> {
    for await (const line of createInterface(this.child.stdout!)) {
      const found = pattern.exec(line)?.[1];
      if (found !== undefined) return found;
    }
    throw new Error(`${this.child.spawnfile} ended: ${this.#words}`);
  }

  async end(): Promise<string> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => this.child.once("exit", resolve));
      process.kill(-this.child.pid!, "SIGKILL");
      await gone;
    }
    return this.#words;
  }
}

/** Why nothing is done here, if so. */
function skipped(): string | undefined {
  if (!(process.env["CI"] || process.env["SLOW"])) return "neither CI nor SLOW is set";
  const missing = ["code-server", "chromium"].filter((one) => spawnSync(one, ["--version"]).status !== 0);
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : undefined;
}

/** A home with a lab, as `npm install` leaves it, and with both extensions as files. */
function furnish(home: string): void {
  const folders = ["lab/node_modules/.bin", "old", "data/User"];
  for (const folder of folders) mkdirSync(path.join(home, folder), { recursive: true });
  const bin = path.join(home, "lab/node_modules/.bin");
  symlinkSync(path.join(ROOT, "cli/vbus.cjs"), path.join(bin, "vbus"));
  symlinkSync(process.execPath, path.join(bin, "node"));
  // VS Code takes its PATH from the login shell, where Node may be one too old.
  writeFileSync(path.join(home, "old/node"), "#!/bin/sh\nexit 64\n", { mode: 0o755 });
  // In a browser VS Code saves by itself, and lays nothing out then.
  const settings = { "files.autoSave": "off", "chat.disableAIFeatures": true };
  const files = {
    ".profile": `PATH="${home}/old:$PATH"\n`,
    "lab/lab.vbus": BROKEN,
    "data/User/settings.json": JSON.stringify({ ...settings, "workbench.startupEditor": "none" }),
    "vbus.vsix": zip(entriesOfExtension()),
    "driver.vsix": driver(),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(home, name), bytes);
}

/** What the driver tells, once it has. */
async function drive(home: string, programs: Program[]): Promise<unknown> {
  const env = { HOME: home, XDG_RUNTIME_DIR: home, PATH: process.env["PATH"] };
  const places = [`--user-data-dir=${home}/data`, `--extensions-dir=${home}/extensions`];
  const vsix = ["vbus", "driver"].flatMap((name) => ["--install-extension", `${home}/${name}.vsix`]);
  const installed = spawnSync("code-server", [...places, ...vsix], { env, encoding: "utf8" });
  expect([installed.status, installed.stdout]).toEqual([
    0,
    expect.stringContaining("'vbus.vsix' was success"),
  ]);

  const lab = path.join(home, "lab");
  const quiet = ["--auth=none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"];
  const server = new Program("code-server", [...places, ...quiet, "--bind-addr=127.0.0.1:0"], env);
  programs.push(server);
  const address = await server.line(/HTTP server listening on (\S+)/);
  const changes = watch(lab, { signal: AbortSignal.timeout(LIMIT_MS - 60_000) });
  const plain = ["--headless=new", "--no-sandbox", "--disable-gpu", "--log-level=3"];
  const window = [`--user-data-dir=${home}/window`, `${address}?folder=${lab}`];
  programs.push(new Program("chromium", [...plain, ...window], env));
  for await (const { filename } of changes) if (filename === "told.json") break;
  return JSON.parse(readFileSync(path.join(lab, "told.json"), "utf8"));
}

test(
  "VS Code shows mistakes, fixes, completes, lays out by the extension",
  { timeout: LIMIT_MS },
  async () => {
    const why = skipped();
    if (why !== undefined) {
      if (process.env["CI"]) throw new Error(`VS Code: ${why}`);
      return console.log(`VS Code and the extension: skipped, since ${why}`);
    }
    const home = mkdtempSync(path.join(tmpdir(), "vbus-vscode-"));
    const programs: Program[] = [];
    try {
      furnish(home);
      expect(await drive(home, programs)).toMatchObject({
        language: "vbus",
        diagnostics: [{ line: 3, message: "There is nothing called `ech` here.\nDid you mean `echo`?" }],
        offered: expect.arrayContaining(["echo"]),
        fixes: expect.arrayContaining(["Change to `echo`"]),
        hover: [expect.stringContaining("image echo: wasm")],
        symbols: ["lan", "echo", "a"],
        renamed: [2, 3],
        colours: true,
        text: MENDED,
      });
    } catch (error) {
      const words = await Promise.all(programs.map((one) => one.end()));
      throw new Error(`VS Code: ${words.join("\n")}`, { cause: error });
    } finally {
      await Promise.all(programs.map((one) => one.end()));
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  },
);
