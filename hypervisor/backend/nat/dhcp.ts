// DHCP (RFC 2131) as the gateway answers it: a planned device gets its planned address, anybody else a free
// one from the end of the pool. Reads one message, answers at most one.

import { macText } from "../../datapath/mac-text.ts";
import { NAT_LEASE_S, NAT_LEASES_MAX } from "../../limits.ts";
import { maskOf } from "./reach.ts";
import { get16, get32, put32 } from "./wire.ts";

const FIXED_BYTES = 240;
const MAGIC = 0x6382_5363;
const OPTION = {
  mask: 1,
  router: 3,
  dns: 6,
  name: 12,
  mtu: 26,
  asked: 50,
  lease: 51,
  type: 53,
  server: 54,
  end: 255,
};
const TYPE = { discover: 1, offer: 2, request: 3, decline: 4, ack: 5, nak: 6, release: 7, inform: 8 };

export interface DhcpPlan {
  readonly gateway: number;
  readonly prefix: number;
  readonly mtu: number;
  /** The gateway answers names too. */
  readonly dns: boolean;
  /** Addresses that are given to those who are not planned: the first and the last. */
  readonly pool: readonly [number, number];
  /** By MAC address in lower case. */
  readonly byMac: ReadonlyMap<string, { readonly ip: number; readonly name: string }>;
  readonly isPlanned: (address: number) => boolean;
}

export interface DhcpAnswer {
  readonly payload: Uint8Array;
  /** Where to: an address, or everybody. */
  readonly target: number | undefined;
  /** Whose the address is from now on. */
  readonly leased?: number;
}

interface Lease {
  readonly ip: number;
  endsMs: number;
}

export class Dhcp {
  readonly #nowMs: () => number;
  /** Of those who are not planned, by MAC address. */
  readonly #leases = new Map<string, Lease>();
  /** Somebody else was found to have these. */
  readonly #declined = new Set<number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The answer to a message, where it gets one. */
  answer(message: Uint8Array, plan: DhcpPlan): DhcpAnswer | undefined {
    if (message.length < FIXED_BYTES || get16(message, 0) !== 0x0101 || message[2] !== 6) return undefined;
    if (get32(message, 236) !== MAGIC) return undefined;
    const options = readOptions(message);
    const type = options.get(OPTION.type)?.[0];
    const mac = macText(message, 28);
    const server = options.get(OPTION.server);
    if (server?.length === 4 && get32(server, 0) !== plan.gateway) return undefined;
    const current = get32(message, 12);
    switch (type) {
      case TYPE.discover: {
        const ip = this.#addressOf(mac, plan);
        return ip === undefined ? undefined : this.#reply(message, TYPE.offer, ip, mac, plan);
      }
      case TYPE.request: {
        const asked = options.get(OPTION.asked);
        const wanted = asked?.length === 4 ? get32(asked, 0) : current;
        const ip = this.#addressOf(mac, plan);
        if (ip === undefined || ip !== wanted) return this.#reply(message, TYPE.nak, 0, mac, plan);
        return { ...this.#reply(message, TYPE.ack, ip, mac, plan), leased: ip };
      }
      case TYPE.inform:
        return this.#reply(message, TYPE.ack, 0, mac, plan);
      case TYPE.decline: {
        const lease = this.#leases.get(mac);
        if (lease && this.#declined.size < NAT_LEASES_MAX) this.#declined.add(lease.ip);
        this.#leases.delete(mac);
        return undefined;
      }
      case TYPE.release:
        this.#leases.delete(mac);
        return undefined;
      default:
        return undefined;
    }
  }

  #addressOf(mac: string, plan: DhcpPlan): number | undefined {
    const planned = plan.byMac.get(mac);
    if (planned) return planned.ip;
    const now = this.#nowMs();
    const lease = this.#leases.get(mac);
    const [first, last] = plan.pool;
    if (lease && !plan.isPlanned(lease.ip) && lease.ip >= first && lease.ip <= last) {
      lease.endsMs = now + NAT_LEASE_S * 1000;
      return lease.ip;
    }
    this.#leases.delete(mac);
    const taken = new Set(this.#declined);
    for (const [other, { ip, endsMs }] of this.#leases) {
      if (endsMs < now) this.#leases.delete(other);
      else taken.add(ip);
    }
    if (this.#leases.size >= NAT_LEASES_MAX) return undefined;
    // Bound: what is leased, declined or planned; the first that is none of these ends it.
    for (let ip = last; ip >= first; ip--) {
      if (taken.has(ip) || ip === plan.gateway || plan.isPlanned(ip)) continue;
      this.#leases.set(mac, { ip, endsMs: now + NAT_LEASE_S * 1000 });
      return ip;
    }
    return undefined;
  }

  #reply(message: Uint8Array, type: number, ip: number, mac: string, plan: DhcpPlan): DhcpAnswer {
    const payload = new Uint8Array(FIXED_BYTES + 72);
    payload.set(message.subarray(0, 8));
    payload[0] = 2;
    payload[3] = 0;
    payload.set(message.subarray(10, 12), 10); // Flags.
    const current = get32(message, 12);
    const isNak = type === TYPE.nak;
    if (!isNak) put32(payload, 12, current);
    put32(payload, 16, ip);
    put32(payload, 20, isNak ? 0 : plan.gateway);
    payload.set(message.subarray(28, 44), 28);
    put32(payload, 236, MAGIC);
    let at = FIXED_BYTES;
    const add = (option: number, bytes: readonly number[] | Uint8Array): void => {
      payload[at] = option;
      payload[at + 1] = bytes.length;
      payload.set(bytes, at + 2);
      at += 2 + bytes.length;
    };
    add(OPTION.type, [type]);
    add(OPTION.server, word(plan.gateway));
    if (!isNak) {
      if (ip !== 0) add(OPTION.lease, word(NAT_LEASE_S));
      add(OPTION.mask, word(maskOf(plan.prefix)));
      add(OPTION.router, word(plan.gateway));
      if (plan.dns) add(OPTION.dns, word(plan.gateway));
      add(OPTION.mtu, [plan.mtu >>> 8, plan.mtu & 255]);
      const name = plan.byMac.get(mac)?.name;
      if (name !== undefined) add(OPTION.name, new TextEncoder().encode(name).subarray(0, 20));
    }
    payload[at] = OPTION.end;
    // Who has no address yet may hear only what everybody hears; who asks by its address hears there.
    return { payload, target: isNak || current === 0 ? undefined : current };
  }
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  put32(bytes, 0, value);
  return bytes;
}

function readOptions(message: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  let at = FIXED_BYTES;
  // Bound: the message; each turn moves on.
  while (at < message.length) {
    const option = message[at] as number;
    if (option === OPTION.end) break;
    if (option === 0) {
      at++;
      continue;
    }
    const length = message[at + 1] ?? 0;
    if (at + 2 + length > message.length) break;
    if (!found.has(option)) found.set(option, message.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return found;
}

export const DHCP_PORTS = { server: 67, client: 68 } as const;
