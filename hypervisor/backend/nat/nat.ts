// The gateway of a network, in user mode: ARP, ICMP echo, DHCP and DNS of its own, and TCP and UDP through
// sockets of the host; of IPv6 by `ip6.ts`. Frames in, frames out, where they come; no guest's frame ends it.

import type { NatFacts, NatSpec, Station } from "./spec.ts";
import { Acks } from "./acks.ts";
import { Connections, swapped, type Way } from "./connections.ts";
import { Dhcp, DHCP_PORTS } from "./dhcp.ts";
import { Directory } from "./directory.ts";
import { Flows } from "./flows.ts";
import { cut, Fragments, isFragment } from "./fragments.ts";
import { datagramFrame, messageFrame, type Unreached, unreachedFrame } from "./frames.ts";
import { Ip6 } from "./ip6.ts";
import { Neighbours } from "./neighbours.ts";
import { Pings } from "./pings.ts";
import { hasLost, isInside, isStation, type Plan, planOf } from "./plan.ts";
import { Published } from "./published.ts";
import { mayReach } from "./reach.ts";
import { mayReach6 } from "./reach6.ts";
import { Resolver } from "./resolver.ts";
import { UdpFlows } from "./udp-flows.ts";
import {
  type Address,
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
import { ip6Bytes, ip6Of, ip6Text, isDatagram6, isIp6Frame, LEAST_MTU6, TYPE_IPV6 } from "./wire6.ts";

const DNS_PORT = 53;
const [LOOPBACK, LOOPBACK6] = ["127.0.0.1", "::1"];

/** What the gateway is given of its surroundings. */
export interface NatParts {
  /** Its own MAC address, and the longest packet of its network. */
  readonly mac: Uint8Array;
  readonly mtu: number;
  /** A frame for the network, or a large one of segments of so many bytes; only until the call returns. */
  readonly send: (frame: Uint8Array, segmentBytes: number) => void;
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
  readonly #ip6: Ip6 | undefined;
  readonly #acks: Acks;
  readonly #connections: Connections;
  readonly #flows: Flows;
  readonly #udp: UdpFlows;
  readonly #pings: Pings;
  readonly #published: Published;
  readonly #fragments: Fragments;
  readonly #dhcp: Dhcp;
  readonly #resolver: Resolver;
  readonly #directory = new Directory(
    () => this.#plan,
    () => this.#ip6,
  );
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
    const gateway6 = mtu < LEAST_MTU6 ? undefined : ip6Of(spec.gateway6 ?? "");
    this.#neighbours = new Neighbours({
      address: gateway,
      mac: this.#mac,
      send,
      planned: (address) => this.#plan.byIp.get(address),
      isStation: (address) => isStation(this.#plan, address),
    });
    this.#acks = new Acks((frame, segmentBytes) => this.#sendPacket(frame, segmentBytes));
    this.#connections = new Connections({
      stack: {
        address: swapped(gateway),
        ...(gateway6 !== undefined && { address6: ip6Bytes(gateway6) }),
        mtu: Math.min(mtu, 65_535),
        output: (frame, segmentBytes) => this.#acks.send(frame, segmentBytes),
        joins: true,
        random,
      },
      changed,
      shareOf: (frame) => this.#ip6?.shareOf(frame) ?? 0,
      wayTo: (target, port) => this.#wayTo(target, port),
      unreachable: (frame, code) => this.#unreachable(frame, code),
    });
    this.#flows = new Flows({ nowMs, changed });
    this.#udp = new UdpFlows({
      flows: this.#flows,
      gatewayFor: (guest) => (typeof guest === "number" ? gateway : (gateway6 ?? "")),
      send: (datagram) => this.#sendDatagram(datagram),
      refused: (ends) => this.#unreachable(datagramFrame({ ...ends, payload: new Uint8Array(0) }), "port"),
    });
    this.#pings = new Pings({
      flows: this.#flows,
      random,
      answer: ({ source, target }, message) => this.#sendIcmp(target, source, message),
      unreachable: ({ source, target }, message) =>
        this.#unreachable(messageFrame(source, target, message), "host"),
    });
    this.#published = new Published({
      offer: (socket, to) => this.#connections.offer(socket, to),
      publish: (port) => this.#udp.publish(port),
      addressOf: (device, isIp6) => this.#directory.placeOf(device, isIp6),
    });
    this.#fragments = new Fragments(nowMs);
    this.#dhcp = new Dhcp(nowMs);
    this.#resolver = new Resolver({
      servers,
      random,
      addressesOf: (name) => this.#directory.addressesOf(name),
      nameOf: (address) => this.#directory.nameOf(address),
      isOwn: (address) => this.#directory.isOwn(address),
    });
    this.#ip6 = gateway6 === undefined ? undefined : this.#makeIp6(gateway6);
  }

  #makeIp6(gateway: string): Ip6 {
    return new Ip6({
      ...this.#parts,
      gateway,
      dns: () => this.#spec.dns,
      isPlanned: (mac) => this.#plan.byMac.has(mac),
      shareOf: (mac) => this.#plan.byMac.get(mac)?.ip ?? mac,
      mayReach: (target) => this.#mayReach(target),
      toGateway: (datagram, share) => this.#toGateway(datagram, share),
      connections: this.#connections,
      udp: this.#udp,
      pings: this.#pings,
    });
  }

  /**
   * Takes over what can change while it runs: everything but `gateway`, `prefix` and `gateway6`. The answer
   * is why it could not, one sentence; then everything is as before.
   */
  async set(spec: NatSpec, stations: readonly Station[]): Promise<string | undefined> {
    const problem = await this.#published.set(spec.publish);
    if (problem !== undefined) return problem;
    const before = this.#plan;
    this.#spec = spec;
    this.#plan = planOf(spec, stations, this.#parts.mtu);
    this.#ip6?.replan();
    for (const part of [this.#connections, this.#flows])
      part.drop((guest) => hasLost(before, this.#plan, guest));
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
    this.#ip6?.close();
    this.#connections.close();
    this.#flows.close();
  }

  /**
   * A frame from the network. It is the caller's again when the call returns. With `more`, others may follow
   * at once, and `flush` does after the last one: acknowledgements wait for it. One that is `judged` is
   * TCP's, as long as it says, and needs no sums.
   */
  receive(frame: Uint8Array, more = false, judged = false): void {
    if (more) this.#acks.begin();
    if (frame.length < ETHERNET_BYTES || !this.#isForUs(frame)) return;
    const type = get16(frame, 12);
    if (type === TYPE_ARP) this.#neighbours.readArp(frame);
    else if (type === TYPE_IPV4 && !this.#readPacket(frame, judged)) this.#drop();
    else if (type === TYPE_IPV6 && this.#ip6?.read(frame, judged) === false) this.#drop();
  }

  flush(): void {
    this.#connections.flush();
    this.#acks.end();
  }

  #drop(): void {
    this.#dropped++;
    this.#parts.changed();
  }

  #isForUs(frame: Uint8Array): boolean {
    // Everybody, or a group of IPv6.
    if (get32(frame, 0) === BROADCAST || get16(frame, 0) === 0x3333) return true;
    return this.#mac.every((byte, index) => frame[index] === byte);
  }

  /** False: the packet is not one, or not from where it says. */
  #readPacket(frame: Uint8Array, judged: boolean): boolean {
    if (frame.length < BODY || frame[IP] !== 0x45) return false;
    const length = get16(frame, IP + 2);
    if (length < IPV4_BYTES || IP + length > frame.length) return false;
    if (!judged && fold(addWords(frame, IP, BODY)) !== 0) return false;
    const packet = frame.subarray(0, IP + length); // What stands behind it is padding.
    const source = get32(packet, IP + 12);
    if (source === 0) return this.#readDhcp(packet);
    if (!this.#neighbours.hear(source, packet)) return false;
    if (!isFragment(packet)) return this.#readWhole(packet, judged);
    if (packet[IP + 9] === TCP) return false;
    const whole = this.#fragments.take(packet);
    return whole === undefined || this.#readWhole(whole);
  }

  #readWhole(packet: Uint8Array, judged = false): boolean {
    const target = get32(packet, IP + 16);
    const length = packet.length - BODY;
    switch (packet[IP + 9]) {
      case TCP:
        if (target !== this.#plan.gateway && isInside(this.#plan, target)) return false;
        this.#connections.receive(packet, length, judged);
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
    if (target === gateway) {
      if (!this.#toGateway(datagram, datagram.source)) this.#unreachable(packet, "port");
    } else if (isInside(this.#plan, target)) return false;
    else if (target === BROADCAST || target >>> 28 === 0xe)
      return true; // Not for the world.
    else if (this.#mayReach(target)) this.#udp.outward(datagram, ip4Text(target));
    else this.#unreachable(packet, "forbidden");
    return true;
  }

  /** A datagram for the gateway itself; flows are counted by `share`. False: nobody takes it. */
  #toGateway(datagram: Datagram<Address>, share: Address): boolean {
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
      return true;
    }
    if (this.#udp.answer(datagram)) return true;
    if (!this.#spec.outward || !this.#spec.hostAccess) return false;
    this.#udp.outward(datagram, isDatagram6(datagram) ? LOOPBACK6 : LOOPBACK, share);
    return true;
  }

  #answerDhcp({ payload }: Datagram): void {
    const answer = this.#dhcp.answer(payload, this.#plan);
    if (!answer) return;
    const { gateway: source } = this.#plan;
    const { server: sourcePort, client: targetPort } = DHCP_PORTS;
    const ends = { source, sourcePort, targetPort, target: answer.target ?? BROADCAST };
    const datagram = { ...ends, payload: answer.payload };
    if (answer.target !== undefined) return this.#sendDatagram(datagram);
    const frame = udpFrame(datagram, this.#nextId());
    frame.fill(0xff, 0, 6);
    frame.set(this.#mac, 6);
    frame[12] = TYPE_IPV4 >>> 8;
    this.#parts.send(frame, 0);
  }

  #readIcmp(packet: Uint8Array, target: number): boolean {
    if (packet.length < BODY + 8 || fold(addWords(packet, BODY, packet.length)) !== 0) return false;
    if (packet[BODY] !== ECHO.request) return true;
    const source = get32(packet, IP + 12);
    if (target !== this.#plan.gateway) {
      if (isInside(this.#plan, target)) return true;
      if (this.#mayReach(target))
        this.#pings.outward({ source, target, share: source }, packet.subarray(BODY));
      else this.#unreachable(packet, "forbidden");
      return true;
    }
    const message = copyOf(packet, BODY);
    message[0] = ECHO.reply;
    this.#sendIcmp(target, source, message);
    return true;
  }

  #wayTo(target: Address, port: number): Way {
    const { dns, outward, hostAccess } = this.#spec;
    const isIp4 = typeof target === "number";
    if (isIp4 ? target === this.#plan.gateway : this.#ip6?.isGateway(target)) {
      if (dns && port === DNS_PORT) return { to: "service", open: () => this.#resolver.stream() };
      const host = isIp4 ? LOOPBACK : LOOPBACK6;
      return outward && hostAccess && port !== 0 ? { to: "place", host, port } : { to: "refused" };
    }
    if (port === 0 || !this.#mayReach(target)) return { to: "forbidden" };
    return { to: "place", host: isIp4 ? ip4Text(target) : ip6Text(target), port };
  }

  #mayReach(target: Address): boolean {
    const { outward, hostAccess } = this.#spec;
    const policy = { outward, hostAccess, own: hostAccess ? [] : this.#parts.ownAddresses() };
    return typeof target === "number" ? mayReach(target, policy) : mayReach6(target, policy);
  }

  /** Says that the packet of a frame did not get where it was to go. */
  #unreachable(frame: Uint8Array, code: Unreached): void {
    if (isIp6Frame(frame)) return this.#ip6?.unreachable(frame, code);
    this.#sendPacket(unreachedFrame(frame, code, this.#plan.gateway, this.#nextId()));
  }

  #sendIcmp(source: Address, target: Address, message: Uint8Array): void {
    this.#sendPacket(messageFrame(source, target, message, this.#nextId()));
  }

  #sendDatagram(datagram: Datagram<Address>): void {
    this.#sendPacket(datagramFrame(datagram, this.#nextId()));
  }

  #sendPacket(frame: Uint8Array, segmentBytes = 0): void {
    if (isIp6Frame(frame)) return this.#ip6?.send(frame, segmentBytes);
    const target = get32(frame, IP + 16);
    if (segmentBytes > 0 || frame.length - IP <= this.#parts.mtu)
      return this.#neighbours.send(target, frame, segmentBytes);
    for (const piece of cut(frame, this.#parts.mtu)) this.#neighbours.send(target, piece);
  }

  #nextId(): number {
    this.#id = (this.#id + 1) & 0xffff;
    return this.#id;
  }
}
