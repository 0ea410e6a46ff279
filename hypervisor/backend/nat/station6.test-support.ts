// A station of IPv6 on the network of `Place`, in memory: its TCP is lwIP, the rest are frames as tests say.

import { macText } from "../../datapath/mac-text.ts";
import { randomInt } from "node:crypto";
import type { NatSpec } from "./spec.ts";
import { Stack } from "./stack.ts";
import { type Place, Talk } from "./station.test-support.ts";
import {
  addWords,
  copyOf,
  type Datagram,
  fold,
  get16,
  IP,
  macBytes,
  put16,
  put32,
  TCP,
  UDP,
  UDP_BYTES,
} from "./wire.ts";
import {
  BODY6,
  ICMP6,
  icmp6Frame,
  ip6At,
  ip6Bytes,
  ip6Of,
  putIp6Header,
  SOURCE6,
  TARGET6,
  TYPE_IPV6,
  udp6Frame,
} from "./wire6.ts";

const digits = (text: string): string => ip6Of(text) as string;
export const GATEWAY6 = digits("fd00:9::1");
const GATEWAY_MAC = "02:76:0a:09:00:01";
export const GATEWAY_LINK = digits("fe80::76:aff:fe09:1");
/** The addresses that two planned devices give themselves. */
export const [WEB6, DB6] = [digits("fd00:9::ff:fe00:2"), digits("fd00:9::ff:fe00:3")] as [string, string];
export const SPEC6: Partial<NatSpec> = { gateway6: "fd00:9::1" };

export class Station6 {
  readonly ip: string;
  readonly mac: Uint8Array;
  readonly #place: Place;
  readonly #stack: Stack;
  readonly #talks = new Map<number, Talk>();
  readonly #listening = new Map<number, (talk: Talk) => void>();
  #heard: ((packet: Uint8Array) => boolean)[] = [];
  #lastId = 0;
  /** Answers who asks where it is. */
  isHere = true;

  constructor(place: Place, ip: string, mac = "02:00:00:00:00:02") {
    this.ip = ip;
    this.mac = macBytes(mac);
    this.#place = place;
    this.#stack = new Stack({
      address: 0,
      address6: ip6Bytes(ip),
      mtu: 1500,
      random: () => randomInt(2 ** 32),
      output: (frame) => this.send(frame),
      event: (id, what) => queueMicrotask(() => this.#talks.get(id)?.happen(what)),
    });
    place.onTick(() => this.#stack.tick());
    const { heard } = place;
    place.heard = (frame) => {
      heard(frame);
      place.inTurn(() => this.#take(frame));
    };
  }

  /** The frame with the addresses of this station and the gateway. */
  framed(frame: Uint8Array): Uint8Array {
    const copy = copyOf(frame);
    const isGroup = copy[TARGET6] === 0xff;
    copy.set(isGroup ? [0x33, 0x33, ...copy.subarray(TARGET6 + 12, TARGET6 + 16)] : macBytes(GATEWAY_MAC), 0);
    copy.set(this.mac, 6);
    put16(copy, 12, TYPE_IPV6);
    return copy;
  }

  send(frame: Uint8Array): void {
    this.#place.onWire(this.framed(frame));
  }

  connect(target: string, port: number): Talk {
    const talk = this.#talk();
    this.#stack.connect(talk.id, ip6Bytes(target), port);
    return talk;
  }

  listen(port: number, opened: (talk: Talk) => void): void {
    this.#listening.set(port, opened);
  }

  datagram(target: string, targetPort: number, payload: Uint8Array, sourcePort = 4000): void {
    this.send(udp6Frame({ source: this.ip, sourcePort, target, targetPort, payload }));
  }

  /** The next packet that is not TCP's and that `fits`. */
  next(fits: (packet: Uint8Array) => boolean): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.#heard.push((packet) => {
        if (!fits(packet)) return false;
        resolve(packet);
        return true;
      });
    });
  }

  async nextDatagram(): Promise<Datagram<string>> {
    const packet = await this.next((one) => one[IP + 6] === UDP);
    return {
      source: ip6At(packet, SOURCE6),
      sourcePort: get16(packet, BODY6),
      target: ip6At(packet, TARGET6),
      targetPort: get16(packet, BODY6 + 2),
      payload: packet.subarray(BODY6 + UDP_BYTES),
    };
  }

  /** The next ICMPv6 message of a kind: its type and code. */
  async nextIcmp(type?: number): Promise<string> {
    const packet = await this.next((one) => one[IP + 6] === ICMP6 && (type ?? one[BODY6]) === one[BODY6]);
    return `${packet[BODY6]}/${packet[BODY6 + 1]}`;
  }

  #talk(): Talk {
    const talk = new Talk(++this.#lastId, this.#stack);
    this.#talks.set(talk.id, talk);
    return talk;
  }

  #take(frame: Uint8Array): void {
    const isFor = frame[0] === 0x33 || this.mac.every((byte, index) => frame[index] === byte);
    if (!isFor || get16(frame, 12) !== TYPE_IPV6) return;
    if (frame[IP + 6] === TCP) return this.#takeTcp(frame);
    if (frame[IP + 6] === ICMP6 && frame[BODY6] === 135) return this.#answerWhere(frame);
    this.#heard = this.#heard.filter((hears) => !hears(frame));
  }

  #takeTcp(frame: Uint8Array): void {
    if (ip6At(frame, TARGET6) !== this.ip) return;
    const packet = frame.subarray(IP);
    const opened = this.#listening.get(get16(frame, BODY6 + 2));
    if (((frame[BODY6 + 13] as number) & 0x17) !== 2 || !opened) return this.#stack.input(packet);
    const talk = this.#talk();
    if (this.#stack.accept(talk.id, packet)) void talk.whenOpen().then(() => opened(talk));
  }

  #answerWhere(frame: Uint8Array): void {
    if (!this.isHere || ip6At(frame, BODY6 + 8) !== this.ip) return;
    this.send(icmp6Frame(this.ip, ip6At(frame, SOURCE6), neighbour(136, this.ip, 2, this.mac), 255));
  }
}

/** A message of neighbour discovery about an address, with an option that says a MAC address. */
export function neighbour(type: number, about: string, option?: number, mac?: Uint8Array): Uint8Array {
  const message = new Uint8Array(mac ? 32 : 24);
  message[0] = type;
  message.set(ip6Bytes(about), 8);
  if (mac) message.set([option ?? 1, 1, ...mac], 24);
  return message;
}

/** A frame with a segment that has these flags and no options. */
export function segment6(
  source: string,
  port: number,
  target: string,
  targetPort: number,
  flags: number,
): Uint8Array {
  const frame = new Uint8Array(BODY6 + 20);
  putIp6Header(frame, { protocol: TCP, source, target, length: 20 });
  put16(frame, BODY6, port);
  put16(frame, BODY6 + 2, targetPort);
  put32(frame, BODY6 + 4, randomInt(2 ** 32));
  put16(frame, BODY6 + 12, 0x5000 | flags);
  put16(frame, BODY6 + 14, 8192);
  put16(frame, BODY6 + 16, fold(addWords(frame, SOURCE6, frame.length, TCP + 20)));
  return frame;
}

/** The MAC addresses of a frame: to and from. */
export const macsOf = (frame: Uint8Array): readonly [string, string] => [
  macText(frame, 0),
  macText(frame, 6),
];
