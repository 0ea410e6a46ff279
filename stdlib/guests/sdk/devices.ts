// The devices of the bus, as the host tells of them: each that is there at the start, and every change after.

import * as abi from "./abi";
import { load32, loadMac, textEquals } from "./bytes";
import { putBytes } from "./text";
import { call } from "./vbus";

/** One record of `nextChange`. Valid until the next call of it. */
export class Change {
  at: usize = memory.data(128, 16);

  /** Fetches the next change, if there is one. */
  next(): bool {
    return call(abi.BUS, abi.BUS_NEXT_CHANGE, this.at, abi.CHANGE_BYTES, 0) == 1;
  }

  get type(): u32 {
    return load<u32>(this.at);
  }
  get id(): i32 {
    return load<i32>(this.at, 4);
  }
  get deviceClass(): u32 {
    return load<u32>(this.at, 8);
  }
  /** Of a `CHANGE_RECONFIGURE`: what to acknowledge it with. */
  get ticket(): u32 {
    return load<u32>(this.at, abi.CHANGE_TICKET);
  }
  get name(): usize {
    return this.at + abi.CHANGE_NAME;
  }
  get facts(): usize {
    return this.at + abi.CHANGE_FACTS;
  }
}

/** Bytes of a device's name, which ends at the first zero or after 32 bytes. */
export function nameLength(name: usize): i32 {
  let length = 0;
  while (length < abi.CHANGE_NAME_BYTES && load<u8>(name + length) != 0) length++;
  return length;
}

export function putName(name: usize): void {
  putBytes(name, nameLength(name));
}

export function nameEquals(name: usize, text: string): bool {
  return textEquals(name, nameLength(name), text);
}

/** What the host says of a venet. */
export class VenetFacts {
  mac: u64 = 0;
  /** The largest payload of a frame, bytes. */
  mtu: i32 = 0;
  linkUp: bool = false;
  ip: u32 = 0;
  gateway: u32 = 0;
  prefix: u32 = 0;
  /** Descriptors that its rings should have. */
  ring: i32 = 0;

  /** Takes the facts of a change record, or those that `INFO` wrote. */
  read(at: usize): void {
    this.mac = loadMac(at + abi.FACT_MAC);
    const mtu = <i32>load<u16>(at, abi.FACT_MTU);
    this.mtu = mtu == 0 ? 65_536 : mtu;
    this.linkUp = load<u32>(at, abi.FACT_LINK) == 1;
    this.ip = load32(at + abi.FACT_IP);
    this.gateway = load32(at + abi.FACT_GATEWAY);
    this.prefix = load<u32>(at, abi.FACT_PREFIX);
    this.ring = load<i32>(at, abi.FACT_RING);
  }

  /** The bits of an address that name the subnet. */
  get mask(): u32 {
    return this.prefix == 0 ? 0 : (<u32>0xffffffff) << (32 - min<u32>(this.prefix, 32));
  }
}
