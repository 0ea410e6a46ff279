// What a frame says, in one line, from its first bytes: Ethernet, VLAN, ARP, IPv4, IPv6, ICMP, TCP, UDP and
// what is well known above them. Pure. A frame that ends too early is said as far as it goes.

export interface Decoded {
  /** The innermost protocol that is known: "ARP", "ICMP", "TCP", "DNS", "0x88b5". */
  readonly protocol: string;
  readonly source: string;
  readonly target: string;
  /** "echo request id 1 seq 7", "SYN 4242 > 80 win 512"; may be empty. */
  readonly summary: string;
}

const TYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, qinq: 0x88a8, ipv6: 0x86dd, lldp: 0x88cc } as const;
const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
/** What ports are for, where it is no secret. */
const PORTS: Readonly<Record<number, string>> = {
  22: "SSH",
  53: "DNS",
  67: "DHCP",
  68: "DHCP",
  80: "HTTP",
  123: "NTP",
  443: "TLS",
  546: "DHCPv6",
  547: "DHCPv6",
  5353: "mDNS",
  8080: "HTTP",
};
const ICMP: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "unreachable",
  4: "source quench",
  5: "redirect",
  8: "echo request",
  11: "time exceeded",
  12: "parameter problem",
};
const ICMP6: Readonly<Record<number, string>> = {
  1: "unreachable",
  2: "packet too big",
  3: "time exceeded",
  128: "echo request",
  129: "echo reply",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbour solicitation",
  136: "neighbour advertisement",
  143: "multicast report",
};
const UNREACHABLE = ["net", "host", "protocol", "port", "too big", "source route"];
/** Tags of one frame that are looked behind. */
const TAGS_MAX = 3;

/** Bytes that answer for what isn't there: 0. */
class Bytes {
  readonly #bytes: Uint8Array;
  readonly at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  u8(offset: number): number {
    return this.#bytes[this.at + offset] ?? 0;
  }

  u16(offset: number): number {
    return (this.u8(offset) << 8) | this.u8(offset + 1);
  }

  u32(offset: number): number {
    return this.u16(offset) * 0x1_0000 + this.u16(offset + 2);
  }

  from(offset: number): Bytes {
    return new Bytes(this.#bytes, this.at + offset);
  }

  text(offset: number, length: number): string {
    const end = Math.min(this.#bytes.length, this.at + offset + length);
    return String.fromCharCode(...this.#bytes.subarray(this.at + offset, end));
  }
}

interface Ends {
  readonly source: string;
  readonly target: string;
}

export function decodeFrame(frame: Uint8Array): Decoded {
  const bytes = new Bytes(frame);
  const ends = { source: mac(bytes, 6), target: mac(bytes, 0) };
  if (bytes.left < 14) return { protocol: "short", ...ends, summary: `${bytes.left} bytes` };
  let type = bytes.u16(12);
  let payload = bytes.from(14);
  let tags = "";
  for (let tag = 0; tag < TAGS_MAX && (type === TYPE.vlan || type === TYPE.qinq); tag++) {
    tags += `vlan ${payload.u16(0) & 0x0fff} `;
    type = payload.u16(2);
    payload = payload.from(4);
  }
  const inner = decodeType(type, payload, ends);
  return tags === "" ? inner : { ...inner, summary: `${tags}${inner.summary}`.trimEnd() };
}

function decodeType(type: number, payload: Bytes, ends: Ends): Decoded {
  if (type === TYPE.arp) return decodeArp(payload, ends);
  if (type === TYPE.ipv4) return decodeIp4(payload, ends);
  if (type === TYPE.ipv6) return decodeIp6(payload, ends);
  if (type === TYPE.lldp) return { protocol: "LLDP", ...ends, summary: "" };
  if (type < 0x0600) return { protocol: "802.3", ...ends, summary: `length ${type}` };
  return { protocol: `0x${type.toString(16).padStart(4, "0")}`, ...ends, summary: "" };
}

function decodeArp(bytes: Bytes, ends: Ends): Decoded {
  if (bytes.left < 28) return { protocol: "ARP", ...ends, summary: "cut short" };
  const [sender, wanted] = [ip4(bytes, 14), ip4(bytes, 24)];
  const operation = bytes.u16(6);
  const summary =
    operation === 1
      ? sender === wanted
        ? `${sender} is here`
        : `who has ${wanted}? tell ${sender}`
      : operation === 2
        ? `${sender} is at ${mac(bytes, 8)}`
        : `operation ${operation}`;
  return { protocol: "ARP", ...ends, summary };
}

function decodeIp4(bytes: Bytes, outer: Ends): Decoded {
  if (bytes.left < 20) return { protocol: "IPv4", ...outer, summary: "cut short" };
  const ends = { source: ip4(bytes, 12), target: ip4(bytes, 16) };
  const fragment = bytes.u16(6);
  const offset = (fragment & 0x1fff) * 8;
  if (offset > 0) return { protocol: "IPv4", ...ends, summary: `fragment at ${offset}` };
  const headBytes = (bytes.u8(0) & 0x0f) * 4;
  const inner = decodeOver(bytes.u8(9), bytes.from(headBytes), ends, bytes.u16(2) - headBytes);
  return (fragment & 0x2000) === 0 ? inner : { ...inner, summary: `${inner.summary} (first fragment)` };
}

function decodeIp6(bytes: Bytes, outer: Ends): Decoded {
  if (bytes.left < 40) return { protocol: "IPv6", ...outer, summary: "cut short" };
  const ends = { source: ip6(bytes, 8), target: ip6(bytes, 24) };
  let next = bytes.u8(6);
  let payload = bytes.from(40);
  let length = bytes.u16(4);
  if (next === 0) {
    const skipped = payload.u8(1) * 8 + 8; // Hop-by-hop options.
    next = payload.u8(0);
    payload = payload.from(skipped);
    length -= skipped;
  }
  return decodeOver(next, payload, ends, length);
}

function decodeOver(protocol: number, bytes: Bytes, ends: Ends, length: number): Decoded {
  if (protocol === 1) return { protocol: "ICMP", ...ends, summary: icmp(bytes) };
  if (protocol === 58) return { protocol: "ICMPv6", ...ends, summary: icmp6(bytes) };
  if (protocol === 6) return tcp(bytes, ends, length);
  if (protocol === 17) return udp(bytes, ends);
  if (protocol === 2) return { protocol: "IGMP", ...ends, summary: "" };
  return { protocol: `IP ${protocol}`, ...ends, summary: "" };
}

const echo = (bytes: Bytes): string => `id ${bytes.u16(4)} seq ${bytes.u16(6)}`;

function icmp(bytes: Bytes): string {
  const type = bytes.u8(0);
  const name = ICMP[type] ?? `type ${type}`;
  if (type === 0 || type === 8) return `${name} ${echo(bytes)}`;
  return type === 3 ? `${UNREACHABLE[bytes.u8(1)] ?? `code ${bytes.u8(1)}`} ${name}` : name;
}

function icmp6(bytes: Bytes): string {
  const type = bytes.u8(0);
  const name = ICMP6[type] ?? `type ${type}`;
  if (type === 128 || type === 129) return `${name} ${echo(bytes)}`;
  return (type === 135 || type === 136) && bytes.left >= 24 ? `${name} ${ip6(bytes, 8)}` : name;
}

function tcp(bytes: Bytes, ends: Ends, length: number): Decoded {
  if (bytes.left < 14) return { protocol: "TCP", ...ends, summary: "cut short" };
  const [source, target] = [bytes.u16(0), bytes.u16(2)];
  const flags = TCP_FLAGS.filter((_, bit) => (bytes.u8(13) & (1 << bit)) !== 0).join(",");
  const headBytes = (bytes.u8(12) >> 4) * 4;
  const payload = Math.max(0, length - headBytes);
  const ack = (bytes.u8(13) & 0x10) === 0 ? "" : ` ack ${bytes.u32(8)}`;
  const told = payload > 0 ? `${firstLine(bytes.from(headBytes))}` : "";
  return {
    protocol: told === "" ? "TCP" : "HTTP",
    source: `${ends.source}:${source}`,
    target: `${ends.target}:${target}`,
    summary: told === "" ? `${flags} seq ${bytes.u32(4)}${ack} len ${payload}` : told,
  };
}

/** Of an HTTP request or answer; empty where it is none. */
function firstLine(bytes: Bytes): string {
  const text = bytes.text(0, 80);
  const line = /^(?:(?:GET|PUT|POST|HEAD|DELETE|PATCH|OPTIONS) \S+|HTTP\/1\.[01] \d{3})[^\r\n]*/.exec(text);
  return line?.[0] ?? "";
}

function udp(bytes: Bytes, ends: Ends): Decoded {
  const [source, target] = [bytes.u16(0), bytes.u16(2)];
  const protocol = PORTS[target] ?? PORTS[source] ?? "UDP";
  const payload = bytes.from(8);
  const summary =
    protocol === "DNS" || protocol === "mDNS" ? dns(payload) : `len ${Math.max(0, bytes.u16(4) - 8)}`;
  return { protocol, source: `${ends.source}:${source}`, target: `${ends.target}:${target}`, summary };
}

const DNS_TYPES: Readonly<Record<number, string>> = { 1: "A", 12: "PTR", 16: "TXT", 28: "AAAA", 33: "SRV" };

/** The first question, or how many answers it has. */
function dns(bytes: Bytes): string {
  const isAnswer = (bytes.u16(2) & 0x8000) !== 0;
  let name = "";
  let at = 12;
  // Bound: a label is a byte at least, and there are as many as were kept.
  while (at < bytes.left && bytes.u8(at) > 0 && bytes.u8(at) < 64) {
    name += `${name === "" ? "" : "."}${bytes.text(at + 1, bytes.u8(at))}`;
    at += 1 + bytes.u8(at);
  }
  const type = DNS_TYPES[bytes.u16(at + 1)] ?? "";
  const question = `${type} ${name}`.trim();
  return isAnswer ? `${question} answers ${bytes.u16(6)}` : `${question}?`;
}

function mac(bytes: Bytes, at: number): string {
  return Array.from({ length: 6 }, (_, index) =>
    bytes
      .u8(at + index)
      .toString(16)
      .padStart(2, "0"),
  ).join(":");
}

function ip4(bytes: Bytes, at: number): string {
  return [0, 1, 2, 3].map((index) => bytes.u8(at + index)).join(".");
}

/** With the longest run of zero groups as `::`, as RFC 5952 has it. */
function ip6(bytes: Bytes, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.u16(at + index * 2));
  let [from, most] = [-1, 1];
  for (let start = 0; start < 8; start++) {
    let run = 0;
    while (groups[start + run] === 0) run++;
    if (run > most) [from, most] = [start, run];
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  return from < 0 ? hex(groups) : `${hex(groups.slice(0, from))}::${hex(groups.slice(from + most))}`;
}
