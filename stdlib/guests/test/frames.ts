// Ethernet, ARP, IPv4, ICMP and UDP written down a second time, plainly, to check the guests' bytes against.

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
