// A gateway's specification and its planned stations as numbers, and by whatever is asked for them.

import type { DhcpPlan } from "./dhcp.ts";
import { maskOf } from "./reach.ts";
import type { NatSpec, Station } from "./spec.ts";
import { type Address, ip4Number, macBytes } from "./wire.ts";

export interface Plan extends DhcpPlan {
  readonly byIp: ReadonlyMap<number, Uint8Array>;
  readonly byName: ReadonlyMap<string, readonly number[]>;
  readonly nameOf: ReadonlyMap<number, string>;
  readonly byDevice: ReadonlyMap<string, number>;
}

export function planOf(spec: NatSpec, stations: readonly Station[], mtu: number): Plan {
  const byDevice = new Map<string, number>();
  const byIp = new Map<number, Uint8Array>();
  const byMac = new Map<string, { ip: number; name: string }>();
  const byName = new Map<string, number[]>();
  const nameOf = new Map<number, string>();
  for (const { id, names, ip: text, mac } of stations) {
    const ip = ip4Number(text) ?? 0;
    byDevice.set(id, ip);
    const name = names[0] ?? "";
    byIp.set(ip, macBytes(mac));
    byMac.set(mac.toLowerCase(), { ip, name });
    nameOf.set(ip, name);
    for (const each of names) byName.set(each.toLowerCase(), [...(byName.get(each.toLowerCase()) ?? []), ip]);
  }
  const { prefix, dns } = spec;
  const [first, last] = spec.pool.map((text) => ip4Number(text) ?? 0) as [number, number];
  const gateway = ip4Number(spec.gateway) ?? 0;
  return {
    gateway,
    prefix,
    mtu,
    dns,
    pool: [first, last],
    byMac,
    byIp,
    byName,
    nameOf,
    byDevice,
    isPlanned: (address) => byIp.has(address),
  };
}

/** Whether a guest of one plan is not in the next. */
export function hasLost(before: Plan, next: Plan, guest: Address): boolean {
  return typeof guest === "number" && before.byIp.has(guest) && !next.byIp.has(guest);
}

export function isInside({ gateway, prefix }: Plan, address: number): boolean {
  return ((address ^ gateway) & maskOf(prefix)) === 0;
}

/** Neither the gateway, nor the subnet's own name or its broadcast. */
export function isStation(plan: Plan, address: number): boolean {
  const all = ~maskOf(plan.prefix) >>> 0;
  const host = (address & all) >>> 0;
  return isInside(plan, address) && address !== plan.gateway && host !== 0 && host !== all;
}
