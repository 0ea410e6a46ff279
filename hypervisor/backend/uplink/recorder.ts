// Writes what a network carries to a file, as an uplink of class pcap records it: a capture that is read as
// it comes. On the control thread, which passes on pieces and reads no frame.

import { open, type FileHandle } from "node:fs/promises";
import type { Capture, CaptureSpec, CounterFacts, Id, Outcome } from "../../hypervisor.ts";
import { codeOf } from "./socket-texts.ts";

export type StartCapture = (spec: CaptureSpec) => Outcome<Capture>;

export class Recorder {
  readonly #file: FileHandle;
  readonly #capture: Capture;
  readonly #written: Promise<void>;
  #frames = 0;
  #lost = 0;
  #bytes = 0;

  private constructor(file: FileHandle, capture: Capture, failed: (why: string) => void) {
    this.#file = file;
    this.#capture = capture;
    this.#written = this.#write().catch((error: unknown) => {
      capture.drop();
      failed(`records no more: ${codeOf(error)}`);
    });
  }

  /** Begins a file anew. A sentence where it can't be written. `failed` is told when writing ends early. */
  static async open(
    path: string,
    network: Id,
    start: StartCapture,
    failed: (why: string) => void,
  ): Promise<Recorder | string> {
    try {
      const file = await open(path, "w");
      const capture = start({ networks: [network] });
      if (capture.ok) return new Recorder(file, capture.value, failed);
      await file.close();
      return `can't record ${network}: ${capture.refusal.message}`;
    } catch (error) {
      return `can't write ${path}: ${codeOf(error)}`;
    }
  }

  get facts(): CounterFacts {
    const droppedBy: Record<string, number> = this.#lost > 0 ? { full: this.#lost } : {};
    return { count: this.#frames, bytes: this.#bytes, dropped: this.#lost, droppedBy };
  }

  /** Resolves when all that was captured so far is in the file. */
  async close(): Promise<void> {
    this.#capture.stop();
    await this.#written;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    // Event loop: ends with the capture.
    for (;;) {
      const { bytes, frames, frameBytes, lost, done } = await this.#capture.read();
      if (bytes.length > 0) await this.#file.writeFile(bytes);
      this.#frames = Math.max(this.#frames, frames);
      this.#bytes = Math.max(this.#bytes, frameBytes);
      this.#lost = Math.max(this.#lost, lost);
      if (done) return;
    }
  }
}
