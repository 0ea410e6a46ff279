// Frames of the lab's networks as they pass, by captures of a bounded size one after another: at most
// `FRAMES_A_TURN` in a quarter of a second. In between nothing is captured, so that a lab that moves millions
// of frames pays for a thousandth of them.

import type { LabClient } from "../../interpreter/index.ts";
import type { FrameBuffer } from "./buffer.ts";
import { FRAME_BYTES_KEPT } from "./buffer.ts";
import { PcapngReader } from "./pcapng.ts";

export interface TapOptions {
  readonly client: Pick<LabClient, "request">;
  readonly frames: FrameBuffer;
  /** Milliseconds that only go up. */
  readonly now: () => number;
  /** New frames are in the buffer; or why there can be none. */
  readonly tell: (trouble?: string) => void;
}

export const FRAMES_A_TURN = 512;
const TURN_MS = 250;

export class PacketTap {
  readonly #options: TapOptions;
  #wanted = false;
  #running = false;
  #closed = false;
  #capture: number | undefined;
  #endPause: (() => void) | undefined;

  constructor(options: TapOptions) {
    this.#options = options;
  }

  /** Begins, or ends. */
  want(wanted: boolean): void {
    this.#wanted = wanted && !this.#closed;
    if (this.#wanted && !this.#running) void this.#run();
    if (!this.#wanted) this.#stop();
  }

  /** The connection is over. */
  close(): void {
    this.#closed = true;
    this.#wanted = false;
    this.#endPause?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      // Event loop: ends when nobody wants frames any more, or the connection is over.
      while (this.#wanted) await this.#turn();
    } catch (error) {
      if (!this.#closed) this.#options.tell(error instanceof Error ? error.message : String(error));
    } finally {
      this.#running = false;
    }
  }

  /** One capture from its beginning to its end. */
  async #turn(): Promise<void> {
    const { client, frames, now, tell } = this.#options;
    const began = now();
    const wanted = { snaplen: FRAME_BYTES_KEPT, frames: FRAMES_A_TURN };
    const { capture } = await client.request("capture", wanted);
    this.#capture = capture;
    const reader = new PcapngReader();
    let lostBefore = 0;
    // Bound: the capture ends by its number of frames, or because nobody wants it.
    for (;;) {
      if (!this.#wanted) this.#stop();
      const read = now();
      const { data, lost, done } = await client.request("captureRead", { capture });
      const found = reader.push(Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)));
      if (lost > lostBefore) frames.markGap();
      lostBefore = lost;
      if (found.length > 0) {
        // Each thread's come together.
        frames.append(found.toSorted((a, b) => a.timeMs - b.timeMs));
        tell();
      }
      if (done) break;
      await this.#pause(read + TURN_MS - now());
    }
    this.#capture = undefined;
    await this.#pause(began + TURN_MS - now());
    frames.markGap();
  }

  #stop(): void {
    const capture = this.#capture;
    this.#capture = undefined;
    if (capture === undefined || this.#closed) return;
    // The rest is read in `#turn`, which ends with it.
    this.#options.client.request("captureStop", { capture }).catch(() => undefined);
    this.#endPause?.();
  }

  #pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
