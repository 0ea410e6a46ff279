// Acknowledgements of a batch: TCP answers every second segment, and each answer to a TAP interface is a call
// of the system in which the sender's whole TCP runs. While more frames come, the newest one speaks for those
// before it (RFC 9293, 3.4: an acknowledgement is of everything up to it).

import { BODY, get16, get32, IP } from "./wire.ts";
import { BODY6, isIp6Frame } from "./wire6.ts";

const TCP_BYTES = 20;
const BARE_BYTES = BODY6 + TCP_BYTES;
const ACK = 0x10;
/** The two addresses: where they begin, and what they come to. */
const ADDRESSES = { ip4: [IP + 12, 8], ip6: [IP + 8, 32] } as const;
/** Of the TCP header. */
const [PORTS, NUMBER, OFFSET_AND_FLAGS, WINDOW] = [0, 8, 12, 14];

export class Acks {
  readonly #output: (frame: Uint8Array, segmentBytes: number) => void;
  readonly #held = new Uint8Array(BARE_BYTES);
  #heldBytes = 0;
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
    const body = isIp6Frame(frame) ? BODY6 : BODY;
    if (!this.#holds || !isBare(frame, body)) {
      this.#release();
      this.#heldBytes = 0; // This one may say more than what lies there.
      this.#output(frame, segmentBytes);
      return;
    }
    // What was sent last still lies there.
    const more = this.#isOfHeld(frame, body) ? this.#moreThanHeld(frame, body) : -1;
    const isSaid = more > 0 || (more === 0 && this.#isNews && this.#isWider(frame, body));
    if (this.#isHeld && !isSaid) this.#release();
    this.#isNews = more > 0 || (this.#isHeld && more === 0);
    this.#held.set(frame);
    this.#heldBytes = frame.length;
    this.#isHeld = true;
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#output(this.#held.subarray(0, this.#heldBytes), 0);
  }

  #isOfHeld(frame: Uint8Array, body: number): boolean {
    const held = this.#held;
    if (frame.length !== this.#heldBytes) return false;
    const [from, bytes] = body === BODY6 ? ADDRESSES.ip6 : ADDRESSES.ip4;
    // Bound: 8.
    for (let at = from; at < from + bytes; at += 4) if (get32(frame, at) !== get32(held, at)) return false;
    return get32(frame, body + PORTS) === get32(held, body + PORTS);
  }

  /** One that says the same again is how a sender hears of a loss, and counts. */
  #moreThanHeld(frame: Uint8Array, body: number): number {
    return (get32(frame, body + NUMBER) - get32(this.#held, body + NUMBER)) | 0;
  }

  /** The same again with a larger window says nothing of a loss. */
  #isWider(frame: Uint8Array, body: number): boolean {
    return get16(frame, body + WINDOW) > get16(this.#held, body + WINDOW);
  }
}

/** Nothing but an acknowledgement: no bytes, no options, no other flag. */
function isBare(frame: Uint8Array, body: number): boolean {
  const isShort = frame.length === body + TCP_BYTES;
  return isShort && get16(frame, body + OFFSET_AND_FLAGS) === (((TCP_BYTES / 4) << 12) | ACK);
}
