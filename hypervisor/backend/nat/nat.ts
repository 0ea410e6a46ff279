// The gateway of a network, in user mode: ARP, ICMP echo, DHCP and DNS of its own, and TCP and UDP through
// sockets of the host. Frames in, frames out; nothing that a guest sends ends it. Runs where its frames come.

import type { NatFacts, NatSpec, Station } from "./spec.ts";
import { Acks } from "./acks.ts";
import { Connections, swapped, type Way } from "./connections.ts";
import { Dhcp, DHCP_PORTS } from "./dhcp.ts";
import { Flows } from "./flows.ts";
import { cut, Fragments, isFragment } from "./fragments.ts";
import { Neighbours } from "./neighbours.ts";
import { Pings } from "./pings.ts";
import { type Plan, planOf } from "./plan.ts";
import { Published } from "./published.ts";
import { maskOf, mayReach } from "./reach.ts";
import { Resolver } from "./resolver.ts";
import { UdpFlows } from "./udp-flows.ts";
import {
  addWords,
  BODY,
  BROADCAST,
  copyOf,
  type Datagram,
  ECHO,
  ETHERNET_BYTES,
  fold,
  get16,
  get32,
  ICMP,
  icmpFrame,
  IP,
  ip4Text,
  IPV4_BYTES,
  isUdpWhole,
  TCP,
  TYPE_ARP,
  TYPE_IPV4,
  UDP,
  UDP_BYTES,
  udpFrame,
} from "./wire.ts";

const DNS_PORT = 53;
const LOOPBACK = "127.0.0.1";
const UNREACHABLE = { type: 3, host: 1, port: 3, forbidden: 13 } as const;

/** What the gateway is given of its surroundings. */
export interface NatParts {
  /** Its own MAC address, and the longest packet of its network. */
  readonly mac: Uint8Array;
  readonly mtu: number;
  /** A frame for the network; only until the call returns. */
  readonly send: (frame: Uint8Array) => void;
  readonly nowMs: () => number;
  /** 32 bits that nobody can foresee. */
  readonly random: () => number;
  /** The host's DNS servers and its own addresses, as they are now. */
  readonly servers: () => readonly string[];
  readonly ownAddresses: () => readonly string[];
  /** Its facts are others. */
  readonly changed: () => void;
}

export class Nat {
  readonly #parts: NatParts;
  #spec: NatSpec;
  #plan: Plan;
  readonly #mac: Uint8Array;
  readonly #neighbours: Neighbours;
  readonly #acks: Acks;
  readonly #connections: Connections;
  readonly #flows: Flows;
  readonly #udp: UdpFlows;
  readonly #pings: Pings;
  readonly #published: Published;
  readonly #fragments: Fragments;
  readonly #dhcp: Dhcp;
  readonly #resolver: Resolver;
  #id = 0;
  #dropped = 0;

  /** `publish` is not open yet, and nobody planned: `set` does that. */
  constructor(spec: NatSpec, parts: NatParts) {
    this.#parts = parts;
    this.#spec = spec;
    this.#plan = planOf(spec, [], parts.mtu);
    this.#mac = parts.mac;
    const { nowMs, random, send, servers, changed, mtu } = parts;
    const { gateway } = this.#plan;
    this.#neighbours = new Neighbours({
      address: gateway,
      mac: this.#mac,
      send,
      planned: (address) => this.#plan.byIp.get(address),
      isStation: (address) => this.#isStation(address),
    });
    this.#acks = new Acks((frame) => this.#neighbours.send(get32(frame, IP + 16), frame));
    this.#connections = new Connections({
      stack: {
        address: swapped(gateway),
        mtu: Math.min(mtu, 65_535),
        output: (frame) => this.#acks.send(frame),
        random,
      },
      changed,
      wayTo: (target, port) => this.#wayTo(target, port),
      unreachable: (frame, code) => this.#unreachable(frame, code),
    });
    this.#flows = new Flows({ nowMs, changed });
    this.#udp = new UdpFlows({
      flows: this.#flows,
      gateway,
      send: (datagram) => this.#sendDatagram(datagram),
      refused: (ends) => this.#unreachable(udpFrame({ ...ends, payload: new Uint8Array(0) }, 0), "port"),
    });
    this.#pings = new Pings({
      flows: this.#flows,
      random,
      answer: ({ source, target }, message) => this.#sendIcmp(target, source, message),
      unreachable: ({ source, target }, message) =>
        this.#unreachable(icmpFrame(source, target, message, 0), "host"),
    });
    this.#published = new Published({
      offer: (socket, guest, port) => this.#connections.offer(socket, guest, port),
      publish: (port) => this.#udp.publish(port),
      addressOf: (device) => this.#plan.byDevice.get(device),
    });
    this.#fragments = new Fragments(nowMs);
    this.#dhcp = new Dhcp(nowMs);
    this.#resolver = new Resolver({
      servers,
      random,
      addressesOf: (name) => this.#plan.byName.get(name),
      nameOf: (address) => this.#plan.nameOf.get(address),
      isOwn: (address) => this.#isInside(address),
    });
  }

  /**
   * Takes over what can change while it runs: everything but `gateway` and `prefix`. The answer is why it
   * could not, one sentence; then everything is as before.
   */
  async set(spec: NatSpec, stations: readonly Station[]): Promise<string | undefined> {
    const problem = await this.#published.set(spec.publish);
    if (problem !== undefined) return problem;
    const before = this.#plan;
    this.#spec = spec;
    this.#plan = planOf(spec, stations, this.#parts.mtu);
    const isGone = (guest: number): boolean => before.byIp.has(guest) && !this.#plan.byIp.has(guest);
    this.#connections.drop(isGone);
    this.#flows.drop(isGone);
    this.#parts.changed();
    return undefined;
  }

  facts(): NatFacts {
    const { count, refused, broken } = this.#connections;
    return {
      connections: count,
      flows: this.#flows.count,
      refused: refused + this.#flows.refused,
      dropped: this.#dropped,
      broken,
      published: this.#published.ports,
    };
  }

  close(): void {
    this.#published.close();
    this.#connections.close();
    this.#flows.close();
  }

  /**
   * A frame from the network. It is the caller's again when the call returns. With `more`, others may follow
   * at once, and `flush` does after the last one: acknowledgements wait for it.
   */
  receive(frame: Uint8Array, more = false): void {
    if (more) this.#acks.begin();
    if (frame.length < ETHERNET_BYTES || !this.#isForUs(frame)) return;
    const type = get16(frame, 12);
    if (type === TYPE_ARP) this.#neighbours.readArp(frame);
    else if (type === TYPE_IPV4 && !this.#readPacket(frame)) this.#drop();
  }

  flush(): void {
    this.#acks.end();
  }

  #drop(): void {
    this.#dropped++;
    this.#parts.changed();
  }

  #isForUs(frame: Uint8Array): boolean {
    if (((frame[0] as number) & (frame[1] as number) & (frame[2] as number) & 0xff) === 0xff) return true;
    return this.#mac.every((byte, index) => frame[index] === byte);
  }

  /** False: the packet is not one, or not from where it says. */
  #readPacket(frame: Uint8Array): boolean {
    if (frame.length < BODY || frame[IP] !== 0x45) return false;
    const length = get16(frame, IP + 2);
    if (length < IPV4_BYTES || IP + length > frame.length || fold(addWords(frame, IP, BODY)) !== 0)
      return false;
    const packet = frame.subarray(0, IP + length); // What stands behind it is padding.
    const source = get32(packet, IP + 12);
    if (source === 0) return this.#readDhcp(packet);
    if (!this.#neighbours.hear(source, packet)) return false;
    if (!isFragment(packet)) return this.#readWhole(packet);
    if (packet[IP + 9] === TCP) return false;
    const whole = this.#fragments.take(packet);
    return whole === undefined || this.#readWhole(whole);
  }

  #readWhole(packet: Uint8Array): boolean {
    const target = get32(packet, IP + 16);
    const length = packet.length - BODY;
    switch (packet[IP + 9]) {
      case TCP:
        if (target !== this.#plan.gateway && this.#isInside(target)) return false;
        this.#connections.receive(packet, length);
        return true;
      case UDP:
        return this.#readUdp(packet, target);
      case ICMP:
        return this.#readIcmp(packet, target);
      default:
        return false;
    }
  }

  #readDhcp(packet: Uint8Array): boolean {
    const isDhcp = packet[IP + 9] === UDP && packet.length >= BODY + UDP_BYTES;
    return (
      isDhcp && get16(packet, BODY + 2) === DHCP_PORTS.server && this.#readUdp(packet, get32(packet, IP + 16))
    );
  }

  #readUdp(packet: Uint8Array, target: number): boolean {
    if (packet.length < BODY + UDP_BYTES) return false;
    const length = get16(packet, BODY + 4);
    if (length < UDP_BYTES || BODY + length > packet.length || !isUdpWhole(packet, length)) return false;
    const datagram: Datagram = {
      source: get32(packet, IP + 12),
      sourcePort: get16(packet, BODY),
      target,
      targetPort: get16(packet, BODY + 2),
      payload: packet.subarray(BODY + UDP_BYTES, BODY + length),
    };
    const { gateway } = this.#plan;
    if (datagram.targetPort === DHCP_PORTS.server && (target === gateway || target === BROADCAST)) {
      if (this.#spec.dhcp) this.#answerDhcp(datagram);
      return true;
    }
    if (datagram.source === 0 || datagram.sourcePort === 0 || datagram.targetPort === 0) return false;
    if (target === gateway) this.#toGateway(datagram, packet);
    else if (this.#isInside(target)) return false;
    else if (target === BROADCAST || target >>> 28 === 0xe)
      return true; // Not for the world.
    else if (this.#mayReach(target)) this.#udp.outward(datagram, ip4Text(target));
    else this.#unreachable(packet, "forbidden");
    return true;
  }

  #toGateway(datagram: Datagram, packet: Uint8Array): void {
    const { targetPort, payload, source, sourcePort, target } = datagram;
    if (targetPort === DNS_PORT && this.#spec.dns) {
      void this.#resolver.resolve(copyOf(payload), false).then((answer) => {
        if (!answer) return;
        this.#sendDatagram({
          source: target,
          sourcePort: DNS_PORT,
          target: source,
          targetPort: sourcePort,
          payload: answer,
        });
      });
      return;
    }
    if (this.#udp.answer(datagram)) return;
    if (this.#spec.outward && this.#spec.hostAccess) this.#udp.outward(datagram, LOOPBACK);
    else this.#unreachable(packet, "port");
  }

  #answerDhcp({ payload }: Datagram): void {
    const answer = this.#dhcp.answer(payload, this.#plan);
    if (!answer) return;
    const { gateway: source } = this.#plan;
    const { server: sourcePort, client: targetPort } = DHCP_PORTS;
    const datagram = {
      source,
      sourcePort,
      targetPort,
      target: answer.target ?? BROADCAST,
      payload: answer.payload,
    };
    if (answer.target !== undefined) return this.#sendDatagram(datagram);
    const frame = udpFrame(datagram, this.#nextId());
    frame.fill(0xff, 0, 6);
    frame.set(this.#mac, 6);
    frame[12] = TYPE_IPV4 >>> 8;
    this.#parts.send(frame);
  }

  #readIcmp(packet: Uint8Array, target: number): boolean {
    if (packet.length < BODY + 8 || fold(addWords(packet, BODY, packet.length)) !== 0) return false;
    if (packet[BODY] !== ECHO.request) return true;
    const source = get32(packet, IP + 12);
    if (target !== this.#plan.gateway) {
      if (this.#isInside(target)) return true;
      if (this.#mayReach(target)) this.#pings.outward({ source, target }, packet.subarray(BODY));
      else this.#unreachable(packet, "forbidden");
      return true;
    }
    const message = copyOf(packet, BODY);
    message[0] = ECHO.reply;
    this.#sendIcmp(target, source, message);
    return true;
  }

  #wayTo(target: number, port: number): Way {
    const { dns, outward, hostAccess } = this.#spec;
    if (target === this.#plan.gateway) {
      if (dns && port === DNS_PORT) return { to: "service", open: () => this.#resolver.stream() };
      return outward && hostAccess && port !== 0 ? { to: "place", host: LOOPBACK, port } : { to: "refused" };
    }
    if (port === 0 || !this.#mayReach(target)) return { to: "forbidden" };
    return { to: "place", host: ip4Text(target), port };
  }

  #mayReach(target: number): boolean {
    const { outward, hostAccess } = this.#spec;
    return mayReach(target, { outward, hostAccess, own: hostAccess ? [] : this.#parts.ownAddresses() });
  }

  /** Says that the packet of a frame did not get where it was to go. */
  #unreachable(frame: Uint8Array, code: keyof Omit<typeof UNREACHABLE, "type">): void {
    const [source, target] = [get32(frame, IP + 12), get32(frame, IP + 16)];
    const quoted = frame.subarray(IP, Math.min(frame.length, BODY + 8));
    const message = new Uint8Array(8 + quoted.length);
    message[0] = UNREACHABLE.type;
    message[1] = UNREACHABLE[code];
    message.set(quoted, 8);
    // A port's absence is told by the one who lacks it, all else by the gateway.
    const from = code === "port" ? target : this.#plan.gateway;
    this.#sendIcmp(from, source, message);
  }

  #sendIcmp(source: number, target: number, message: Uint8Array): void {
    this.#sendPacket(target, icmpFrame(source, target, message, this.#nextId()));
  }

  #sendDatagram(datagram: Datagram): void {
    this.#sendPacket(datagram.target, udpFrame(datagram, this.#nextId()));
  }

  #sendPacket(target: number, frame: Uint8Array): void {
    for (const piece of cut(frame, this.#parts.mtu)) this.#neighbours.send(target, piece);
  }

  #nextId(): number {
    this.#id = (this.#id + 1) & 0xffff;
    return this.#id;
  }

  #isInside(address: number): boolean {
    return ((address ^ this.#plan.gateway) & maskOf(this.#plan.prefix)) === 0;
  }

  /** Neither the gateway, nor the subnet's own name or its broadcast. */
  #isStation(address: number): boolean {
    const host = (address & ~maskOf(this.#plan.prefix)) >>> 0;
    const all = ~maskOf(this.#plan.prefix) >>> 0;
    return this.#isInside(address) && address !== this.#plan.gateway && host !== 0 && host !== all;
  }
}
