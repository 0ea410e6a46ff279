// A terminal of the reader: a shell that stays, and what its commands print, both streams as they come.

import { spawn, type ChildProcess } from "node:child_process";

/** Between the output of a command and its exit code. No program of the page prints it. */
const END = "\u001e";

export interface Ended {
  readonly exit: number;
  readonly text: string;
}

export class Shell {
  readonly #child: ChildProcess;
  #text = "";
  readonly #waiting = new Set<() => void>();

  constructor(env: Readonly<Record<string, string>>, folder: string) {
    this.#child = spawn("sh", ["-c", "exec sh 2>&1"], {
      cwd: folder,
      env,
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#text += text;
      for (const look of this.#waiting) look();
    });
  }

  /** Everything that was printed and not taken yet. */
  get text(): string {
    return this.#text;
  }

  type(command: string): void {
    this.#child.stdin?.write(`eval ${quoted(command)} </dev/null; printf '${END}%d${END}' $?\n`);
  }

  /** The end of the command that was typed; its output is taken. Rejects when the time is up. */
  async ended(limitMs: number): Promise<Ended> {
    const pattern = new RegExp(`^([^]*)${END}(\\d+)${END}`);
    await this.until(() => pattern.test(this.#text), limitMs);
    const [whole = "", text = "", exit] = pattern.exec(this.#text) ?? [];
    this.take(whole.length);
    return { exit: Number(exit), text };
  }

  /** Forgets so many characters from the beginning. */
  take(length: number): void {
    this.#text = this.#text.slice(length);
  }

  /** Resolves when it holds, asked each time that something is printed. Rejects when the time is up. */
  until(holds: () => boolean, limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (how: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        how();
      };
      const look = (): void => {
        if (holds()) end(resolve);
      };
      const timer = setTimeout(() => end(() => reject(new Error("the time is up"))), limitMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** Ends the shell and what runs in it. Resolves when all of it is gone. */
  async close(): Promise<void> {
    const { pid, stdout } = this.#child;
    if (pid === undefined || stdout?.closed) return;
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    process.kill(-pid, "SIGKILL");
    await closed;
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
