// The door of the package: labs inside one's own program, and the client of labs that run elsewhere. It makes
// the clock; the rest is the interpreter's.

import path from "node:path";
import { OperationError, openLab, connect as connectSocket, findLabs } from "../interpreter/index.ts";
import { socketPathOf, type Checked, type Clock, type LabClient } from "../interpreter/index.ts";
import type { Lab as RunningLab, LabEvent, LogLine, Plan, Snapshot } from "../interpreter/index.ts";

export { OperationError } from "../interpreter/index.ts";
export { PROTOCOL_VERSION } from "../interpreter/index.ts";
export type * from "../interpreter/index.ts";

/** A lab as a program gives it. */
export interface LabInit {
  /** The text of the root file, as it would stand in a `.vbus` file. */
  readonly source: string;
  /**
   * Files that the text names, by their paths relative to `folder`: images as bytes, modules and texts as
   * strings. What is not here is looked for on the disk.
   */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Values of parameters, as JSON has them. */
  readonly params?: Readonly<Record<string, unknown>>;
  /**
   * What paths in the text are relative to; its name is the lab's where the text has none. Default: the
   * working folder.
   */
  readonly folder?: string;
  /** Called for each event from the first one on, at once and in order. */
  readonly onEvent?: (event: LabEvent) => void;
  /** Called with what guests print. */
  readonly onLog?: (line: LogLine) => void;
}

/** The text of a lab is wrong. `message` has the diagnostics as `vbus check` shows them. */
export class CheckError extends Error {
  readonly diagnostics: Checked["diagnostics"];

  constructor({ diagnostics, diagnosticsText }: Checked) {
    super(`The lab does not check.\n${diagnosticsText}`);
    this.name = "CheckError";
    this.diagnostics = diagnostics;
  }
}

/** Whether every guest met its goal, and which can't any more. */
export interface Readiness {
  readonly ready: boolean;
  readonly failed: readonly string[];
}

const clock: Clock = { now: () => performance.now(), wall: () => Date.now() };

/**
 * A lab that runs in this process: no file of its own, no state that is kept, no socket. Its guests have
 * threads of their own; a program that ends takes them along.
 */
export class Lab implements AsyncDisposable {
  readonly #lab: RunningLab;
  readonly #files: Map<string, Uint8Array>;

  private constructor(lab: RunningLab, files: Map<string, Uint8Array>) {
    this.#lab = lab;
    this.#files = files;
  }

  /**
   * Checks the text and starts what it says; resolves when that is up (goals may be met later: `ready`).
   * Throws `CheckError` for a wrong text, `OperationError` (`failed`) where something could not be started;
   * then nothing is left.
   */
  static async start(init: LabInit): Promise<Lab> {
    const folder = path.resolve(init.folder ?? ".");
    const file = path.join(folder, "lab.vbus");
    const given = Object.entries(init.files ?? {}).map(
      ([name, content]) => [path.resolve(folder, name), bytesOf(content)] as const,
    );
    const files = new Map([...given, [file, bytesOf(init.source)] as const]);
    const { onEvent, onLog } = init;
    const opened = await openLab({
      file,
      clock,
      given: files,
      state: false,
      control: false,
      params: { values: init.params ?? {} },
      ...(onEvent && { onEvent }),
      ...(onLog && { onLog: (lines) => lines.forEach((line) => onLog(line)) }),
    });
    if (opened.lab === undefined) throw new CheckError(opened);
    return new Lab(opened.lab, files);
  }

  get name(): string {
    return this.#lab.name;
  }

  /** What the first apply did. */
  get firstPlan(): Plan {
    return this.#lab.firstPlan;
  }

  /** Resolves with the reason when the lab is down, whoever asked. */
  get stopped(): Promise<string> {
    return this.#lab.stopped;
  }

  /**
   * Resolves when every guest has met its goal, or when one can't any more (`failed` names them), or when
   * `timeoutMs` milliseconds are over (`ready` is false and nothing failed).
   */
  ready({ timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<Readiness> {
    return this.#lab.whenReady(timeoutMs);
  }

  /** The whole lab at this moment: the same that dashboards draw. */
  snapshot(): Snapshot {
    return this.#lab.snapshot();
  }

  /** Events that are kept, those after the number `since`. */
  events(since?: number): readonly LabEvent[] {
    return this.#lab.events(since);
  }

  /** What guests printed, of all or of these; the last `lines` lines. */
  logs(guests?: readonly string[], lines?: number): readonly LogLine[] {
    return this.#lab.logs(guests, lines);
  }

  /** The answer ends it. */
  onEvent(listener: (event: LabEvent) => void): () => void {
    return this.#lab.onEvent(listener);
  }

  /** The answer ends it. */
  onLog(listener: (line: LogLine) => void): () => void {
    return this.#lab.onLog((lines) => lines.forEach((line) => listener(line)));
  }

  /**
   * Changes the running lab to what this text says, as a save in watch mode would. Throws `CheckError` for a
   * wrong text and `OperationError` (`failed`) where it could not be applied; the lab then goes on as it was.
   */
  async change(source: string, files: LabInit["files"] = {}): Promise<void> {
    const before = new Map(this.#files);
    const folder = path.dirname(this.#lab.file);
    for (const [name, content] of Object.entries(files))
      this.#files.set(path.resolve(folder, name), bytesOf(content));
    this.#files.set(this.#lab.file, bytesOf(source));
    const checked = await this.#lab.reload();
    const { diagnosticsText } = this.snapshot();
    if (checked.model !== undefined && diagnosticsText === checked.diagnosticsText) return;
    for (const name of this.#files.keys()) if (!before.has(name)) this.#files.delete(name);
    for (const [name, content] of before) this.#files.set(name, content);
    await this.#lab.reload();
    if (checked.model === undefined) throw new CheckError(checked);
    throw new OperationError("failed", diagnosticsText.trimEnd());
  }

  /** Types a text at a guest's console. Throws `OperationError` (`failed`) where it has none. */
  type(guest: string, text: string): number {
    const taken = this.#lab.typeConsole(guest, text);
    if (typeof taken === "string") throw new OperationError("failed", taken);
    return taken;
  }

  /** Resolves when the guest stands still. Throws `OperationError` (`failed`) where that is refused. */
  async pause(guest: string): Promise<void> {
    const refused = await this.#lab.pause(guest);
    if (refused !== undefined) throw new OperationError("failed", refused);
  }

  resume(guest: string): void {
    const refused = this.#lab.resume(guest);
    if (refused !== undefined) throw new OperationError("failed", refused);
  }

  /** Takes everything down. Twice is fine. `graceMs` is for each guest, in place of its own `stop.grace`. */
  stop(options: { readonly graceMs?: number } = {}): Promise<void> {
    return this.#lab.stop(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/**
 * The client of a running lab: named by its file (`./lab.vbus`), by its control socket
 * (`/run/.../x.sock`), or by its name. Throws `OperationError`: `not-running` where it does not run, `denied`
 * where it is somebody else's, `protocol` where it speaks another version.
 */
export async function connect(lab: string): Promise<LabClient> {
  if (lab.endsWith(".sock")) return connectSocket(lab);
  if (lab.endsWith(".vbus") || lab.includes(path.sep)) return connectSocket(socketPathOf(lab));
  const named = (await findLabs()).filter((running) => running.lab === lab);
  const [first, second] = named;
  if (first === undefined) throw new OperationError("not-running", `No lab ${lab} is running.`);
  if (second === undefined) return connectSocket(first.socketPath);
  const files = named.map(({ file }) => file).join(", ");
  throw new OperationError("failed", `Several labs are called ${lab}.`, `Name the file: ${files}.`);
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
