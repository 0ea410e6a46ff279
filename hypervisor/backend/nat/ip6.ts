// The gateway's IPv6: neighbour discovery and advertisements of its own, and TCP, UDP and pings handed to
// what serves IPv4 too. Packets in, packets out; nothing that a guest sends ends it.

import { macText } from "../../datapath/mac-text.ts";
import type { Connections } from "./connections.ts";
import type { PingEnds, Pings } from "./pings.ts";
import type { UdpFlows } from "./udp-flows.ts";
import { Advertiser } from "./advertiser.ts";
import { Fragments } from "./fragments.ts";
import { cut6, takePiece6 } from "./fragments6.ts";
import type { Unreached } from "./frames.ts";
import { bareOf } from "./headers6.ts";
import { HOPS, LINK_LOCAL, Neighbours6 } from "./neighbours6.ts";
import { type Address, copyOf, type Datagram, get16, IP, TCP, UDP, UDP_BYTES } from "./wire.ts";
import {
  BODY6,
  digitsOfMac,
  ECHO6,
  FRAGMENT,
  ICMP6,
  icmp6Frame,
  ip6At,
  ip6Bytes,
  ip6Text,
  isGroup6,
  isWhole6,
  LEAST_MTU6,
  NOBODY,
  SOURCE6,
  TARGET6,
  udp6Frame,
} from "./wire6.ts";

const [ROUTER_SOLICIT, NEIGHBOUR_SOLICIT, NEIGHBOUR_ADVERTISE, REDIRECT] = [133, 135, 136, 137];
/** Kinds and codes of what is told of a packet that did not get there. */
const UNREACHABLE = { type: 1, forbidden: 1, host: 3, port: 4 } as const;
const ICMP_BYTES = 8;
/** As much of a packet is quoted as every link carries. */
const QUOTED_BYTES = LEAST_MTU6 - (BODY6 - IP) - ICMP_BYTES;

export interface Ip6Parts {
  /** 32 digits; the first 16 are the network's prefix. */
  readonly gateway: string;
  readonly mac: Uint8Array;
  readonly mtu: number;
  /** A large frame has segments of so many bytes, any other 0. */
  readonly send: (frame: Uint8Array, segmentBytes: number) => void;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly dns: () => boolean;
  readonly isPlanned: (mac: string) => boolean;
  /** By what the connections of a station with this MAC address are counted. */
  readonly shareOf: (mac: string) => Address;
  readonly mayReach: (target: string) => boolean;
  /** A datagram for the gateway itself. False: nobody takes it. */
  readonly toGateway: (datagram: Datagram<string>, share: Address) => boolean;
  readonly connections: Pick<Connections, "receive">;
  readonly udp: Pick<UdpFlows, "outward">;
  readonly pings: Pick<Pings, "outward">;
}

export class Ip6 {
  readonly #parts: Ip6Parts;
  readonly #addresses: readonly [string, string];
  /** The same as bytes, and their first halves. */
  readonly #gateways: readonly [Uint8Array, Uint8Array];
  readonly #insides: readonly [Uint8Array, Uint8Array];
  readonly #neighbours: Neighbours6;
  readonly #advertiser: Advertiser;
  readonly #fragments: Fragments;

  constructor(parts: Ip6Parts) {
    this.#parts = parts;
    const { gateway, mac, mtu, send, nowMs, isPlanned, dns } = parts;
    this.#addresses = [gateway, `${LINK_LOCAL}${digitsOfMac(mac)}`];
    const [own, linkLocal] = this.#addresses.map((text) => Uint8Array.from(ip6Bytes(text)));
    this.#gateways = [own, linkLocal] as [Uint8Array, Uint8Array];
    this.#insides = this.#gateways.map((bytes) => bytes.subarray(0, 8)) as [Uint8Array, Uint8Array];
    this.#neighbours = new Neighbours6({ addresses: this.#addresses, mac, send, nowMs, isPlanned });
    this.#advertiser = new Advertiser({
      neighbours: this.#neighbours,
      addresses: this.#addresses,
      mac,
      mtu,
      dns,
    });
    this.#fragments = new Fragments(nowMs);
  }

  get gateway(): string {
    return this.#parts.gateway;
  }

  /** Takes over another plan. */
  replan(): void {
    this.#neighbours.replan();
    this.#advertiser.changed();
  }

  close(): void {
    this.#advertiser.close();
  }

  isGateway(address: string): boolean {
    return this.#addresses.includes(address);
  }

  isInside(address: string): boolean {
    return this.#neighbours.isInside(address);
  }

  /**
   * The addresses that a station was heard with, and the MAC address of the station that was heard with one.
   */
  addressesOf(mac: string): readonly string[] {
    return this.#neighbours.addressesOf(mac);
  }

  ownerOf(address: string): string | undefined {
    return this.#neighbours.ownerOf(address);
  }

  /**
   * A frame from the network, `judged` as `Nat` has it. False: its packet is not one, or not from where it
   * says.
   */
  read(frame: Uint8Array, judged: boolean): boolean {
    if (frame.length < BODY6 || (frame[IP] as number) >>> 4 !== 6) return false;
    const length = get16(frame, IP + 4);
    if (BODY6 + length > frame.length) return false;
    const packet = frame.subarray(0, BODY6 + length); // What stands behind it is padding.
    const isUnnumbered = isNobody(packet);
    if (!isUnnumbered && !this.#neighbours.hear(packet)) return false;
    if (packet[IP + 6] === TCP) return !isUnnumbered && this.#readTcp(packet, judged);
    const bare = bareOf(packet);
    if (!bare) return false;
    if (bare[IP + 6] !== FRAGMENT) return this.#readWhole(bare, isUnnumbered, true);
    if (isUnnumbered) return false;
    const whole = takePiece6(this.#fragments, bare);
    if (!whole) return true;
    const inner = bareOf(whole);
    return inner !== undefined && this.#readWhole(inner, false, false);
  }

  #readWhole(packet: Uint8Array, isUnnumbered: boolean, isOnePiece: boolean): boolean {
    const protocol = packet[IP + 6];
    if (protocol === ICMP6) return this.#readIcmp(packet, isUnnumbered, isOnePiece);
    if (isUnnumbered) return false;
    if (protocol === TCP) return isOnePiece && this.#readTcp(packet, false);
    return protocol === UDP && this.#readUdp(packet);
  }

  #readTcp(packet: Uint8Array, judged: boolean): boolean {
    // By bytes: these are most packets.
    if (packet[TARGET6] === 0xff) return false;
    if (this.#insides.some((inside) => begins(packet, TARGET6, inside))) {
      if (!this.#gateways.some((bytes) => begins(packet, TARGET6, bytes))) return false;
    } else if (begins(packet, SOURCE6, this.#insides[1])) return false;
    this.#parts.connections.receive(packet, packet.length - BODY6, judged);
    return true;
  }

  #readUdp(packet: Uint8Array): boolean {
    if (packet.length < BODY6 + UDP_BYTES) return false;
    const length = get16(packet, BODY6 + 4);
    if (length < UDP_BYTES || BODY6 + length > packet.length || get16(packet, BODY6 + 6) === 0) return false;
    if (!isWhole6(packet, UDP, length)) return false;
    const target = ip6At(packet, TARGET6);
    if (isGroup6(target)) return true; // Not for the world.
    const datagram: Datagram<string> = {
      source: ip6At(packet, SOURCE6),
      sourcePort: get16(packet, BODY6),
      target,
      targetPort: get16(packet, BODY6 + 2),
      payload: packet.subarray(BODY6 + UDP_BYTES, BODY6 + length),
    };
    if (datagram.sourcePort === 0 || datagram.targetPort === 0) return false;
    const share = this.shareOf(packet);
    if (this.isGateway(target)) {
      if (!this.#parts.toGateway(datagram, share)) this.unreachable(packet, "port");
      return true;
    }
    if (!this.#isOutward(packet, target)) return false;
    if (this.#parts.mayReach(target)) this.#parts.udp.outward(datagram, ip6Text(target), share);
    else this.unreachable(packet, "forbidden");
    return true;
  }

  #readIcmp(packet: Uint8Array, isUnnumbered: boolean, isOnePiece: boolean): boolean {
    if (packet.length < BODY6 + 4 || !isWhole6(packet, ICMP6)) return false;
    const type = packet[BODY6] as number;
    if (type >= ROUTER_SOLICIT && type <= REDIRECT) {
      // From this link, and whole: RFC 4861, 7.1; RFC 6980.
      if (packet[IP + 7] !== HOPS || !isOnePiece) return false;
      if (type === ROUTER_SOLICIT) return this.#advertiser.read(packet, isUnnumbered);
      if (type === NEIGHBOUR_SOLICIT || type === NEIGHBOUR_ADVERTISE)
        return this.#neighbours.read(packet, isUnnumbered);
      return false; // Other routers are none of ours.
    }
    const target = ip6At(packet, TARGET6);
    if (isUnnumbered) return isGroup6(target);
    if (type !== ECHO6.request || isGroup6(target)) return true;
    if (packet.length < BODY6 + ICMP_BYTES) return false;
    const source = ip6At(packet, SOURCE6);
    if (this.isGateway(target)) {
      const message = copyOf(packet, BODY6);
      message[0] = ECHO6.reply;
      this.send(icmp6Frame(target, source, message));
      return true;
    }
    if (!this.#isOutward(packet, target)) return true;
    const ends: PingEnds = { source, target, share: this.shareOf(packet) };
    if (this.#parts.mayReach(target)) this.#parts.pings.outward(ends, packet.subarray(BODY6));
    else this.unreachable(packet, "forbidden");
    return true;
  }

  /** Says that the packet of a frame did not get where it was to go. */
  unreachable(frame: Uint8Array, code: Unreached): void {
    const [source, target] = [ip6At(frame, SOURCE6), ip6At(frame, TARGET6)];
    const quoted = frame.subarray(IP, Math.min(frame.length, IP + QUOTED_BYTES));
    const message = new Uint8Array(ICMP_BYTES + quoted.length);
    message[0] = UNREACHABLE.type;
    message[1] = UNREACHABLE[code];
    message.set(quoted, ICMP_BYTES);
    // A port's absence is told by the one who lacks it, all else by the gateway.
    this.send(icmp6Frame(code === "port" ? target : this.gateway, source, message));
  }

  sendDatagram(datagram: Datagram<string>): void {
    this.send(udp6Frame(datagram));
  }

  /** A packet for a station, as a frame, which may be large; in pieces where it is too long. */
  send(frame: Uint8Array, segmentBytes = 0): void {
    const { mtu, random } = this.#parts;
    if (segmentBytes > 0 || frame.length - IP <= mtu) return this.#neighbours.send(frame, segmentBytes);
    for (const piece of cut6(frame, mtu, random())) this.#neighbours.send(piece);
  }

  /** By what the connections and flows of a frame's sender are counted. */
  shareOf(frame: Uint8Array): Address {
    return this.#parts.shareOf(macText(frame, 6));
  }

  /** Not for a station of the network, and from an address that means something behind it. */
  #isOutward(packet: Uint8Array, target: string): boolean {
    return !this.isInside(target) && !ip6At(packet, SOURCE6).startsWith(LINK_LOCAL);
  }
}

function begins(packet: Uint8Array, at: number, bytes: Uint8Array): boolean {
  // Bound: 16.
  for (let index = 0; index < bytes.length; index++) if (packet[at + index] !== bytes[index]) return false;
  return true;
}

function isNobody(packet: Uint8Array): boolean {
  return packet[SOURCE6] === 0 && ip6At(packet, SOURCE6) === NOBODY;
}
