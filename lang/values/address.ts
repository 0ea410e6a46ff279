// IPv4, IPv6 and MAC addresses and subnets as numbers, and their canonical text. Pure.

/** An address: `bits` is 32 or 128. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface Subnet extends Address {
  readonly prefix: number;
}

/**
 * Undefined where the text is no address. Leading zeros are refused, as they mean different things elsewhere.
 */
export function parseIp(text: string): Address | undefined {
  if (text.includes(":")) return parseIp6(text);
  const value = ip4Number(text);
  return value === undefined ? undefined : { bits: 32, value: BigInt(value) };
}

const [ZERO, DOT] = [48, 46];

/** Four numbers of at most 255 with dots between them; read digit by digit, as there are many. */
function ip4Number(text: string): number | undefined {
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const digit = code - ZERO;
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return undefined;
      value = value * 256 + part;
      part = 0;
      digits = 0;
    } else if (digit < 0 || digit > 9 || (digits > 0 && part === 0)) return undefined;
    else {
      part = part * 10 + digit;
      if (++digits > 3 || part > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : undefined;
}

function parseIp6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return { bits: 128, value };
}

export function ipText(address: Address): string {
  if (address.bits === 32) return ip4Text(Number(address.value));
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((address.value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  return shortestIp6(groups);
}

const ip4Text = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

/** The text of the address `offset` after the first of a subnet; large numbers only where it is IPv6. */
export function textAt({ bits, value }: Subnet, offset: number): string {
  return bits === 32 ? ip4Text(Number(value) + offset) : ipText({ bits, value: value + BigInt(offset) });
}

function shortestIp6(groups: readonly string[]): string {
  let [bestAt, bestLength] = [-1, 1];
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === "0") end++;
    if (end - at > bestLength) [bestAt, bestLength] = [at, end - at];
  }
  if (bestAt < 0) return groups.join(":");
  return `${groups.slice(0, bestAt).join(":")}::${groups.slice(bestAt + bestLength).join(":")}`;
}

/** Host bits are cleared: `10.0.0.7/24` is the subnet `10.0.0.0/24`. */
export function parseCidr(text: string): Subnet | undefined {
  if (text !== lastCidr.text) lastCidr = { text, subnet: readCidr(text) };
  return lastCidr.subnet;
}

/** The devices of a network ask for its subnet one after the other. */
let lastCidr: { readonly text: string; readonly subnet: Subnet | undefined } = {
  text: "",
  subnet: undefined,
};

function readCidr(text: string): Subnet | undefined {
  const at = text.indexOf("/");
  if (at < 0) return undefined;
  const address = parseIp(text.slice(0, at));
  const digits = text.slice(at + 1);
  if (!address || !/^(0|[1-9][0-9]{0,2})$/.test(digits) || Number(digits) > address.bits) return undefined;
  const prefix = Number(digits);
  return { ...address, value: address.value & ~hostMask(address.bits, prefix), prefix };
}

export const cidrText = (subnet: Subnet): string => `${ipText(subnet)}/${subnet.prefix}`;

const hostMask = (bits: number, prefix: number): bigint => (1n << BigInt(bits - prefix)) - 1n;

/** How many addresses it holds. */
export const subnetSize = (subnet: Subnet): bigint => 1n << BigInt(subnet.bits - subnet.prefix);
export const lastOf = (subnet: Subnet): Address => ({
  bits: subnet.bits,
  value: subnet.value | hostMask(subnet.bits, subnet.prefix),
});

export function addressIn(address: Address, subnet: Subnet): boolean {
  return (
    address.bits === subnet.bits && (address.value & ~hostMask(subnet.bits, subnet.prefix)) === subnet.value
  );
}

/** The same for a text; without large numbers where both are IPv4, as thousands of devices ask. */
export function textIn(text: string, subnet: Subnet): boolean {
  const value = subnet.bits === 32 ? ip4Number(text) : undefined;
  if (value !== undefined) {
    const first = Number(subnet.value);
    return value >= first && value < first + 2 ** (32 - subnet.prefix);
  }
  const address = parseIp(text);
  return address !== undefined && addressIn(address, subnet);
}

export function subnetIn(inner: Subnet, outer: Subnet): boolean {
  return inner.prefix >= outer.prefix && addressIn(inner, outer);
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return subnetIn(a, b) || subnetIn(b, a);
}

/** Lower case, as `02:00:00:00:00:01`. */
export function parseMac(text: string): string | undefined {
  return /^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(text) ? text.toLowerCase() : undefined;
}

export const macNumber = (text: string): bigint => BigInt(`0x${text.replaceAll(":", "")}`);
export function macText(value: bigint): string {
  return (value & 0xffffffffffffn)
    .toString(16)
    .padStart(12, "0")
    .replace(/(..)(?!$)/g, "$1:");
}
