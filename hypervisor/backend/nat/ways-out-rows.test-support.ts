// Ways out of a gateway's policy, each by its name, as frames of the station `web`. See ways-out.test.ts.

import { GATEWAY, number, segment } from "./station.test-support.ts";
import {
  addWords,
  BODY,
  copyOf,
  fold,
  icmpFrame,
  IP,
  macBytes,
  put16,
  put32,
  putIpHeader,
  udpFrame,
} from "./wire.ts";

const SYN = 2;
const WEB = number("10.9.0.2");
const HELLO = Buffer.from("hello");

/** What becomes of it: the guest is told by ICMP, the frame is dropped and counted, or nothing at all. */
type Answer = "3/13" | "3/3" | "dropped" | "nothing";
interface Way {
  readonly name: string;
  readonly answer: Answer;
  readonly frames: (port: number) => readonly Uint8Array[];
}

/** A frame of the station `web` for the gateway, whatever else it says. */
function fromWeb(frame: Uint8Array): Uint8Array {
  frame.set(macBytes("02:76:0a:09:00:01"), 0);
  frame.set(macBytes("02:00:00:00:00:02"), 6);
  return frame;
}

export const datagram = (
  target: string,
  port: number,
  { source = WEB, sourcePort = 4000 } = {},
): Uint8Array => {
  const ends = { source, sourcePort, target: number(target), targetPort: port };
  const frame = udpFrame({ ...ends, payload: HELLO }, 1);
  put16(frame, 12, 0x0800);
  return fromWeb(frame);
};
export const opening = (target: string, port: number, source = WEB): Uint8Array =>
  fromWeb(segment(source, 4000, number(target), port, SYN));
const message = (target: string, ...bytes: readonly number[]): Uint8Array => {
  const frame = icmpFrame(WEB, number(target), Uint8Array.from(bytes), 1);
  put16(frame, 12, 0x0800);
  return fromWeb(frame);
};
const ping = (target: string): Uint8Array => message(target, 8, 0, 0, 0, 0, 7, 0, 1);

/** With the sum of an IPv4 header without options made right: who looks no further takes it. */
function sealed(frame: Uint8Array): Uint8Array {
  put16(frame, IP + 10, 0);
  put16(frame, IP + 10, fold(addWords(frame, IP, BODY)));
  return frame;
}
function changed(frame: Uint8Array, ...bytes: readonly (readonly [at: number, value: number])[]): Uint8Array {
  const copy = copyOf(frame);
  for (const [at, value] of bytes) copy[at] = value;
  return sealed(copy);
}

/** A packet with these options in its header. */
function withOptions(frame: Uint8Array, options: readonly number[]): Uint8Array {
  const longer = new Uint8Array(frame.length + options.length);
  longer.set(frame.subarray(0, BODY));
  longer.set(options, BODY);
  longer.set(frame.subarray(BODY), BODY + options.length);
  longer[IP] = 0x45 + options.length / 4;
  put16(longer, IP + 2, longer.length - IP);
  return sealed(longer);
}
/** A route that the sender asks for, by the host's loopback; loose or strict. */
const route = (kind: number): readonly number[] => [kind, 7, 4, 127, 0, 0, 1, 0];

/** A packet of this protocol of IP. */
function ofProtocol(protocol: number, target: string, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(BODY + body.length);
  put16(frame, 12, 0x0800);
  putIpHeader(frame, { protocol, source: WEB, target: number(target), length: 20 + body.length, id: 1 });
  frame.set(body, BODY);
  return fromWeb(frame);
}

/** An IPv6 packet with a datagram for this address. */
function ofIpv6(target: readonly number[], port: number): Uint8Array {
  const frame = new Uint8Array(14 + 40 + 8 + HELLO.length);
  put16(frame, 12, 0x86dd);
  frame.set([0x60, 0, 0, 0, 0, 8 + HELLO.length, 17, 64], 14);
  frame.set([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2], 22);
  frame.set(target, 38);
  put16(frame, 54, 4000);
  put16(frame, 56, port);
  put16(frame, 58, 8 + HELLO.length);
  frame.set(HELLO, 62);
  return fromWeb(frame);
}
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

function arp(operation: number, mac: string, ip: string): Uint8Array {
  const frame = new Uint8Array(42);
  frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  frame.set(macBytes("02:00:00:00:00:02"), 6);
  frame.set([8, 6, 0, 1, 8, 0, 6, 4, 0, operation], 12);
  frame.set(macBytes(mac), 22);
  put32(frame, 28, number(ip));
  put32(frame, 38, number(GATEWAY));
  return frame;
}

/** A datagram in two pieces, the second of which begins so many bytes too early and brings another head. */
function overlapping(port: number, back: number): readonly Uint8Array[] {
  const whole = new Uint8Array(64).fill(1);
  const piece = (at: number, more: boolean, body: Uint8Array): Uint8Array => {
    const frame = ofProtocol(17, GATEWAY, body);
    put16(frame, IP + 6, (more ? 0x2000 : 0) | (at >> 3));
    return sealed(frame);
  };
  put16(whole, 0, 4000);
  put16(whole, 2, 53);
  put16(whole, 4, 64);
  const other = new Uint8Array(32 + back).fill(2);
  put16(other, 0, 4000);
  put16(other, 2, port);
  return [piece(0, true, whole.subarray(0, 32)), piece(32 - back, false, other)];
}

/** Addresses that are not the world's, and what they are. */
const PLACES: readonly (readonly [what: string, address: string])[] = [
  ["the host's loopback", "127.0.0.1"],
  ["the loopback's other end", "127.255.255.254"],
  ["the resolver of the loopback", "127.0.0.53"],
  ["this host", "0.0.0.0"],
  ["this network", "0.0.0.1"],
  ["an address of the host's", "203.0.113.7"],
  ["a private network of 10", "10.10.0.1"],
  ["the gateway of another lab", "10.0.0.1"],
  ["a private network of 172.16", "172.16.0.1"],
  ["the network of containers", "172.17.0.1"],
  ["a private network of 192.168", "192.168.0.1"],
  ["a provider's own", "100.64.0.1"],
  ["the host's link", "169.254.1.1"],
  ["the metadata of a cloud", "169.254.169.254"],
  ["addresses of protocols", "192.0.0.8"],
  ["a network for measurements", "198.18.0.1"],
  ["what is reserved", "240.0.0.1"],
];
const GROUPS: readonly (readonly [what: string, address: string])[] = [
  ["all hosts of the link", "224.0.0.1"],
  ["names on the link", "224.0.0.251"],
  ["services on the link", "239.255.255.250"],
  ["everybody", "255.255.255.255"],
];
const INSIDE: readonly (readonly [what: string, address: string])[] = [
  ["everybody of the subnet", "10.9.0.255"],
  ["the subnet's own name", "10.9.0.0"],
  ["a neighbour, by the gateway", "10.9.0.3"],
];
/** Addresses that are not `web`'s. */
const SOURCES: readonly (readonly [what: string, address: string])[] = [
  ["the gateway", GATEWAY],
  ["a neighbour", "10.9.0.3"],
  ["the host's loopback", "127.0.0.1"],
  ["the host", "203.0.113.7"],
  ["the world", "198.51.100.1"],
  ["a private network", "192.168.0.9"],
  ["everybody of the subnet", "10.9.0.255"],
  ["the subnet", "10.9.0.0"],
  ["everybody", "255.255.255.255"],
  ["a group", "224.0.0.1"],
];

export const WAYS: readonly Way[] = [
  ...PLACES.flatMap(([what, address]): Way[] => [
    { name: `a connection to ${what}`, answer: "3/13", frames: (port) => [opening(address, port)] },
    { name: `a datagram to ${what}`, answer: "3/13", frames: (port) => [datagram(address, port)] },
    { name: `a ping of ${what}`, answer: "3/13", frames: () => [ping(address)] },
  ]),
  ...GROUPS.flatMap(([what, address]): Way[] => [
    { name: `a datagram to ${what}`, answer: "nothing", frames: (port) => [datagram(address, port)] },
    { name: `a connection to ${what}`, answer: "3/13", frames: (port) => [opening(address, port)] },
  ]),
  ...INSIDE.flatMap(([what, address]): Way[] => [
    { name: `a datagram to ${what}`, answer: "dropped", frames: (port) => [datagram(address, port)] },
    { name: `a connection to ${what}`, answer: "dropped", frames: (port) => [opening(address, port)] },
  ]),
  ...SOURCES.flatMap(([what, address]): Way[] => [
    {
      name: `a datagram in the name of ${what}`,
      answer: "dropped",
      frames: (port) => [datagram(GATEWAY, port, { source: number(address) })],
    },
    {
      name: `a connection in the name of ${what}`,
      answer: "dropped",
      frames: (port) => [opening(GATEWAY, port, number(address))],
    },
  ]),
  {
    name: "a datagram to a port of the gateway's",
    answer: "3/3",
    frames: (port) => [datagram(GATEWAY, port)],
  },
  { name: "a name asked of another server", answer: "3/13", frames: () => [datagram("192.168.0.1", 53)] },
  { name: "a name asked of the host's resolver", answer: "3/13", frames: () => [datagram("127.0.0.53", 53)] },
  { name: "a name asked of another by TCP", answer: "3/13", frames: () => [opening("127.0.0.53", 53)] },
  { name: "DHCP of a server elsewhere", answer: "3/13", frames: () => [datagram("192.168.0.1", 67)] },
  {
    name: "a datagram without an address that is no DHCP",
    answer: "dropped",
    frames: (port) => [datagram(GATEWAY, port, { source: 0 })],
  },
  { name: "a datagram to port 0", answer: "dropped", frames: () => [datagram("127.0.0.1", 0)] },
  {
    name: "a datagram from port 0",
    answer: "dropped",
    frames: (port) => [datagram("127.0.0.1", port, { sourcePort: 0 })],
  },
  { name: "a connection to port 0", answer: "3/13", frames: () => [opening("127.0.0.1", 0)] },
  {
    name: "a loose route by the loopback",
    answer: "dropped",
    frames: (port) => [withOptions(datagram(GATEWAY, port), route(131))],
  },
  {
    name: "a strict route by the loopback",
    answer: "dropped",
    frames: (port) => [withOptions(opening(GATEWAY, port), route(137))],
  },
  ...[4, 41, 47, 50, 132, 255].map((protocol): Way => ({
    name: `a packet for the loopback in one of protocol ${protocol}`,
    answer: "dropped",
    frames: (port) => [ofProtocol(protocol, GATEWAY, datagram("127.0.0.1", port).subarray(IP))],
  })),
  ...[6, 0, 15].map((version): Way => ({
    name: `a packet of version ${version}`,
    answer: "dropped",
    frames: (port) => [changed(datagram("127.0.0.1", port), [IP, (version << 4) | 5])],
  })),
  {
    name: "the loopback's address as IPv6 has it",
    answer: "nothing",
    frames: (port) => [ofIpv6([...MAPPED, 127, 0, 0, 1], port)],
  },
  {
    name: "the loopback of IPv6",
    answer: "nothing",
    frames: (port) => [ofIpv6([...Array.from({ length: 15 }, () => 0), 1], port)],
  },
  {
    name: "an address of the link, of IPv6",
    answer: "nothing",
    frames: (port) => [ofIpv6([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], port)],
  },
  {
    name: "a frame of a VLAN",
    answer: "nothing",
    frames: (port) => {
      const inner = datagram("127.0.0.1", port);
      const frame = new Uint8Array(inner.length + 4);
      frame.set(inner.subarray(0, 12));
      frame.set([0x81, 0, 0, 7], 12);
      frame.set(inner.subarray(12), 16);
      return [frame];
    },
  },
  {
    name: "a frame for somebody else's MAC address",
    answer: "nothing",
    frames: (port) => {
      const frame = datagram("127.0.0.1", port);
      frame.set(macBytes("02:00:00:00:00:77"), 0);
      return [frame];
    },
  },
  {
    name: "a packet that is longer than its frame",
    answer: "dropped",
    frames: (port) => {
      const frame = datagram("127.0.0.1", port);
      put16(frame, IP + 2, 1400);
      return [sealed(frame)];
    },
  },
  {
    name: "a datagram that is longer than its packet",
    answer: "dropped",
    frames: (port) => [changed(datagram("127.0.0.1", port), [BODY + 4, 4])],
  },
  {
    name: "a header whose sum is wrong",
    answer: "dropped",
    frames: (port) => {
      const frame = datagram("127.0.0.1", port);
      frame[IP + 8] = 1;
      return [frame];
    },
  },
  {
    name: "a connection in pieces",
    answer: "dropped",
    frames: (port) => [changed(opening("127.0.0.1", port), [IP + 6, 0x20])],
  },
  { name: "a second piece that is the whole", answer: "dropped", frames: (port) => overlapping(port, 32) },
  { name: "pieces that lie over each other", answer: "nothing", frames: (port) => overlapping(port, 8) },
  {
    name: "a better way, told to the gateway",
    answer: "nothing",
    frames: () => [message(GATEWAY, 5, 1, 0, 0, 127, 0, 0, 1)],
  },
  {
    name: "a router that offers itself",
    answer: "nothing",
    frames: () => [message(GATEWAY, 9, 0, 0, 0, 1, 2, 0, 9)],
  },
  {
    name: "an answer to a ping that nobody sent",
    answer: "nothing",
    frames: () => [message(GATEWAY, 0, 0, 0, 0, 0, 7, 0, 1)],
  },
  {
    name: "a time that is asked for",
    answer: "nothing",
    frames: () => [message("127.0.0.1", 13, 0, 0, 0, 0, 7, 0, 1)],
  },
  {
    name: "an answer that the gateway is at this MAC address",
    answer: "nothing",
    frames: () => [arp(2, "02:00:00:00:00:02", GATEWAY)],
  },
  {
    name: "an answer that a neighbour is at this MAC address",
    answer: "nothing",
    frames: () => [arp(2, "02:00:00:00:00:02", "10.9.0.3")],
  },
  {
    name: "an answer that the loopback is at this MAC address",
    answer: "nothing",
    frames: () => [arp(2, "02:00:00:00:00:02", "127.0.0.1")],
  },
];
