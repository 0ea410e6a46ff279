// Addresses of the devices of one segment (language.md §13): static ones aside, kept ones kept, then the
// lowest free.

import type { Allocations } from "../model.ts";
import type { Span } from "../syntax/ast.ts";
import type { Member } from "../types/declared.ts";
import {
  addressIn,
  cidrText,
  ipText,
  lastOf,
  overlaps,
  parseCidr,
  parseIp,
  textAt,
  subnetSize,
  type Subnet,
} from "../values/address.ts";
import { isSecret, same, taint, type Datum } from "./datum.ts";
import { readMember } from "./lab.ts";
import { showDatum } from "./show.ts";
import { askAttribute, askedAttribute, rawAttribute } from "./attributes.ts";
import type { Machine } from "./machine.ts";
import type { Sample } from "./sample.ts";
import type { Plug, Segment } from "./segments.ts";
import type { Thing } from "./thing.ts";
import { attempt } from "./walk.ts";

export interface Allocation {
  /** What is kept of the devices whose address is `auto` and that got one. */
  readonly addresses: ReadonlyMap<Thing, string>;
  /** The same as values. */
  readonly given: ReadonlyMap<Thing, Datum>;
}

interface Pool {
  readonly network: Thing;
  readonly subnet: Subnet;
  readonly pool: Subnet;
  /** What is given out of a secret pool is a secret; only its place in the pool is kept. */
  readonly secret: boolean;
  /** Next address to look at, counted from the first, so that a pool is gone through once; and the last. */
  next: number;
  readonly last: number;
  /** Places that are taken before the lowest free ones are given out. */
  readonly taken: Set<number>;
  full: boolean;
}

interface State {
  readonly machine: Machine;
  readonly pools: Map<Thing, Pool>;
  readonly taken: Map<string, string>;
  readonly addresses: Map<Thing, string>;
  readonly given: Map<Thing, Datum>;
}

export function allocate(segment: Segment, kept: Allocations, machine: Machine): Allocation {
  const state: State = {
    machine,
    pools: new Map(),
    taken: new Map(),
    addresses: new Map(),
    given: new Map(),
  };
  for (const network of segment.networks) reserve(network, state);
  checkPools(state);
  const waiting: { device: Thing; pool: Pool }[] = [];
  for (const { device, network, plug } of segment.devices) {
    const pool = state.pools.get(network);
    if (!pool || !plug.ip) continue;
    if (isLeftOut(device, plug.ip)) {
      waiting.push({ device, pool });
      continue;
    }
    const raw = attempt(() => rawIp(device, plug, machine));
    if (raw?.is === "auto") waiting.push({ device, pool });
    else if (raw?.is === "ip") setAside(device, raw, pool, state);
  }
  const isKept = ({ device, pool }: (typeof waiting)[number]): boolean =>
    keep(device, kept[device.address], pool, state);
  // A lab that was never applied has kept none: no address is looked up.
  const rest = Object.keys(kept).length === 0 ? waiting : waiting.filter((one) => !isKept(one));
  noteTaken(state);
  for (const { device, pool } of rest) takeLowest(device, pool, state);
  if (machine.sample) reserveForOthers(waiting, state, machine.sample);
  return { addresses: state.addresses, given: state.given };
}

/** Whether nobody says anything: thousands of devices are not asked one by one. */
const isLeftOut = (device: Thing, { name, auto, value }: Member): boolean =>
  auto && value === undefined && !device.blueprint.set.has(name);

function rawIp(device: Thing, plug: Plug, machine: Machine): ReturnType<typeof rawAttribute> | undefined {
  if (!plug.ip) return undefined;
  const raw = rawAttribute(device, plug.ip, machine);
  // A written address is asked as the attribute, so that its constraint is told once.
  return raw.is === "auto" ? raw : askAttribute(device, plug.ip.slot, machine);
}

function subnetOf(network: Thing, name: string, machine: Machine): Datum | undefined {
  const member = network.table.members.get(name);
  return member && askedAttribute(network, member.slot, machine);
}

const parsed = (value: Datum | undefined): Subnet | undefined =>
  value?.is === "cidr" ? parseCidr(value.text) : undefined;

/** As it is written, or hidden. */
function shownSubnet(network: Thing, name: string, machine: Machine): string {
  const value = subnetOf(network, name, machine);
  return value ? showDatum(value) : "";
}

/** First and last address and gateway of the subnet; first and last of a pool of more than two. */
function reserve(network: Thing, state: State): void {
  const { machine } = state;
  const subnet = parsed(subnetOf(network, "subnet", machine));
  const poolValue = subnetOf(network, "pool", machine);
  const pool = parsed(poolValue);
  if (!subnet || !pool || !poolValue) return;
  state.taken.set(ipText(subnet), "the network's own address");
  state.taken.set(ipText(lastOf(subnet)), "the last address of the subnet");
  const member = network.table.members.get("gateway");
  const gateway = member && askedAttribute(network, member.slot, machine);
  if (gateway?.is === "ip") state.taken.set(gateway.text, "the gateway");
  if (subnetSize(pool) > 2n) {
    if (!state.taken.has(ipText(pool))) state.taken.set(ipText(pool), "the first address of the pool");
    if (!state.taken.has(ipText(lastOf(pool))))
      state.taken.set(ipText(lastOf(pool)), "the last address of the pool");
  }
  const secret = isSecret(poolValue);
  // Nobody counts further: a pool of IPv6 may have more.
  const last = Number(subnetSize(pool)) - 1;
  state.pools.set(network, { network, subnet, pool, secret, next: 0, last, taken: new Set(), full: false });
}

/** Where it was set, else the head of the thing: not the library's default. */
const setSpan = (thing: Thing, member: string): Span =>
  thing.origin(member)?.origin === "set" ? spanOf(thing, member) : thing.blueprint.head;
const spanOf = (thing: Thing, member: string): Span => thing.origin(member)?.span ?? thing.blueprint.head;

/** Linked networks have one subnet, and pools that share no address. */
function checkPools(state: State): void {
  const pools = [...state.pools.values()];
  const [first] = pools;
  if (!first) return;
  for (const pool of pools.slice(1)) {
    if (cidrText(pool.subnet) !== cidrText(first.subnet)) {
      state.machine.tell(
        "VB4005",
        spanOf(pool.network, "subnet"),
        `\`${pool.network.address}\` is linked with \`${first.network.address}\`, so both have one subnet.`,
        {
          related: [
            {
              span: spanOf(first.network, "subnet"),
              message: `${shownSubnet(first.network, "subnet", state.machine)} is set here`,
            },
          ],
        },
      );
    }
  }
  checkMtus(first, pools, state.machine);
  const sorted = pools.toSorted((a, b) =>
    a.pool.value < b.pool.value ? -1 : a.pool.value > b.pool.value ? 1 : a.pool.prefix - b.pool.prefix,
  );
  for (const [i, pool] of sorted.entries()) {
    const before = sorted[i - 1];
    if (!before || !overlaps(before.pool, pool.pool)) continue;
    state.machine.tell(
      "VB4005",
      setSpan(pool.network, "pool"),
      `The pools of the linked networks \`${before.network.address}\` and ` +
        `\`${pool.network.address}\` share addresses.`,
      {
        related: [
          {
            span: setSpan(before.network, "pool"),
            message: `its pool is ${shownSubnet(before.network, "pool", state.machine)}`,
          },
        ],
        hint: "Linked networks share a subnet and divide it: give each a `pool` of its own.",
      },
    );
  }
}

/** One broadcast domain has one largest frame. */
function checkMtus(first: Pool, pools: readonly Pool[], machine: Machine): void {
  const wanted = readMember(first.network, "mtu", machine);
  for (const { network } of pools) {
    const mtu = readMember(network, "mtu", machine);
    if (!wanted || !mtu || same(wanted, mtu)) continue;
    const message =
      `\`${network.address}\` is linked with \`${first.network.address}\`, so ` + `both have one \`mtu\`.`;
    machine.tell("VB4005", spanOf(network, "mtu"), message, {
      related: [{ span: spanOf(first.network, "mtu"), message: `${showDatum(wanted)} comes from here` }],
    });
  }
}

/** Takes a written address; tells where it is reserved, given twice or another network's. */
function setAside(device: Thing, ip: Datum & { is: "ip" }, pool: Pool, state: State): void {
  const span = spanOf(device, "ip");
  const { text } = ip;
  const shown = showDatum(ip);
  const address = parseIp(text);
  const before = state.taken.get(text);
  if (before !== undefined) {
    const reserved = before.startsWith("the ");
    state.machine.tell(
      reserved ? "VB4002" : "VB4007",
      span,
      reserved
        ? `${shown} is reserved: it is ${before}.`
        : `${shown} is given twice: to \`${before}\` and to \`${device.address}\`.`,
    );
    return;
  }
  for (const other of state.pools.values()) {
    if (other === pool || !address || !addressIn(address, other.pool) || addressIn(address, pool.pool))
      continue;
    state.machine.tell(
      "VB4002",
      span,
      `${shown} lies in the pool of \`${other.network.address}\`, not of \`${pool.network.address}\`.`,
    );
    return;
  }
  state.taken.set(text, device.address);
}

/** A device keeps its address while it is still free and still in the pool. */
function keep(device: Thing, kept: string | undefined, pool: Pool, state: State): boolean {
  const text = kept === undefined ? undefined : keptText(kept, pool.pool);
  const address = text === undefined ? undefined : parseIp(text);
  if (text === undefined || !address || !addressIn(address, pool.pool) || state.taken.has(text)) return false;
  state.taken.set(text, device.address);
  give(device, text, pool, state);
  return true;
}

/** An address, or its place in the pool: `+5`. */
function keptText(kept: string, { bits, value }: Subnet): string {
  return /^\+\d{1,39}$/.test(kept) ? ipText({ bits, value: value + BigInt(kept) }) : kept;
}

/** Places in pools of what is reserved, written or kept. */
function noteTaken(state: State): void {
  const pools = [...state.pools.values()];
  for (const text of state.taken.keys()) {
    const address = parseIp(text);
    for (const { pool, taken } of pools)
      if (address && addressIn(address, pool)) taken.add(Number(address.value - pool.value));
  }
}

function give(device: Thing, text: string, { pool, secret }: Pool, state: State): void {
  state.given.set(device, secret ? taint({ is: "ip", text }) : { is: "ip", text });
  state.addresses.set(device, secret ? `+${(parseIp(text)?.value ?? pool.value) - pool.value}` : text);
}

/** The next free place in the pool. Bound: `next` only grows, up to the end of the pool. */
function nextFree(pool: Pool): number | undefined {
  while (pool.next <= pool.last) {
    const at = pool.next++;
    if (!pool.taken.has(at)) return at;
  }
  return undefined;
}

/** Each device stands for others, which get their addresses from the same pool: it must have so many. */
function reserveForOthers(
  waiting: readonly { readonly device: Thing; readonly pool: Pool }[],
  state: State,
  sample: Sample,
): void {
  for (const { device, pool } of waiting) {
    const others = sample.copiesOf(device) - 1;
    if (others === 0) continue;
    const isInside = addressIn(pool.pool, pool.subnet) && addressIn(lastOf(pool.pool), pool.subnet);
    if (state.pools.size > 1 || !isInside) sample.leave();
    for (let i = 0; i < others; i++) if (nextFree(pool) === undefined) sample.leave();
  }
}

function takeLowest(device: Thing, pool: Pool, state: State): void {
  // Pools that share addresses, which is told, give none out twice.
  const shared = state.pools.size > 1;
  for (let at = nextFree(pool); at !== undefined; at = nextFree(pool)) {
    const text = textAt(pool.pool, at);
    if (shared && state.taken.has(text)) continue;
    if (shared) state.taken.set(text, device.address);
    give(device, text, pool, state);
    return;
  }
  if (pool.full) return;
  pool.full = true;
  const { network } = pool;
  const count = [...state.addresses.keys()].length;
  state.machine.tell(
    "VB4003",
    device.blueprint.head,
    `The pool ${shownSubnet(network, "pool", state.machine)} of \`${network.address}\` has no free ` +
      `address for \`${device.address}\`.`,
    {
      related: [
        {
          span: spanOf(network, network.origin("pool")?.origin === "set" ? "pool" : "subnet"),
          message: `the pool comes from here; ${count} address${count === 1 ? " is" : "es are"} given`,
        },
      ],
      hint: "Use a larger subnet, or fewer devices.",
    },
  );
}
