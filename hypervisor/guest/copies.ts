// Copies of files into a PC and out of it, as the control thread sees them: bytes both ways, and no more of
// them on their way than PC_COPY_BYTES. One at a time of each guest. Control thread only.

import { refuse } from "../bus/outcome.ts";
import type { GuestCopy, Outcome } from "../hypervisor.ts";
import { PC_COPY_BYTES } from "../limits.ts";
import type { CopyNews, CopyOrder } from "../machine/pc/copy-words.ts";

export class Copies {
  #last = 0;
  #open: Copy | undefined;

  open(send: (order: CopyOrder) => void): Outcome<GuestCopy> {
    if (this.#open && !this.#open.closed) return refuse("busy", "a file is being copied there already");
    this.#open = new Copy(++this.#last, send);
    return { ok: true, value: this.#open };
  }

  hear(news: CopyNews): void {
    this.#open?.hear(news);
  }

  /** The guest has ended. */
  end(): void {
    this.#open?.close();
  }
}

class Copy implements GuestCopy {
  readonly #number: number;
  readonly #send: (order: CopyOrder) => void;
  readonly #came: Uint8Array[] = [];
  #greeting: string | undefined;
  /** Bytes that the guest has not taken. */
  #sent = 0;
  #over = false;
  #news = Promise.withResolvers<void>();
  closed = false;

  constructor(number: number, send: (order: CopyOrder) => void) {
    this.#number = number;
    this.#send = send;
    send({ do: "open", copy: number });
  }

  async greeting(): Promise<string | undefined> {
    // Bound: each turn waits for news; the copy's end is the last.
    while (this.#greeting === undefined && !this.#isOver) await this.#news.promise;
    return this.#greeting;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += PC_COPY_BYTES) {
      // Bound: as above.
      while (this.#sent >= PC_COPY_BYTES && !this.#isOver) await this.#news.promise;
      if (this.#isOver) return false;
      const piece = new Uint8Array(bytes.subarray(at, at + PC_COPY_BYTES));
      this.#sent += piece.length;
      this.#send({ do: "data", copy: this.#number, bytes: piece });
    }
    return !this.#isOver;
  }

  end(): void {
    this.#send({ do: "end", copy: this.#number });
  }

  async read(): Promise<Uint8Array | undefined> {
    // Bound: as above.
    while (this.#came.length === 0 && !this.#isOver) await this.#news.promise;
    const bytes = this.#came.shift();
    if (bytes) this.#send({ do: "more", copy: this.#number, bytes: bytes.length });
    return bytes;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#send({ do: "close", copy: this.#number });
    this.#tell();
  }

  hear(news: CopyNews): void {
    if (news.copy !== this.#number || this.closed) return;
    if (news.what === "begun") this.#greeting = Buffer.from(news.bytes).toString("latin1").trim();
    else if (news.what === "data") this.#came.push(news.bytes);
    else if (news.what === "taken") this.#sent -= news.count;
    else this.#over = true;
    this.#tell();
  }

  get #isOver(): boolean {
    return this.#over || this.closed;
  }

  #tell(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }
}
