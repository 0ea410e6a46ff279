// Runs the built `vbus` as a user's shell would, with folders for state and sockets of its own.

import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const COMMAND = path.join(ROOT, "cli/vbus.cjs");

interface Outcome {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a copy of examples, and everything that `vbus` writes below it. */
export class Desk {
  readonly folder = mkdtempSync(path.join(tmpdir(), "vbus-cli-"));
  /** All that a call here is told by its surroundings. */
  readonly env: Readonly<Record<string, string>> = {
    PATH: process.env["PATH"] ?? "",
    HOME: this.folder,
    XDG_RUNTIME_DIR: path.join(this.folder, "run"),
    XDG_STATE_HOME: path.join(this.folder, "state"),
  };
  readonly #children = new Set<ChildProcess>();

  constructor() {
    mkdirSync(path.join(this.folder, "run"), { mode: 0o700 });
    cpSync(path.join(ROOT, "examples"), path.join(this.folder, "examples"), { recursive: true });
  }

  /** Starts `vbus`; nobody types, and nothing is a terminal. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...this.env, ...env },
    });
    this.#children.add(child);
    return new Running(child);
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.start(args, env).ended;
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await this.run(["down"]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  #stdout = "";
  #stderr = "";
  readonly #heard = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    const hear = (): void => this.#heard.forEach((look) => look());
    child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      hear();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      hear();
    });
    this.ended = new Promise((resolve) => {
      child.once("close", (exit) => {
        resolve({ exit, stdout: this.#stdout, stderr: this.#stderr });
        hear();
      });
    });
  }

  /** Resolves when the text stands on stdout; rejects when the process ends without it. */
  says(text: string): Promise<void> {
    return this.#hears(text, () => this.#stdout);
  }

  /** The same on stderr. */
  tells(text: string): Promise<void> {
    return this.#hears(text, () => this.#stderr);
  }

  #hears(text: string, said: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (said().includes(text)) resolve();
        else if (this.child.exitCode !== null) reject(new Error(`ended without "${text}":\n${said()}`));
        else return;
        this.#heard.delete(look);
      };
      this.#heard.add(look);
      look();
    });
  }
}
