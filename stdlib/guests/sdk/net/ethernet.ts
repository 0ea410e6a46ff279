// Ethernet frames, untagged.

import { loadMac, store16, storeMac } from "../bytes";

export const ETHERNET_BYTES: i32 = 14;
export const TYPE_IPV4: u32 = 0x0800;
export const TYPE_ARP: u32 = 0x0806;
/** A type that is free for experiments within one network. */
export const TYPE_EXPERIMENT: u32 = 0x88b5;
export const BROADCAST: u64 = 0xffffffffffff;

export function writeEthernet(frame: usize, target: u64, source: u64, type: u32): void {
  storeMac(frame, target);
  storeMac(frame + 6, source);
  store16(frame + 12, type);
}

export function targetMac(frame: usize): u64 {
  return loadMac(frame);
}

export function sourceMac(frame: usize): u64 {
  return loadMac(frame + 6);
}

/** Group addresses, broadcast among them: never the source of anything. */
export function isGroup(mac: u64): bool {
  return ((mac >> 40) & 1) != 0;
}
