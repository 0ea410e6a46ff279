// NBD volumes on the control thread: each has a thread with a connection, and a mailbox for each of its
// devices.

import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import type { VolumeNotice } from "../../datapath/block-store.ts";
import { startHostThread } from "../../host-thread.ts";
import { NBD_CONNECT_MS } from "../../limits.ts";
import { createMailbox } from "../../ring/mailbox.ts";
import type { Problem } from "./files.ts";
import { readNbdUrl, type NbdExport } from "./nbd-client.ts";
import type { NbdAnswer, NbdLetter, NbdStart } from "./nbd-letters.ts";

export class NbdVolume {
  readonly found: NbdExport;
  readonly #worker: Worker;
  /** By port of the device. They stay: its row may serve another device later. */
  readonly #mailboxes = new Map<number, SharedArrayBuffer>();

  private constructor(worker: Worker, found: NbdExport) {
    this.#worker = worker;
    this.found = found;
  }

  /** Connects, or says why not. */
  static async open(url: string): Promise<NbdVolume | Problem> {
    const address = readNbdUrl(url);
    if (!address) return { problem: `\`${url}\` is no NBD URL: nbd://HOST:PORT/EXPORT` };
    const start: NbdStart = { address };
    const worker = startHostThread("./nbd-thread", import.meta.url, { workerData: start, name: "nbd" });
    const late: NbdAnswer = { type: "failed", reason: `no answer within ${NBD_CONNECT_MS} ms` };
    const { promise, resolve } = Promise.withResolvers<NbdAnswer>();
    const timer = setTimeout(() => resolve(late), NBD_CONNECT_MS);
    worker.on("error", (error: unknown) => resolve({ type: "failed", reason: String(error) }));
    worker.once("message", resolve);
    const answer = await promise;
    clearTimeout(timer);
    if (answer.type === "ready") return new NbdVolume(worker, answer.found);
    void worker.terminate();
    return { problem: `${url} can't be opened: ${answer.reason}` };
  }

  /** The notice with the mailbox of the device at `port`; of another volume on it too. */
  noticeFor(port: number, notice: VolumeNotice): VolumeNotice {
    if (notice.class === "overlay") return { ...notice, base: this.noticeFor(port, notice.base) };
    return notice.class === "nbd" ? { ...notice, mailbox: this.#mailboxOf(port) } : notice;
  }

  /** No guest's thread asks any more. */
  close(): void {
    const letter: NbdLetter = { type: "close" };
    this.#worker.postMessage(letter);
    const timer = setTimeout(() => void this.#worker.terminate(), NBD_CONNECT_MS);
    timer.unref();
    void once(this.#worker, "exit").then(() => clearTimeout(timer));
  }

  #mailboxOf(port: number): SharedArrayBuffer {
    let mailbox = this.#mailboxes.get(port);
    if (!mailbox) {
      mailbox = createMailbox();
      this.#mailboxes.set(port, mailbox);
      const letter: NbdLetter = { type: "serve", mailbox };
      this.#worker.postMessage(letter);
    }
    return mailbox;
  }
}
