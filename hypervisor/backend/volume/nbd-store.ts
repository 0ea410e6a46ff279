// A volume on another machine: the guest's thread asks the thread that has the connection, and waits.

import type { BlockStore } from "../../datapath/block-store.ts";
import { REQUEST_OP } from "../../ring/abi.ts";
import { ask, takeOver, viewMailbox, type Mailbox } from "../../ring/mailbox.ts";

export class NbdStore implements BlockStore {
  readonly #mailbox: Mailbox;

  constructor(mailbox: SharedArrayBuffer) {
    this.#mailbox = viewMailbox(mailbox);
    takeOver(this.#mailbox);
  }

  read(offset: number, into: Uint8Array, at: number, length: number): number {
    const status = ask(this.#mailbox, REQUEST_OP.read, offset, length);
    if (status === 0) into.set(this.#mailbox.data.subarray(0, length), at);
    return status;
  }

  write(offset: number, from: Uint8Array, at: number, length: number): number {
    this.#mailbox.data.set(from.subarray(at, at + length));
    return ask(this.#mailbox, REQUEST_OP.write, offset, length);
  }

  flush(): number {
    return ask(this.#mailbox, REQUEST_OP.flush, 0, 0);
  }

  discard(offset: number, length: number): number {
    return ask(this.#mailbox, REQUEST_OP.discard, offset, length);
  }
}
