// Acknowledgements of a batch: TCP answers every second segment, and each answer to a TAP interface is a call
// of the system in which the sender's whole TCP runs. While more frames come, the newest one speaks for those
// before it (RFC 9293, 3.4: an acknowledgement is of everything up to it).

import { BODY, get16, get32, IP, IPV4_BYTES } from "./wire.ts";

const TCP_BYTES = 20;
const BARE_BYTES = BODY + TCP_BYTES;
const ACK = 0x10;
/** Of the TCP header. */
const [PORTS, NUMBER, OFFSET_AND_FLAGS] = [0, 8, 12];

export class Acks {
  readonly #output: (frame: Uint8Array) => void;
  readonly #held = new Uint8Array(BARE_BYTES);
  #isHeld = false;
  #holds = false;

  /** `output` is given frames that are its own only until it returns. */
  constructor(output: (frame: Uint8Array) => void) {
    this.#output = output;
  }

  /** From here on the newest acknowledgement may wait for `end`, which has to come before anybody sleeps. */
  begin(): void {
    this.#holds = true;
  }

  end(): void {
    this.#holds = false;
    this.#release();
  }

  /** A frame with a segment of lwIP's. */
  send(frame: Uint8Array): void {
    if (this.#holds && isBare(frame)) {
      if (this.#isHeld && !this.#isAfterHeld(frame)) this.#release();
      this.#held.set(frame);
      this.#isHeld = true;
      return;
    }
    this.#release();
    this.#output(frame);
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#output(this.#held);
  }

  /**
   * Of the same connection, and of more: one that says the same again is how a sender hears of a loss, and
   * counts.
   */
  #isAfterHeld(frame: Uint8Array): boolean {
    const held = this.#held;
    const more = (get32(frame, BODY + NUMBER) - get32(held, BODY + NUMBER)) | 0;
    return more > 0 && isSame(frame, held, IP + 16) && isSame(frame, held, BODY + PORTS);
  }
}

/** Nothing but an acknowledgement: no bytes, no options, no other flag. */
function isBare(frame: Uint8Array): boolean {
  return (
    frame.length === BARE_BYTES &&
    get16(frame, IP + 2) === IPV4_BYTES + TCP_BYTES &&
    get16(frame, BODY + OFFSET_AND_FLAGS) === (((TCP_BYTES / 4) << 12) | ACK)
  );
}

const isSame = (a: Uint8Array, b: Uint8Array, at: number): boolean => get32(a, at) === get32(b, at);
