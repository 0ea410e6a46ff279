// What carriers are told of guests that come and go at the same time: in one letter each. A letter for every
// guest costs both threads more than the rest of its boot. Control thread only.

import { LETTER_GUESTS_MAX } from "../limits.ts";

/** A thread that is told of guests. */
export interface Sender {
  /** Who has come and gone on other threads. */
  sendPeers(): void;
  /** Its own new guests. */
  sendSeats(): void;
}

export class Outbox {
  readonly #senders = new Set<Sender>();
  #waiting = 0;

  /** A sender has something more to tell; it is told before the event loop goes on. */
  note(sender: Sender): void {
    this.#senders.add(sender);
    if (++this.#waiting === 1) process.nextTick(() => this.flush());
    if (this.#waiting >= LETTER_GUESTS_MAX) this.flush();
  }

  /** Nobody is started before everybody that it may send to has been told of it. */
  flush(): void {
    if (this.#waiting === 0) return;
    this.#waiting = 0;
    for (const sender of this.#senders) sender.sendPeers();
    for (const sender of this.#senders) sender.sendSeats();
    this.#senders.clear();
  }
}
