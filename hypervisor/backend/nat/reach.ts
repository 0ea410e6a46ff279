// Which addresses of the world guests may reach. Decided on the address that a packet names, when its
// connection or flow begins: a name that leads to a forbidden address gains nothing.

import { ip4Number } from "./wire.ts";

/** Never: nothing there is one station of the world. */
const NOWHERE = ["0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4"];
/** Only by `hostAccess`: the host itself, its link, and what its private networks hold. */
const NEAR = [
  "127.0.0.0/8",
  "169.254.0.0/16",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10", // Shared by a provider and its customers.
  "192.0.0.0/24",
  "198.18.0.0/15", // Benchmarks inside one's own network.
];
/** Not even by `hostAccess`: the host's loopback is reached at the gateway's address alone. */
const NEVER_NEAR = ["127.0.0.0/8", "169.254.0.0/16"];

interface Range {
  readonly base: number;
  readonly mask: number;
}

function rangeOf(text: string): Range {
  const [address = "", prefix = "32"] = text.split("/");
  const mask = maskOf(Number(prefix));
  return { base: ((ip4Number(address) ?? 0) & mask) >>> 0, mask };
}

/** The mask of a prefix, 0 to 32. */
export function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0;
}

function isIn(ranges: readonly Range[], address: number): boolean {
  return ranges.some(({ base, mask }) => (address & mask) >>> 0 === base);
}

const nowhere = NOWHERE.map(rangeOf);
const near = NEAR.map(rangeOf);
const neverNear = NEVER_NEAR.map(rangeOf);

export interface ReachPolicy {
  readonly outward: boolean;
  readonly hostAccess: boolean;
  /** Addresses of the host's own interfaces, dotted. */
  readonly own: readonly string[];
}

/** Whether a guest may reach this address of the world. */
export function mayReach(address: number, { outward, hostAccess, own }: ReachPolicy): boolean {
  if (!outward || isIn(nowhere, address) || isIn(neverNear, address)) return false;
  if (hostAccess) return true;
  return !isIn(near, address) && !own.some((text) => ip4Number(text) === address);
}
