// A dashboard as its users have it: a process of its own in a terminal, with an emulator on the other end.
// What it writes is counted, what it uses is read from `/proc`.
import { readFileSync } from "node:fs";
import { spawn, type IPty } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { VBUS, type RunningLab } from "./running-lab.ts";

const SIZE = { cols: 120, rows: 40 };
const PATIENCE_MS = 30_000;
/** Of `/proc/PID/stat`, which counts in hundredths of a second. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
/** The end of a frame, as terminals that draw frames as a whole are told it. */
const FRAME_END = "\u001b[?2026l";
/** Erases the screen, from the cursor on, or with what was scrolled away. */
// eslint-disable-next-line no-control-regex
const CLEARS = /\u001b\[(?:0|2|3)?J/gu;

/** What a process has used so far. */
export interface Usage {
  /** Milliseconds of a core. */
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Reads what a process has used. Throws where it is not there any more. */
export function usageOf(pid: number): Usage {
  return usageIn(`/proc/${pid}/stat`);
}

/** Milliseconds of a core that the process's first thread has used. */
export function mainThreadMs(pid: number): number {
  return usageIn(`/proc/${pid}/task/${pid}/stat`).cpuMs;
}

function usageIn(file: string): Usage {
  const fields = readFileSync(file, "utf8").split(") ")[1]?.split(" ") ?? [];
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    residentBytes: Number(fields[21]) * PAGE_BYTES,
  };
}

export class Watched {
  readonly #pty: IPty;
  readonly #emulator = new xterm.Terminal({ ...SIZE, allowProposedApi: true, scrollback: 0 });
  readonly #began = performance.now();
  #waiting: (() => void) | undefined;
  #tail = "";
  frames = 0;
  bytes = 0;
  /** After the first frame. */
  clears = 0;
  /** Milliseconds from the start of the process to the first frame; 0 before it. */
  firstPaintMs = 0;

  constructor(lab: RunningLab) {
    const env = { PATH: process.env["PATH"] ?? "", XDG_RUNTIME_DIR: lab.socket, TERM: "xterm-256color" };
    const args = [VBUS, "dash", lab.client.hello.file];
    this.#pty = spawn(process.execPath, args, { ...SIZE, name: env.TERM, env });
    this.#pty.onData((data) => this.#take(data));
    this.#emulator.onData((answer) => this.#pty.write(answer));
  }

  get usage(): Usage {
    return usageOf(this.#pty.pid);
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  /** Resolves with the time when the terminal shows it. */
  shows(wanted: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the dashboard never showed ${wanted}:\n${this.#screen()}`)),
        PATIENCE_MS,
      );
      this.#waiting = () => {
        if (!this.#screen().includes(wanted)) return;
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(performance.now());
      };
      this.#waiting();
    });
  }

  end(): void {
    this.#pty.kill("SIGKILL");
    this.#emulator.dispose();
  }

  #take(data: string): void {
    this.bytes += Buffer.byteLength(data);
    // What is looked for may be cut in two.
    const text = this.#tail + data;
    const ends = text.split(FRAME_END).length - 1;
    // The first frame comes after an erased screen.
    const after = this.firstPaintMs === 0 ? Math.max(0, text.indexOf(FRAME_END)) : 0;
    const isSeen = this.firstPaintMs > 0 || ends > 0;
    const clears = isSeen ? [...text.slice(after).matchAll(CLEARS)].length : 0;
    this.#tail = text.slice(-(FRAME_END.length - 1));
    if (this.#tail.includes("J")) this.#tail = "";
    this.frames += ends;
    this.clears += clears;
    if (ends > 0 && this.firstPaintMs === 0) this.firstPaintMs = performance.now() - this.#began;
    this.#emulator.write(data, () => this.#waiting?.());
  }

  #screen(): string {
    const { active } = this.#emulator.buffer;
    return Array.from({ length: SIZE.rows }, (_, row) =>
      active.getLine(row)?.translateToString(true, 0, SIZE.cols),
    ).join("\n");
  }
}
