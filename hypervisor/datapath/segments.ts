// Which networks are one segment: joining and parting them while frames flow. A network's row names its
// leader; the leader's row lists the members and holds the MAC addresses of all. Control thread; senders
// read.
//
// Nothing that is on its way to a station of its own segment is lost by a change: a network is in its new
// leader's list before it follows it, and leaves the old list after. In between it hears both. A sender that
// gathers who is there looks whether its network has moved meanwhile, and if so gathers again
// (`gatherPorts`): the list that it read may have been left by the others already, or be written anew.

import { SEGMENT_TRIES } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { NETWORK, PORT, networkAt, portAt } from "../memory/layout.ts";
import { clearMacs, forgetMacs } from "./mac-table.ts";

/** Row of the leader of a network's segment. Any thread. */
export function leaderOf(i32: Int32Array, network: number): number {
  return Atomics.load(i32, (networkAt(network) + NETWORK.leader) >> 2);
}

/**
 * Puts the ports that are plugged into the segment of `network` into `into`, all but `but`. The answer: how
 * many. Any thread.
 */
export function gatherPorts(i32: Int32Array, network: number, but: number, into: Int32Array): number {
  const moves = (networkAt(network) + NETWORK.moves) >> 2;
  // Bound: SEGMENT_TRIES; each but the last has seen a change of links.
  for (let tries = 1; ; tries++) {
    const before = Atomics.load(i32, moves);
    const count = gather(i32, leaderOf(i32, network), but, into);
    if (Atomics.load(i32, moves) === before || tries === SEGMENT_TRIES) return count;
  }
}

function gather(i32: Int32Array, leader: number, but: number, into: Int32Array): number {
  const members = Atomics.load(i32, usedAt(leader));
  let count = 0;
  // Bound: NETWORKS_MAX, and NETWORK_PORTS_MAX for each.
  for (let index = 0; index < members; index++) {
    const network = Atomics.load(i32, placeOf(leader, index)) - 1;
    const list = networkAt(network) >> 2;
    const used = network < 0 ? 0 : Atomics.load(i32, list + (NETWORK.portsUsed >> 2));
    for (let place = 0; place < used && count < into.length; place++) {
      const port = Atomics.load(i32, list + (NETWORK.ports >> 2) + place) - 1;
      if (port < 0 || port === but) continue;
      if ((i32[(portAt(port) + PORT.network) >> 2] as number) - 1 === network) into[count++] = port;
    }
  }
  return count;
}

/** A new network is a segment of its own. */
export function startSegment({ i32 }: Fabric, network: number): void {
  const row = networkAt(network) >> 2;
  i32[row + (NETWORK.leader >> 2)] = network;
  writeMembers(i32, network, [network]);
  clearMacs(i32, network);
}

/** Makes each of `groups` a segment. Every network stands in one of them. */
export function setSegments({ i32 }: Fabric, groups: readonly (readonly number[])[]): void {
  const left = new Map<number, number[]>();
  for (const group of groups) {
    const leader = chooseLeader(i32, group);
    for (const network of group) {
      const old = leaderOf(i32, network);
      if (old === leader) continue;
      Atomics.store(i32, (networkAt(network) + NETWORK.leader) >> 2, leader);
      Atomics.add(i32, (networkAt(network) + NETWORK.moves) >> 2, 1);
      left.set(old, [...(left.get(old) ?? []), network]);
    }
  }
  for (const [old, networks] of left) {
    // A row that leads nobody any more is read by nobody: it is written anew when it leads again.
    if (leaderOf(i32, old) === old) for (const network of networks) removeMember(i32, old, network);
  }
}

/** One of the group that leads already, with the others in its list; else the first, made ready to lead. */
function chooseLeader(i32: Int32Array, group: readonly number[]): number {
  const leading = group.find((network) => leaderOf(i32, network) === network);
  if (leading !== undefined) {
    for (const network of group) if (leaderOf(i32, network) !== leading) addMember(i32, leading, network);
    return leading;
  }
  const [first] = group as readonly [number];
  writeMembers(i32, first, group);
  clearMacs(i32, first);
  return first;
}

const placeOf = (leader: number, index: number): number =>
  ((networkAt(leader) + NETWORK.members) >> 2) + index;

const usedAt = (leader: number): number => (networkAt(leader) + NETWORK.membersUsed) >> 2;

/** The networks of a leader's list, as it stands. */
export function membersOf({ i32 }: Fabric, leader: number): number[] {
  const used = Atomics.load(i32, usedAt(leader));
  return Array.from({ length: used }, (_, index) => Atomics.load(i32, placeOf(leader, index)) - 1).filter(
    (network) => network >= 0,
  );
}

/** For a row that nobody follows. */
function writeMembers(i32: Int32Array, leader: number, networks: readonly number[]): void {
  for (const [index, network] of networks.entries()) Atomics.store(i32, placeOf(leader, index), network + 1);
  Atomics.store(i32, usedAt(leader), networks.length);
}

function addMember(i32: Int32Array, leader: number, network: number): void {
  const used = i32[usedAt(leader)] as number;
  let index = 0;
  // Bound: NETWORKS_MAX; a network stands once in a list, so there is room for all.
  while (index < used && i32[placeOf(leader, index)] !== 0) index++;
  Atomics.store(i32, placeOf(leader, index), network + 1);
  if (index === used) Atomics.store(i32, usedAt(leader), used + 1);
}

function removeMember(i32: Int32Array, leader: number, network: number): void {
  const used = i32[usedAt(leader)] as number;
  for (let index = 0; index < used; index++) {
    if (i32[placeOf(leader, index)] === network + 1) Atomics.store(i32, placeOf(leader, index), 0);
  }
  // What was learned of its stations is not true here any more.
  const row = networkAt(network) >> 2;
  const ports = i32[row + (NETWORK.portsUsed >> 2)] as number;
  for (let place = 0; place < ports; place++) {
    const port = (i32[row + (NETWORK.ports >> 2) + place] as number) - 1;
    if (port >= 0) forgetMacs(i32, leader, port);
  }
}
