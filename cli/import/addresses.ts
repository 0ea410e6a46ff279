// IPv4 addresses as importers need them: subnets, what a network reserves, and the commands that set them.

export interface Address {
  readonly ip: number;
  readonly bits: number;
}

/** `10.0.0.1/24`, or `10.0.0.1` with bits of its own; undefined where it is none. */
export function readAddress(text: string, bits = 32): Address | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text.trim());
  if (!match) return undefined;
  const parts = match.slice(1, 5).map(Number);
  const prefix = match[5] === undefined ? bits : Number(match[5]);
  if (parts.some((part) => part > 255) || prefix > 32) return undefined;
  return { ip: parts.reduce((sum, part) => sum * 256 + part, 0), bits: prefix };
}

export const addressText = (ip: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(ip / 2 ** shift) % 256).join(".");

export const sizeOf = (bits: number): number => 2 ** (32 - bits);

/** The first address of the subnet that this address is of. */
export const firstOf = ({ ip, bits }: Address): number => ip - (ip % sizeOf(bits));

export const subnetText = (address: Address): string => `${addressText(firstOf(address))}/${address.bits}`;

export const inSubnet = (ip: number, subnet: Address): boolean =>
  firstOf({ ip, bits: subnet.bits }) === firstOf(subnet);

/** Whether nobody can have it: the first and the last one. */
export const isEdge = (ip: number, subnet: Address): boolean =>
  ip === firstOf(subnet) || ip === firstOf(subnet) + sizeOf(subnet.bits) - 1;

/**
 * The gateway of a subnet whose `.1` somebody has: the first address that is free, or the last one of the
 * subnet, which nobody can have anyway. Undefined where `.1` is free.
 */
export function gatewayBeside(subnet: Address, taken: ReadonlySet<number>): number | undefined {
  const [first, size] = [firstOf(subnet), sizeOf(subnet.bits)];
  if (!taken.has(first + 1)) return undefined;
  // Bound: one more than there are taken ones.
  for (let ip = first + 2; ip < first + size - 1; ip++) if (!taken.has(ip)) return ip;
  return first + size - 1;
}

/** An address that a command gives an interface. */
export interface Given {
  readonly device: string;
  readonly address: Address;
}

/** What `ip address add` and `ifconfig` set, in the ways that people write them. */
export function givenBy(command: string): Given | undefined {
  const words = command.replaceAll(/["']/g, " ").trim().split(/\s+/);
  const ip = words.findIndex(
    (word, index) => /(^|\/)ip$/.test(word) && /^a(ddr(ess)?)?$/.test(words[index + 1] ?? ""),
  );
  if (ip >= 0 && /^(add|replace)$/.test(words[ip + 2] ?? "")) {
    const address = readAddress(words[ip + 3] ?? "");
    const device = words[words.indexOf("dev", ip) + 1];
    return address && device !== undefined && words.includes("dev") ? { device, address } : undefined;
  }
  const at = words.findIndex((word) => /(^|\/)ifconfig$/.test(word));
  if (at < 0) return undefined;
  const [device = "", where = ""] = words.slice(at + 1);
  const mask = readAddress(words[words.indexOf("netmask", at) + 1] ?? "");
  const address = readAddress(where, mask && words.includes("netmask") ? bitsOf(mask.ip) : 24);
  return address && { device, address };
}

const bitsOf = (mask: number): number => mask.toString(2).replaceAll("0", "").length;

/** An Ethernet address that one device can have, in the language's form; else undefined. */
export function macText(text: string): string | undefined {
  const mac = text.trim().toLowerCase().replaceAll("-", ":");
  return /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(mac) ? mac : undefined;
}
