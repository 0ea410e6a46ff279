// Advertisements of a router (RFC 4861, 4862, 8106): by these stations give themselves addresses of the
// network's prefix, and know their way out and whom to ask for names. The gateway answers who asks, and from
// the first question on says it to all from time to time; a network without IPv6 hears nothing.

import { put16, put32 } from "./wire.ts";
import { ALL_NODES, BODY6, icmp6Frame, ip6At, ip6Bytes, SOURCE6 } from "./wire6.ts";
import { HOPS, linkOf, type Neighbours6 } from "./neighbours6.ts";

const ADVERTISE = 134;
/** How long stations believe what they were told, seconds, and how often all are told, milliseconds. */
const ROUTER_S = 1800;
const ADVERTISE_MS = 200_000;
const [SOLICIT_BYTES, FIXED_BYTES] = [8, 16];
const OPTION = { sourceLink: 1, prefix: 3, mtu: 5, servers: 25 } as const;
const [ON_LINK, AUTONOMOUS] = [0x80, 0x40];
const HOP_LIMIT = 64;
const PREFIX_BITS = 64;

export interface AdvertiserParts {
  readonly neighbours: Neighbours6;
  /** The gateway's addresses: the one in the network's prefix first. */
  readonly addresses: readonly [string, string];
  readonly mac: Uint8Array;
  readonly mtu: number;
  /** Whether the gateway answers names now. */
  readonly dns: () => boolean;
}

export class Advertiser {
  readonly #parts: AdvertiserParts;
  #advertising: NodeJS.Timeout | undefined;

  constructor(parts: AdvertiserParts) {
    this.#parts = parts;
  }

  /** A solicitation whose checksum and hops are right. False: it is none. */
  read(frame: Uint8Array, isUnnumbered: boolean): boolean {
    if (frame.length < BODY6 + SOLICIT_BYTES || frame[BODY6 + 1] !== 0) return false;
    const link = linkOf(frame, OPTION.sourceLink, BODY6 + SOLICIT_BYTES);
    if (link === "bad" || (isUnnumbered && link)) return false;
    const target = isUnnumbered ? ALL_NODES : ip6At(frame, SOURCE6);
    this.#parts.neighbours.sendBack(frame, this.#frameFor(target));
    this.#advertising ??= setInterval(() => this.tellAll(), ADVERTISE_MS);
    return true;
  }

  /** What it says is another now: stations that use it hear that. */
  changed(): void {
    if (this.#advertising) this.tellAll();
  }

  tellAll(): void {
    this.#parts.neighbours.sendAll(this.#frameFor(ALL_NODES));
  }

  close(): void {
    clearInterval(this.#advertising);
    this.#advertising = undefined;
  }

  #frameFor(target: string): Uint8Array {
    const { addresses, mac, mtu, dns } = this.#parts;
    const [own, linkLocal] = addresses;
    const message = new Uint8Array(FIXED_BYTES + 8 + 8 + 32 + 24);
    message[0] = ADVERTISE;
    message[4] = HOP_LIMIT;
    put16(message, 6, ROUTER_S);
    let at = FIXED_BYTES;
    const begin = (option: number, bytes: number): void => {
      message.set([option, bytes / 8], at);
      at += bytes;
    };
    message.set(mac, at + 2);
    begin(OPTION.sourceLink, 8);
    put32(message, at + 4, mtu);
    begin(OPTION.mtu, 8);
    message.set([PREFIX_BITS, ON_LINK | AUTONOMOUS], at + 2);
    put32(message, at + 4, ROUTER_S * 2);
    put32(message, at + 8, ROUTER_S);
    message.set(ip6Bytes(own).subarray(0, PREFIX_BITS / 8), at + 16);
    begin(OPTION.prefix, 32);
    put32(message, at + 4, dns() ? ROUTER_S : 0);
    message.set(ip6Bytes(own), at + 8);
    begin(OPTION.servers, 24);
    return icmp6Frame(linkLocal, target, message, HOPS);
  }
}
