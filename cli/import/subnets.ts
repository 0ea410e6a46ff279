// Which subnet a network gets, and which of its devices keep the addresses that the file gives them.

import {
  addressText,
  firstOf,
  gatewayBeside,
  inSubnet,
  isEdge,
  readAddress,
  sizeOf,
  subnetText,
  type Address,
} from "./addresses.ts";
import { demandOn, type Draft, type DraftDevice, type DraftNetwork } from "./draft.ts";

/** A device that shall have an address, and the line that says so. */
export interface Wish {
  readonly device: DraftDevice;
  readonly address: Address;
  readonly line: number;
}

/** A subnet has at least four addresses: its first, its last, a gateway, and one for a device. */
const BITS_MAX = 30;
/** The first, the last, the gateway. */
const RESERVED = 3;
const TOO_SMALL = "this subnet is too small here";

/** Where networks that nobody gave a subnet get theirs: 10.200.0.0/24 and up. */
const FRESH = { first: 10 * 2 ** 24 + 200 * 2 ** 16, bits: 24 } as const;

export class Subnets {
  readonly #used: Address[] = [];
  #next: number = FRESH.first;

  /** Settles the subnet of each network: what the file says first, so that ours lie beside. */
  settleAll(draft: Draft, wishes: ReadonlyMap<DraftNetwork, readonly Wish[]>): void {
    for (const network of draft.networks)
      this.#settle(network, wishes.get(network) ?? [], demandOn(draft, network.name));
    for (const network of draft.networks)
      if (network.subnet === "") network.subnet = this.#fresh(demandOn(draft, network.name));
  }

  /** A network without a subnet gets that of the first wish that can have one. */
  #settle(network: DraftNetwork, wishes: readonly Wish[], demand: number): void {
    const said = network.subnet;
    const first = wishes.find(({ address }) => address.bits <= BITS_MAX)?.address;
    const subnet = said === "" ? first : readAddress(said);
    network.subnet = "";
    if (subnet === undefined || subnet.bits > BITS_MAX) {
      if (said !== "") network.notes.push(`no counterpart: subnet ${said}: not IPv4, or too small`);
      return giveUp(network, wishes, TOO_SMALL);
    }
    const granted = grant(subnet, wishes);
    const gateway = gatewayOf(network, subnet, granted);
    const room = sizeOf(subnet.bits) - 2 - granted.size;
    const isInside = gateway === undefined || !isEdge(gateway, subnet);
    if (room < demand - granted.size) {
      network.notes.push(`no counterpart: subnet ${subnetText(subnet)}: too small for ${demand} devices`);
      return giveUp(network, wishes, TOO_SMALL);
    }
    // Its last address is nobody's, so as a gateway it takes none away.
    const isTight = isInside && room - 1 < demand - granted.size;
    const last = firstOf(subnet) + sizeOf(subnet.bits) - 1;
    for (const [ip, device] of granted) device.ip = addressText(ip);
    network.subnet = subnetText(subnet);
    this.#used.push(subnet);
    if (isTight) network.gateway = addressText(last);
    else if (gateway !== undefined) network.gateway = addressText(gateway);
    keepPool(network, subnet, demand);
  }

  /** One of our own with room for so many devices. */
  #fresh(demand: number): string {
    let bits: number = FRESH.bits;
    // Bound: sixteen steps reach what 10.200.0.0 has.
    while (bits > 8 && sizeOf(bits) - RESERVED < demand) bits--;
    const aligned = (ip: number): number => Math.ceil(ip / sizeOf(bits)) * sizeOf(bits);
    this.#next = aligned(this.#next);
    // Bound: each step passes over a subnet of the file.
    while (this.#used.some((used) => overlaps(used, { ip: this.#next, bits }))) this.#next += sizeOf(bits);
    const subnet = `${addressText(this.#next)}/${bits}`;
    this.#next += sizeOf(bits);
    return subnet;
  }
}

/** Gives the devices that can have their address one; the others get a note. */
function grant(subnet: Address, wishes: readonly Wish[]): ReadonlyMap<number, DraftDevice> {
  const granted = new Map<number, DraftDevice>();
  for (const wish of wishes) {
    const why = refusal(wish.address, subnet, granted);
    // Of a device that is given several the first counts.
    const hasOne = [...granted.values()].includes(wish.device);
    if (why === undefined && !hasOne) granted.set(wish.address.ip, wish.device);
    else refuse(wish, why ?? "a device has one address");
  }
  return granted;
}

function refusal(
  { ip, bits }: Address,
  subnet: Address,
  granted: ReadonlyMap<number, unknown>,
): string | undefined {
  if (bits > BITS_MAX) return TOO_SMALL;
  if (!inSubnet(ip, subnet)) return `outside ${subnetText(subnet)}, the network's subnet`;
  if (isEdge(ip, subnet)) return "nobody has the first or the last address of a subnet";
  return granted.has(ip) ? "another device has it" : undefined;
}

/** What the file says where that can be; else what leaves the devices their addresses. Undefined: `.1`. */
function gatewayOf(
  network: DraftNetwork,
  subnet: Address,
  granted: ReadonlyMap<number, unknown>,
): number | undefined {
  const said = network.gateway;
  delete network.gateway;
  const ip = said === undefined ? undefined : readAddress(said)?.ip;
  const fits = ip !== undefined && inSubnet(ip, subnet) && !granted.has(ip);
  if (said !== undefined && !fits)
    network.notes.push(`no counterpart: gateway ${said}: no free address of ${subnetText(subnet)}`);
  const gateway = fits ? ip : gatewayBeside(subnet, new Set(granted.keys()));
  return gateway === firstOf(subnet) + 1 ? undefined : gateway;
}

/** A pool that lies inside the subnet and has room for all; it may hold the gateway. */
function keepPool(network: DraftNetwork, subnet: Address, demand: number): void {
  const pool = network.pool === undefined ? undefined : readAddress(network.pool);
  const fits = pool && pool.bits >= subnet.bits && inSubnet(pool.ip, subnet);
  if (fits && sizeOf(pool.bits) - RESERVED >= demand) return;
  if (network.pool !== undefined)
    network.notes.push(`no counterpart: pool ${network.pool}: outside the subnet, or too small`);
  delete network.pool;
}

function giveUp(network: DraftNetwork, wishes: readonly Wish[], why: string): void {
  delete network.gateway;
  delete network.pool;
  for (const wish of wishes) refuse(wish, why);
}

const refuse = ({ device, address, line }: Wish, why: string): void =>
  void device.notes.push(
    `no counterpart: address ${addressText(address.ip)}/${address.bits}: ${why} (line ${line})`,
  );

const overlaps = (one: Address, other: Address): boolean =>
  one.bits <= other.bits ? inSubnet(firstOf(other), one) : inSubnet(firstOf(one), other);
