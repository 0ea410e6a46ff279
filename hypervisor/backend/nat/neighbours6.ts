// Who is where on the network by IPv6: the MAC addresses of its stations, by what they send and by neighbour
// discovery (RFC 4861). A station may have many addresses. One that is made from the MAC address of a planned
// device belongs to that device alone; any other one to who has it, until that one is silent for long.

import { macText } from "../../datapath/mac-text.ts";
import {
  NAT_ADDRESSES_EACH_MAX,
  NAT_NEIGHBOUR_MS,
  NAT_NEIGHBOURS_MAX,
  NAT_PARKED_MAX,
} from "../../limits.ts";
import { copyOf, get32, macBytes, put16 } from "./wire.ts";
import {
  ALL_NODES,
  BODY6,
  icmp6Frame,
  ip6At,
  ip6Bytes,
  isGroup6,
  macOfDigits,
  SOURCE6,
  TARGET6,
  TYPE_IPV6,
} from "./wire6.ts";

const [SOLICIT, ADVERTISE] = [135, 136];
/** Of an advertisement: from a router, to who asked, newer than what was known. */
const [ROUTER, SOLICITED, OVERRIDE] = [0x80, 0x40, 0x20];
const [SOURCE_LINK, TARGET_LINK] = [1, 2];
/** A message with the address that it is about, before its options. */
const FIXED_BYTES = 24;
/** What these messages come with: nothing that came through a router has it. */
export const HOPS = 255;
export const LINK_LOCAL = "fe80000000000000";
const SLOTS = 256;

export interface Neighbours6Parts {
  /** The gateway's own: the one in the network's prefix first. */
  readonly addresses: readonly [string, string];
  readonly mac: Uint8Array;
  /** A large frame has segments of so many bytes, any other 0. */
  readonly send: (frame: Uint8Array, segmentBytes: number) => void;
  readonly nowMs: () => number;
  /** Whether the plan gives this MAC address to a device; in lower case, with colons. */
  readonly isPlanned: (mac: string) => boolean;
}

interface Neighbour {
  readonly address: string;
  readonly bytes: Uint8Array;
  readonly mac: Uint8Array;
  readonly owner: string;
  heardMs: number;
}

export class Neighbours6 {
  readonly #parts: Neighbours6Parts;
  /** The one heard first is the first. */
  readonly #known = new Map<string, Neighbour>();
  readonly #byOwner = new Map<string, Neighbour[]>();
  /** Found by a packet's bytes, without a text for each. */
  readonly #slots: (Neighbour | undefined)[] = Array.from({ length: SLOTS });
  /** Frames that wait for an answer, by the address that was asked for. */
  readonly #parked = new Map<string, Uint8Array>();

  constructor(parts: Neighbours6Parts) {
    this.#parts = parts;
  }

  /** Notes who sent a packet with this source. False: it may not be from there. */
  hear(frame: Uint8Array): boolean {
    const slot = this.#slots[slotOf(frame, SOURCE6)];
    if (!slot || !isSame(frame, SOURCE6, slot.bytes)) return this.#learn(ip6At(frame, SOURCE6), frame);
    if (!isSame(frame, 6, slot.mac)) return this.#learn(slot.address, frame);
    slot.heardMs = this.#parts.nowMs();
    return true;
  }

  /** Takes over another plan. */
  replan(): void {
    for (const neighbour of this.#known.values())
      if (!this.#mayHave(neighbour.address, neighbour.owner)) this.#forget(neighbour);
  }

  /** The addresses in the network's prefix that a station was heard with. */
  addressesOf(mac: string): readonly string[] {
    const list = this.#byOwner.get(mac) ?? [];
    return list.map(({ address }) => address).filter((address) => !address.startsWith(LINK_LOCAL));
  }

  ownerOf(address: string): string | undefined {
    return this.#known.get(address)?.owner;
  }

  /** Whether a station of the network may have this address. */
  isInside(address: string): boolean {
    return address.startsWith(this.#prefix) || address.startsWith(LINK_LOCAL);
  }

  /**
   * A neighbour's question or answer whose checksum and hops are right. False: it is none. `isUnnumbered`:
   * its sender has no address yet.
   */
  read(frame: Uint8Array, isUnnumbered: boolean): boolean {
    if (frame.length < BODY6 + FIXED_BYTES || frame[BODY6 + 1] !== 0) return false;
    const [type, about] = [frame[BODY6], ip6At(frame, BODY6 + 8)];
    const link = linkOf(frame, type === SOLICIT ? SOURCE_LINK : TARGET_LINK, BODY6 + FIXED_BYTES);
    // The addresses of the frame are the ones that the network vouches for.
    if (isGroup6(about) || link === "bad" || (link && !isSame(frame, 6, link))) return false;
    if (type === ADVERTISE) return !isUnnumbered && this.#learn(about, frame);
    if (isUnnumbered && link) return false;
    if (this.#parts.addresses.includes(about)) this.#advertise(frame, about, isUnnumbered);
    return true;
  }

  /**
   * Sends a frame to the station of its target, with its MAC addresses; asks where it is and keeps the frame,
   * one a station.
   */
  send(frame: Uint8Array, segmentBytes = 0): void {
    const slot = this.#slots[slotOf(frame, TARGET6)];
    if (slot && isSame(frame, TARGET6, slot.bytes)) return this.#sendTo(slot.mac, frame, segmentBytes);
    const target = ip6At(frame, TARGET6);
    const known = this.#known.get(target);
    if (known) return this.#sendTo(known.mac, frame, segmentBytes);
    const planned = macOfDigits(target);
    if (planned !== undefined && this.#parts.isPlanned(planned))
      return this.#sendTo(macBytes(planned), frame, segmentBytes);
    this.#solicit(target);
    if (segmentBytes > 0) return; // TCP sends it again.
    this.#parked.set(target, copyOf(frame));
    if (this.#parked.size > NAT_PARKED_MAX) this.#parked.delete(this.#parked.keys().next().value as string);
  }

  /** A frame for whoever sent another one, which may have no address yet. */
  sendBack(to: Uint8Array, frame: Uint8Array): void {
    this.#sendTo(to.subarray(6, 12), frame);
  }

  /** A frame for all stations. */
  sendAll(frame: Uint8Array): void {
    this.#sendTo(groupMac(ALL_NODES), frame);
  }

  get #prefix(): string {
    return this.#parts.addresses[0].slice(0, 16);
  }

  #sendTo(mac: Uint8Array, frame: Uint8Array, segmentBytes = 0): void {
    frame.set(mac, 0);
    frame.set(this.#parts.mac, 6);
    put16(frame, 12, TYPE_IPV6);
    this.#parts.send(frame, segmentBytes);
  }

  #mayHave(address: string, mac: string): boolean {
    if (!this.isInside(address) || this.#parts.addresses.includes(address) || /0{16}$/.test(address))
      return false;
    const made = macOfDigits(address);
    return made === undefined || made === mac || !this.#parts.isPlanned(made);
  }

  #learn(address: string, frame: Uint8Array): boolean {
    const owner = macText(frame, 6);
    if (!this.#mayHave(address, owner)) return false;
    const now = this.#parts.nowMs();
    const known = this.#known.get(address);
    if (known && known.owner !== owner && now - known.heardMs < NAT_NEIGHBOUR_MS) return false;
    if (known && known.owner !== owner) this.#forget(known);
    const neighbour = this.#known.get(address) ?? this.#add(address, owner, frame);
    neighbour.heardMs = now;
    this.#slots[slotOf(neighbour.bytes, 0)] = neighbour;
    const parked = this.#parked.get(address);
    this.#parked.delete(address);
    if (parked) this.send(parked);
    return true;
  }

  #add(address: string, owner: string, frame: Uint8Array): Neighbour {
    const neighbour: Neighbour = {
      address,
      bytes: Uint8Array.from(ip6Bytes(address)),
      mac: copyOf(frame, 6, 12),
      owner,
      heardMs: 0,
    };
    const others = this.#byOwner.get(owner) ?? [];
    if (others.length >= NAT_ADDRESSES_EACH_MAX) this.#forget(others[0] as Neighbour);
    else if (this.#known.size >= NAT_NEIGHBOURS_MAX)
      this.#forget(this.#known.values().next().value as Neighbour);
    this.#known.set(address, neighbour);
    this.#byOwner.set(owner, [...(this.#byOwner.get(owner) ?? []), neighbour]);
    return neighbour;
  }

  #forget(neighbour: Neighbour): void {
    const { address, bytes, owner } = neighbour;
    this.#known.delete(address);
    const left = (this.#byOwner.get(owner) ?? []).filter((one) => one !== neighbour);
    if (left.length > 0) this.#byOwner.set(owner, left);
    else this.#byOwner.delete(owner);
    const slot = slotOf(bytes, 0);
    if (this.#slots[slot] === neighbour) this.#slots[slot] = undefined;
  }

  #advertise(asked: Uint8Array, about: string, isUnnumbered: boolean): void {
    const message = messageOf(ADVERTISE, about, TARGET_LINK, this.#parts.mac);
    message[4] = ROUTER | OVERRIDE | (isUnnumbered ? 0 : SOLICITED);
    const source = ip6At(asked, SOURCE6);
    this.sendBack(asked, icmp6Frame(about, isUnnumbered ? ALL_NODES : source, message, HOPS));
  }

  #solicit(target: string): void {
    const { addresses, mac } = this.#parts;
    const group = `ff0200000000000000000001ff${target.slice(26)}`;
    const [own, linkLocal] = addresses;
    const source = target.startsWith(LINK_LOCAL) ? linkLocal : own;
    const message = messageOf(SOLICIT, target, SOURCE_LINK, mac);
    this.#sendTo(groupMac(group), icmp6Frame(source, group, message, HOPS));
  }
}

function messageOf(type: number, about: string, option: number, mac: Uint8Array): Uint8Array {
  const message = new Uint8Array(FIXED_BYTES + 8);
  message[0] = type;
  message.set(ip6Bytes(about), 8);
  message.set([option, 1], FIXED_BYTES);
  message.set(mac, FIXED_BYTES + 2);
  return message;
}

/**
 * The MAC address that the options of a message, which begin `at`, say; "bad" where they aren't well formed.
 */
export function linkOf(frame: Uint8Array, option: number, start: number): Uint8Array | "bad" | undefined {
  let found: Uint8Array | undefined;
  // Bound: the frame; an option has at least 8 bytes.
  for (let at = start; at < frame.length;) {
    const length = (frame[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > frame.length) return "bad";
    if (frame[at] === option) found = frame.subarray(at + 2, at + 8);
    at += length;
  }
  return found;
}

/** Where frames for a group of stations go (RFC 2464). */
function groupMac(group: string): Uint8Array {
  return Uint8Array.from([0x33, 0x33, ...ip6Bytes(group).subarray(12)]);
}

function slotOf(bytes: Uint8Array, at: number): number {
  const mixed = Math.imul(get32(bytes, at + 8) ^ get32(bytes, at + 12), 0x9e37_79b1);
  return (mixed ^ get32(bytes, at + 4)) >>> 24;
}

function isSame(frame: Uint8Array, at: number, bytes: Uint8Array): boolean {
  // Bound: 16.
  for (let index = 0; index < bytes.length; index++) if (frame[at + index] !== bytes[index]) return false;
  return true;
}
