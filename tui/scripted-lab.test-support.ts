// A lab that says what a test wants it to say, behind the real control server.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Capture } from "../hypervisor/index.ts";
import { serveControl, type ControlServer } from "../interpreter/index.ts";
import type { LogLine, Snapshot } from "../interpreter/index.ts";
import { makeSnapshot } from "./fixtures.test-support.ts";
import { pcapngOf } from "./packets/frames.test-support.ts";
import type { CapturedFrame } from "./packets/pcapng.ts";
import { TestTerminal } from "./pty.test-support.ts";

const ENTRY = fileURLToPath(new URL("./dashboard-entry.test-support.ts", import.meta.url));

export class ScriptedLab {
  readonly #folder: string;
  readonly socket: string;
  readonly #lines: LogLine[] = [];
  readonly #terminals: TestTerminal[] = [];
  #server: ControlServer | undefined;
  #passing: CapturedFrame[] = [];
  #reading: (() => void) | undefined;
  #running = 0;
  #stopped: (() => void) | undefined;
  /** How many captures have begun. */
  captures = 0;
  refuseCaptures = false;
  /** What the next snapshot says. */
  snapshot: Snapshot = makeSnapshot(60);

  private constructor(folder: string) {
    this.#folder = folder;
    this.socket = join(folder, "lab.sock");
  }

  /** A lab that listens. */
  static async begin(): Promise<ScriptedLab> {
    const lab = new ScriptedLab(await mkdtemp(join(tmpdir(), "vbus-tui-")));
    await lab.listen();
    return lab;
  }

  async listen(): Promise<void> {
    const target = {
      name: "hello",
      file: "lab.vbus",
      snapshot: () => this.snapshot,
      logs: () => this.#lines,
      events: () => [],
      whenReady: () => Promise.resolve({ ready: true, failed: [] }),
      stop: () => Promise.resolve(),
      capture: ({ frames = 0 }) => (this.refuseCaptures ? "nothing to capture" : this.#capture(frames)),
      rollback: () => Promise.resolve({ generation: 1, changes: 0, held: false }),
      pause: () => Promise.resolve(undefined),
      resume: () => undefined,
      storedVolumes: () => [],
      commit: () => Promise.resolve("no volumes"),
      typeConsole: (guest: string, text: string) => {
        this.#server?.console(guest, `typed ${JSON.stringify(text)}\r\n`);
        return text.length;
      },
      consoleText: (guest: string) => `\u001b[1;32m${guest}\u001b[0m login: `,
      exec: () => Promise.resolve("no shell"),
      metrics: () => "",
      copyHost: {
        runCommand: () => Promise.reject(new Error("it only plays")),
        openCopy: () => {
          throw new Error("it only plays");
        },
      },
      plan: () => Promise.reject(new Error("it only plays")),
      apply: () => Promise.reject(new Error("it only plays")),
    };
    this.#server = await serveControl(target, this.socket, () => performance.now());
  }

  print(...lines: readonly LogLine[]): void {
    this.#lines.push(...lines);
    this.#server?.log(lines);
  }

  /** Frames pass: captures that run, or begin, show them. */
  pass(...frames: readonly CapturedFrame[]): void {
    this.#passing.push(...frames);
    this.#reading?.();
  }

  /** Waits until no capture runs. */
  async untilNoCapture(): Promise<void> {
    // Bound: the test's time limit.
    while (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#stopped = resolve;
      });
    }
  }

  /** Of at most so many frames, which ends by them or when it is told. */
  #capture(most: number): Capture {
    this.captures++;
    this.#running++;
    let left = most;
    let stopped = false;
    const end = (): void => {
      this.#running--;
      this.#stopped?.();
    };
    return {
      beganMs: 0,
      read: async () => {
        if (this.#passing.length === 0 && !stopped) {
          await new Promise<void>((resolve) => {
            this.#reading = resolve;
          });
        }
        const shown = this.#passing.splice(0, left);
        left -= shown.length;
        const done = stopped || left === 0;
        if (done) end();
        const bytes = Uint8Array.from(pcapngOf(shown));
        return { bytes, frames: most - left, frameBytes: 0, lost: 0, matched: false, done };
      },
      stop: () => {
        stopped = true;
        this.#reading?.();
      },
      drop: () => {
        stopped = true;
        this.#reading?.();
      },
    };
  }

  /** The lab goes away; `listen` brings it back. */
  async goAway(): Promise<void> {
    await this.#server?.close("the lab was stopped");
  }

  /** What starts a dashboard. */
  get command(): readonly [string, ...string[]] {
    return [process.execPath, ENTRY, this.socket];
  }

  /** A dashboard on a terminal of its own, ended with the lab. */
  open(columns: number, rows: number, words: readonly string[] = [], environment = {}): TestTerminal {
    return this.#keep(new TestTerminal({ columns, rows, command: [...this.command, ...words], environment }));
  }

  /** A shell on a terminal of its own; it prompts with `ready>`. */
  openShell(columns: number, rows: number): TestTerminal {
    const command = ["bash", "--norc", "-i"] as const;
    return this.#keep(new TestTerminal({ columns, rows, command, environment: { PS1: "ready> " } }));
  }

  #keep(terminal: TestTerminal): TestTerminal {
    this.#terminals.push(terminal);
    return terminal;
  }

  async end(): Promise<void> {
    await Promise.all(this.#terminals.map((terminal) => terminal.end()));
    await this.goAway();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
