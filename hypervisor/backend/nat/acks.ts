// Acknowledgements of a batch: TCP answers every second segment, and each answer to a TAP interface is a call
// of the system in which the sender's whole TCP runs. While more frames come, the newest one speaks for those
// before it (RFC 9293, 3.4: an acknowledgement is of everything up to it).

import { BODY, get16, get32, IP, IPV4_BYTES, put32 } from "./wire.ts";

const TCP_BYTES = 20;
const BARE_BYTES = BODY + TCP_BYTES;
const ACK = 0x10;
/** Of the TCP header. */
const [PORTS, NUMBER, OFFSET_AND_FLAGS, WINDOW] = [0, 8, 12, 14];

export class Acks {
  readonly #output: (frame: Uint8Array, segmentBytes: number) => void;
  readonly #held = new Uint8Array(BARE_BYTES);
  #isHeld = false;
  /** What it acknowledges nobody has been told before: whoever says it again can speak for it. */
  #isNews = false;
  #holds = false;

  /** `output` is given frames that are its own only until it returns, and what `send` was told of them. */
  constructor(output: (frame: Uint8Array, segmentBytes: number) => void) {
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

  /** A frame with a segment of lwIP's, or with many of so many bytes. */
  send(frame: Uint8Array, segmentBytes = 0): void {
    if (this.#holds && isBare(frame)) {
      // What was sent last still lies there.
      const more = this.#isOfHeld(frame) ? this.#moreThanHeld(frame) : -1;
      if (this.#isHeld && more <= 0 && !(more === 0 && this.#isNews && this.#isWider(frame))) this.#release();
      this.#isNews = more > 0 || (this.#isHeld && more === 0);
      this.#held.set(frame);
      this.#isHeld = true;
      return;
    }
    this.#release();
    put32(this.#held, IP + 16, 0); // It may say more than what lies there.
    this.#output(frame, segmentBytes);
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#output(this.#held, 0);
  }

  #isOfHeld(frame: Uint8Array): boolean {
    return isSame(frame, this.#held, IP + 16) && isSame(frame, this.#held, BODY + PORTS);
  }

  /** One that says the same again is how a sender hears of a loss, and counts. */
  #moreThanHeld(frame: Uint8Array): number {
    return (get32(frame, BODY + NUMBER) - get32(this.#held, BODY + NUMBER)) | 0;
  }

  /** The same again with a larger window says nothing of a loss. */
  #isWider(frame: Uint8Array): boolean {
    return get16(frame, BODY + WINDOW) > get16(this.#held, BODY + WINDOW);
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
