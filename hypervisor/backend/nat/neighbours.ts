// Who is where on the network: the MAC addresses of its stations, by what they send and by ARP. Only
// addresses of the subnet are learned, and one that the plan gives to a device belongs to that device alone.

import { NAT_NEIGHBOURS_MAX, NAT_PARKED_MAX } from "../../limits.ts";
import { copyOf, ETHERNET_BYTES, get16, get32, put16, put32, TYPE_ARP } from "./wire.ts";

const ARP_BYTES = 28;
const [REQUEST, REPLY] = [1, 2];
const EVERYBODY = new Uint8Array(6).fill(0xff);

export interface NeighboursParts {
  readonly address: number;
  readonly mac: Uint8Array;
  /** A large frame has segments of so many bytes, any other 0. */
  readonly send: (frame: Uint8Array, segmentBytes: number) => void;
  /** The MAC address that the plan gives to an address; undefined where it gives none. */
  readonly planned: (address: number) => Uint8Array | undefined;
  /** Whether a station of the network may have this address. */
  readonly isStation: (address: number) => boolean;
}

export class Neighbours {
  readonly #parts: NeighboursParts;
  /** In the order in which they were last heard. */
  readonly #known = new Map<number, Uint8Array>();
  /** Frames that wait for an answer, by the address that was asked for. */
  readonly #parked = new Map<number, Uint8Array>();

  constructor(parts: NeighboursParts) {
    this.#parts = parts;
  }

  /** Notes who sent a frame with this source. False: it may not be from there. */
  hear(address: number, frame: Uint8Array): boolean {
    const { planned, isStation } = this.#parts;
    if (!isStation(address)) return false;
    const owner = planned(address);
    if (owner) return isMac(frame, 6, owner);
    const known = this.#known.get(address);
    if (known && isMac(frame, 6, known)) return true;
    this.#known.delete(address);
    this.#known.set(address, copyOf(frame, 6, 12));
    if (this.#known.size > NAT_NEIGHBOURS_MAX) this.#known.delete(this.#known.keys().next().value as number);
    return true;
  }

  /** Answers questions for the gateway's address, and takes answers. */
  readArp(frame: Uint8Array): void {
    if (frame.length < ETHERNET_BYTES + ARP_BYTES || get32(frame, 14) !== 0x0001_0800) return;
    if (get16(frame, 18) !== 0x0604 || !isMac(frame, 6, frame.subarray(22, 28))) return;
    const [operation, sender, asked] = [get16(frame, 20), get32(frame, 28), get32(frame, 38)];
    // Who looks whether an address is free asks without one of its own.
    if (sender !== 0 && !this.hear(sender, frame)) return;
    if (operation === REQUEST && asked === this.#parts.address)
      this.#ask(REPLY, sender, copyOf(frame, 6, 12));
    const parked = this.#parked.get(sender);
    if (parked === undefined) return;
    this.#parked.delete(sender);
    this.send(sender, parked);
  }

  /**
   * Sends a frame to a station, with its MAC addresses; asks where it is and keeps the frame, one a station,
   * but for large ones, which TCP sends again.
   */
  send(target: number, frame: Uint8Array, segmentBytes = 0): void {
    const to = this.#parts.planned(target) ?? this.#known.get(target);
    if (to === undefined) {
      this.#ask(REQUEST, target, EVERYBODY);
      if (segmentBytes > 0) return;
      this.#parked.set(target, copyOf(frame));
      if (this.#parked.size > NAT_PARKED_MAX) this.#parked.delete(this.#parked.keys().next().value as number);
      return;
    }
    frame.set(to, 0);
    frame.set(this.#parts.mac, 6);
    put16(frame, 12, 0x0800);
    this.#parts.send(frame, segmentBytes);
  }

  #ask(operation: number, target: number, to: Uint8Array): void {
    const { address, mac, send } = this.#parts;
    const frame = new Uint8Array(ETHERNET_BYTES + ARP_BYTES);
    frame.set(to, 0);
    frame.set(mac, 6);
    put16(frame, 12, TYPE_ARP);
    put32(frame, 14, 0x0001_0800);
    put16(frame, 18, 0x0604);
    put16(frame, 20, operation);
    frame.set(mac, 22);
    put32(frame, 28, address);
    if (operation === REPLY) frame.set(to, 32);
    put32(frame, 38, target);
    send(frame, 0);
  }
}

function isMac(frame: Uint8Array, at: number, mac: Uint8Array): boolean {
  // Bound: 6.
  for (let index = 0; index < 6; index++) if (frame[at + index] !== mac[index]) return false;
  return true;
}
