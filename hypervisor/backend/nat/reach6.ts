// Which IPv6 addresses of the world guests may reach. As with IPv4, on the address that a packet names. What
// is not named here is not reached: of IPv6's addresses one in eight is of the world.

import { mayReach, type ReachPolicy } from "./reach.ts";
import { ip6Of } from "./wire6.ts";

/** Stations of the world. */
const WORLD = ["2000::/3", "64:ff9b::/96"];
/** Only by `hostAccess`: what private networks hold. The host's own links come to these. */
const NEAR = [
  "fc00::/7",
  "64:ff9b:1::/48", // IPv4 through a translator of one's own network.
  "2001:2::/48", // Benchmarks.
  "2001:10::/28", // Names of hosts that look like addresses.
  "2001:20::/28",
];

interface Range {
  readonly base: bigint;
  /** Bits behind its prefix. */
  readonly rest: bigint;
}

/** Of a text with or without a prefix; undefined where it is no address of IPv6. */
function rangeOf(text: string): Range | undefined {
  const [address = "", prefix = "128"] = text.split("/");
  const digits = ip6Of(address);
  if (digits === undefined) return undefined;
  const rest = 128n - BigInt(prefix);
  return { base: BigInt(`0x${digits}`) >> rest, rest };
}

const isIn = (address: bigint, ranges: readonly (Range | undefined)[]): boolean =>
  ranges.some((range) => range !== undefined && address >> range.rest === range.base);

const [world, near] = [WORLD, NEAR].map((list) => list.map(rangeOf)) as [Range[], Range[]];
const [NAT64, SIX_TO_FOUR, TEREDO] = ["64:ff9b::/96", "2002::/16", "2001::/32"].map(rangeOf) as [
  Range,
  Range,
  Range,
];

/** The IPv4 addresses that a packet to this address may end at. */
function ip4Within(address: bigint): readonly number[] {
  const word = (shift: bigint): number => Number((address >> shift) & 0xffff_ffffn);
  if (isIn(address, [NAT64])) return [word(0n)];
  const found: number[] = [];
  if (isIn(address, [SIX_TO_FOUR])) found.push(word(80n));
  if (isIn(address, [TEREDO])) found.push(word(64n), ~word(0n) >>> 0);
  // ISATAP, RFC 5214: the last 64 bits are ?000:5efe and an address.
  if ((word(32n) & 0xfcff_ffff) >>> 0 === 0x0000_5efe) found.push(word(0n));
  return found;
}

/** Whether a guest may reach this address of the world: 32 digits. `own` may have prefixes: whole links. */
export function mayReach6(digits: string, policy: ReachPolicy): boolean {
  const address = BigInt(`0x${digits}`);
  const { outward, hostAccess, own } = policy;
  const isNear = isIn(address, near);
  if (!outward || !(isNear || isIn(address, world))) return false;
  if (!ip4Within(address).every((within) => mayReach(within, policy))) return false;
  return hostAccess || !(isNear || isIn(address, own.map(rangeOf)));
}
