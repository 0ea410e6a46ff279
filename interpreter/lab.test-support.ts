// For tests: a lab in a folder of its own, with its own state and sockets, on the real hypervisor.

import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Environment } from "./control/paths.ts";
import type { LabEvent, LogLine } from "./control/protocol.ts";
import { openLab } from "./lab.ts";
import type { Lab, LabOptions } from "./lab-contract.ts";

export const clock = { now: () => performance.now(), wall: () => Date.now() };

export class Bench {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "vbus-lab-"));
  readonly env: Environment;
  readonly file: string;
  readonly events: LabEvent[] = [];
  readonly lines: LogLine[] = [];
  readonly #labs: Lab[] = [];
  readonly #wakers = new Set<() => void>();

  constructor(text: string) {
    this.env = {
      XDG_STATE_HOME: path.join(this.folder, "state"),
      XDG_RUNTIME_DIR: path.join(this.folder, "run"),
    };
    this.file = path.join(this.folder, "lab.vbus");
    writeFileSync(this.file, text);
  }

  /** Opens the lab; fails the test where it doesn't check. */
  async open(options: Partial<LabOptions> = {}): Promise<Lab> {
    const wake = (): void => {
      for (const waker of this.#wakers) waker();
    };
    const onEvent = (event: LabEvent): void => {
      this.events.push(event);
      wake();
    };
    const onLog = (lines: readonly LogLine[]): void => {
      this.lines.push(...lines);
      wake();
    };
    const opened = await openLab({ file: this.file, env: this.env, clock, onEvent, onLog, ...options });
    if (opened.lab === undefined) throw new Error(opened.diagnosticsText);
    this.#labs.push(opened.lab);
    return opened.lab;
  }

  /** Saves as editors do: a new file takes the old one's place. */
  save(text: string): void {
    writeFileSync(`${this.file}.new`, text);
    renameSync(`${this.file}.new`, this.file);
  }

  /** Waits until the condition holds, asked again at each event and line. */
  async until(what: string, holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const said = (): string =>
        this.events
          .slice(-12)
          .map((event) => `${event.address ?? ""} ${event.message}`)
          .join("\n");
      const timer = setTimeout(
        () => reject(new Error(`${what} did not happen; last events:\n${said()}`)),
        15_000,
      );
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        clearInterval(poll);
        this.#wakers.delete(look);
        resolve();
      };
      const poll = setInterval(look, 50);
      this.#wakers.add(look);
      look();
    });
  }

  /** Waits for an event whose message matches, among those after the first `skip`. */
  async event(pattern: RegExp, skip = 0): Promise<LabEvent> {
    const find = (): LabEvent | undefined =>
      this.events.slice(skip).find((event) => pattern.test(event.message));
    await this.until(`an event ${pattern}`, () => find() !== undefined);
    return find() as LabEvent;
  }

  async close(): Promise<void> {
    await Promise.all(this.#labs.map((lab) => lab.stop({ graceMs: 0 })));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const IMAGES = `image echo: wasm { path = "std:guests/echo" }
image ping: wasm { path = "std:guests/ping" }
`;
export const HELLO = `${IMAGES}network lan { subnet = 10.0.0.0/24 }
guest server { image = echo, device eth0: venet { network = lan } }
guest client {
  image = ping
  args = ["--to", server.eth0.ip, "--count", 3]
  goal = completed
  device eth0: venet { network = lan }
}
`;
