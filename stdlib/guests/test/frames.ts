// Ethernet, ARP, IPv4, ICMP, UDP and TCP written down a second time, plainly, to check the guests' bytes
// against.

export const bytes = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replaceAll(/[\s|]/g, ""), "hex"));
export const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

const mac = (text: string): number[] => text.split(":").map((part) => Number.parseInt(part, 16));
const ip = (text: string): number[] => text.split(".").map(Number);
const word = (value: number): number[] => [(value >> 8) & 255, value & 255];

/** RFC 1071, one 16-bit word after the other. */
export function checksum(data: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < data.length; i += 2) total += data[i]! * 256 + (data[i + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
  return ~total & 0xffff;
}

export interface Ends {
  readonly fromMac: string;
  readonly toMac: string;
  readonly fromIp: string;
  readonly toIp: string;
}

export function arp(operation: 1 | 2, ends: Ends, targetMac = "00:00:00:00:00:00"): Uint8Array {
  const head = [...mac(ends.toMac), ...mac(ends.fromMac), 8, 6, 0, 1, 8, 0, 6, 4, 0, operation];
  return new Uint8Array([
    ...head,
    ...mac(ends.fromMac),
    ...ip(ends.fromIp),
    ...mac(targetMac),
    ...ip(ends.toIp),
  ]);
}

export function ipv4(ends: Ends, protocol: number, payload: readonly number[]): Uint8Array {
  const addresses = [...ip(ends.fromIp), ...ip(ends.toIp)];
  const before = [0x45, 0, ...word(20 + payload.length), 0, 0, 0x40, 0, 64, protocol];
  const header = [...before, ...word(checksum([...before, 0, 0, ...addresses])), ...addresses];
  return new Uint8Array([...mac(ends.toMac), ...mac(ends.fromMac), 8, 0, ...header, ...payload]);
}

export interface Echo {
  readonly type: 0 | 8;
  readonly id: number;
  readonly sequence: number;
  readonly data: readonly number[];
}

export function icmp(ends: Ends, echo: Echo): Uint8Array {
  const rest = [...word(echo.id), ...word(echo.sequence), ...echo.data];
  return ipv4(ends, 1, [echo.type, 0, ...word(checksum([echo.type, 0, 0, 0, ...rest])), ...rest]);
}

export function udp(
  ends: Ends,
  ports: readonly [from: number, to: number],
  data: readonly number[],
): Uint8Array {
  const length = 8 + data.length;
  const pseudo = [...ip(ends.fromIp), ...ip(ends.toIp), 0, 17, ...word(length)];
  const head = [...word(ports[0]), ...word(ports[1]), ...word(length)];
  const check = checksum([...pseudo, ...head, 0, 0, ...data]) || 0xffff;
  return ipv4(ends, 17, [...head, ...word(check), ...data]);
}

export const FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

export interface Segment {
  readonly ports: readonly [from: number, to: number];
  readonly sequence: number;
  readonly acknowledge?: number;
  readonly flags: readonly (keyof typeof FLAGS)[];
  readonly window?: number;
  /** Of four bytes each, padded. */
  readonly options?: readonly number[];
  readonly data?: readonly number[];
}

const long = (value: number): number[] => [...word(value >>> 16), ...word(value)];

export function tcp(ends: Ends, segment: Segment): Uint8Array {
  const { ports, sequence, acknowledge = 0, window = 65_535, options = [], data = [] } = segment;
  const flags = segment.flags.reduce((all, flag) => all | FLAGS[flag], 0);
  const lengths = word(((20 + options.length) << 10) | flags);
  const head = [...word(ports[0]), ...word(ports[1]), ...long(sequence), ...long(acknowledge), ...lengths];
  const rest = [0, 0, ...options, ...data];
  const length = 20 + options.length + data.length;
  const pseudo = [...ip(ends.fromIp), ...ip(ends.toIp), 0, 6, ...word(length)];
  const check = checksum([...pseudo, ...head, ...word(window), 0, 0, ...rest]);
  return ipv4(ends, 6, [...head, ...word(window), ...word(check), ...rest]);
}

/** What a TCP segment in a frame says; undefined for other frames. */
export function readTcp(frame: Uint8Array): (Required<Segment> & { readonly mss?: number }) | undefined {
  if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 6) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset + 34, frame[16]! * 256 + frame[17]! - 20);
  const header = (view.getUint8(12) >> 4) * 4;
  const bits = view.getUint8(13);
  const options = [...frame.slice(54, 34 + header)];
  return {
    ports: [view.getUint16(0), view.getUint16(2)],
    sequence: view.getUint32(4),
    acknowledge: view.getUint32(8),
    flags: (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).filter((flag) => bits & FLAGS[flag]),
    window: view.getUint16(14),
    options,
    data: [...new Uint8Array(view.buffer, view.byteOffset + header, view.byteLength - header)],
    ...(options[0] === 2 && { mss: options[2]! * 256 + options[3]! }),
  };
}

/** What answers a frame: addresses turned round. */
export const turned = (ends: Ends): Ends => ({
  fromMac: ends.toMac,
  toMac: ends.fromMac,
  fromIp: ends.toIp,
  toIp: ends.fromIp,
});

/** Clears what a sender is free to choose (IPv4 identification) and the header's checksum with it. */
export function withoutIdentification(frame: Uint8Array): Uint8Array {
  const copy = frame.slice();
  copy.set([0, 0], 18);
  copy.set([0, 0], 24);
  return copy;
}
