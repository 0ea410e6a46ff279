// ARP: packets, and the table of who has which address. The table decides when to ask again; the stack asks.

import { load16, load32, loadMac, store16, store32, storeMac } from "../bytes";
import { now } from "../events";

export const ARP_BYTES: i32 = 28;
export const ARP_REQUEST: u32 = 1;
export const ARP_REPLY: u32 = 2;

const ENTRIES: i32 = 32;
const MILLISECOND: i64 = 1_000_000;
/** The first question is repeated soon, then each time later, up to the last. */
const ASK_FIRST: i64 = 10 * MILLISECOND;
const ASK_LAST: i64 = 200 * MILLISECOND;
/** An answer is believed so long; then it is asked for again, and used for as long as that takes. */
const FRESH: i64 = 60_000 * MILLISECOND;
const STALE: i64 = 90_000 * MILLISECOND;

/** What is asked or announced: who has `targetIp`, and that `senderIp` is at `senderMac`. */
export function writeArp(
  at: usize,
  operation: u32,
  senderMac: u64,
  senderIp: u32,
  targetMac: u64,
  targetIp: u32,
): void {
  store16(at, 1);
  store16(at + 2, 0x0800);
  store16(at + 4, 0x0604);
  store16(at + 6, operation);
  storeMac(at + 8, senderMac);
  store32(at + 14, senderIp);
  storeMac(at + 18, targetMac);
  store32(at + 24, targetIp);
}

/** An ARP packet for IPv4 over ethernet. */
export function checkArp(at: usize, bytes: i32): bool {
  return bytes >= ARP_BYTES && load32(at) == 0x00010800 && load16(at + 4) == 0x0604;
}

export function arpOperation(at: usize): u32 {
  return load16(at + 6);
}
export function arpSenderMac(at: usize): u64 {
  return loadMac(at + 8);
}
export function arpSenderIp(at: usize): u32 {
  return load32(at + 14);
}
export function arpTargetIp(at: usize): u32 {
  return load32(at + 24);
}

class Entry {
  ip: u32 = 0;
  /** 0 while nobody has answered. */
  mac: u64 = 0;
  learnedAt: i64 = 0;
  askAt: i64 = 0;
  askEvery: i64 = 0;
}

export class ArpTable {
  private entries: StaticArray<Entry> = new StaticArray<Entry>(ENTRIES);
  private nextVictim: i32 = 0;

  constructor() {
    for (let i = 0; i < ENTRIES; i++) unchecked((this.entries[i] = new Entry()));
  }

  /** Forgets everything. */
  clear(): void {
    for (let i = 0; i < ENTRIES; i++) unchecked(this.entries[i]).ip = 0;
  }

  /** The MAC address of `ip`, or 0 while it isn't known. The address is remembered as one that is wanted. */
  lookup(ip: u32): u64 {
    const entry = this.entryFor(ip);
    if (entry.mac != 0 && now() - entry.learnedAt > STALE) this.wait(entry);
    return entry.mac;
  }

  /** Whether it is time to ask for `ip`. Counts as asked. */
  shouldAsk(ip: u32): bool {
    const entry = this.entryFor(ip);
    const time = now();
    if (entry.mac != 0 && time - entry.learnedAt <= FRESH) return false;
    if (time < entry.askAt) return false;
    entry.askAt = time + entry.askEvery;
    entry.askEvery = min(entry.askEvery * 2, ASK_LAST);
    return true;
  }

  /** When `shouldAsk` will say yes for an address that isn't known. */
  askAt(ip: u32): i64 {
    return this.entryFor(ip).askAt;
  }

  /** Somebody said that `ip` is at `mac`. Believed of addresses that were asked for, or else if `wanted`. */
  learn(ip: u32, mac: u64, wanted: bool): void {
    const known = this.find(ip);
    if (known == null && !wanted) return;
    const entry = known == null ? this.entryFor(ip) : known;
    entry.mac = mac;
    entry.learnedAt = now();
    entry.askAt = 0;
    entry.askEvery = ASK_FIRST;
  }

  private find(ip: u32): Entry | null {
    for (let i = 0; i < ENTRIES; i++)
      if (unchecked(this.entries[i]).ip == ip) return unchecked(this.entries[i]);
    return null;
  }

  private entryFor(ip: u32): Entry {
    const known = this.find(ip);
    if (known != null) return known;
    const entry = unchecked(this.entries[this.nextVictim]);
    this.nextVictim = (this.nextVictim + 1) % ENTRIES;
    entry.ip = ip;
    this.wait(entry);
    return entry;
  }

  private wait(entry: Entry): void {
    entry.mac = 0;
    entry.askAt = 0;
    entry.askEvery = ASK_FIRST;
  }
}
