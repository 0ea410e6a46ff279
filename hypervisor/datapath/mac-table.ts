// Where MAC addresses live on a network: an open-addressed table in the fabric, read and taught by every
// sender. An entry is two words that are written so that a reader sees an old entry, a new one, or none.

import { MACS_MAX, MAC_AGE_STEPS, MAC_PROBES } from "../limits.ts";
import { NETWORK, networkAt } from "../memory/layout.ts";

const BUSY = -1;

/** First table index for a MAC given as its first four bytes and its last two (little-endian words). */
function home(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & (MACS_MAX - 1);
}

function entryAt(network: number, index: number): number {
  return (networkAt(network) + NETWORK.macs + (index & (MACS_MAX - 1)) * 8) >> 2;
}

const AGE_SHIFT = 29;
const AGES = 8;
const PORT_MASK = 0x1fff;

/** What an entry of this station says now. */
function wordOf(i32: Int32Array, network: number, high: number, port: number): number {
  const age = i32[(networkAt(network) + NETWORK.age) >> 2] as number;
  return (age << AGE_SHIFT) | ((port + 1) << 16) | high;
}

const portIn = (word: number): number => ((word >>> 16) & PORT_MASK) - 1;

/** The port that was last heard sending from this MAC, or -1. `high` is at most 0xffff. Any thread. */
export function lookUpMac(i32: Int32Array, network: number, low: number, high: number): number {
  return portIn(entryOf(i32, network, low, high));
}

/** The second word of the MAC's entry, 0 where there is none. */
function entryOf(i32: Int32Array, network: number, low: number, high: number): number {
  const start = home(low, high);
  for (let probe = 0; probe < MAC_PROBES; probe++) {
    const at = entryAt(network, start + probe);
    const word = Atomics.load(i32, at + 1);
    if ((word & 0xffff) !== high || word === 0 || word === BUSY) continue;
    if (Atomics.load(i32, at) !== low) continue;
    if (Atomics.load(i32, at + 1) !== word) continue; // It changed under us: as good as unknown.
    return word;
  }
  return 0;
}

/**
 * Remembers that `port` sends from this MAC, and that it was heard now. Where there is no room nothing is
 * learned. Any thread.
 */
export function learnMac(i32: Int32Array, network: number, low: number, high: number, port: number): void {
  const start = home(low, high);
  const word = wordOf(i32, network, high, port);
  // Mostly it is known. The table is asked, not a note of one's own: another port may have taken the address.
  if (entryOf(i32, network, low, high) === word) return;
  for (let probe = 0; probe < MAC_PROBES; probe++) {
    const at = entryAt(network, start + probe);
    const old = Atomics.load(i32, at + 1);
    if (old !== 0 && old !== BUSY && (old & 0xffff) === high && Atomics.load(i32, at) === low) {
      if (old === word) return;
      Atomics.compareExchange(i32, at + 1, old, word);
      return tellLearned(i32, network);
    }
  }
  for (let probe = 0; probe < MAC_PROBES; probe++) {
    const at = entryAt(network, start + probe);
    if (Atomics.load(i32, at + 1) !== 0) continue;
    if (Atomics.compareExchange(i32, at + 1, 0, BUSY) !== 0) continue;
    // Plain stores: a call of `Atomics` is a place where a kill could come between, and the entry stay busy.
    i32[at] = low;
    i32[at + 1] = word;
    return tellLearned(i32, network);
  }
}

/**
 * A step of ageing: stations that were not heard in the last `MAC_AGE_STEPS` are forgotten. Those that are
 * heard from now on are of the new age. Control thread.
 */
export function ageMacs(i32: Int32Array, network: number): void {
  const age = ((i32[(networkAt(network) + NETWORK.age) >> 2] as number) + 1) % AGES;
  for (let index = 0; index < MACS_MAX; index++) {
    const at = entryAt(network, index) + 1;
    const word = Atomics.load(i32, at);
    if (word === 0 || word === BUSY) continue;
    const old = (age - (word >>> AGE_SHIFT) + AGES) % AGES;
    if (old > MAC_AGE_STEPS) Atomics.compareExchange(i32, at, word, 0);
  }
  Atomics.store(i32, (networkAt(network) + NETWORK.age) >> 2, age);
  tellLearned(i32, network);
}

/** Forgets every MAC of a port: it left the network. Control thread. */
export function forgetMacs(i32: Int32Array, network: number, port: number): void {
  for (let index = 0; index < MACS_MAX; index++) {
    const at = entryAt(network, index);
    const word = Atomics.load(i32, at + 1);
    if (word !== BUSY && portIn(word) === port) Atomics.compareExchange(i32, at + 1, word, 0);
  }
  tellLearned(i32, network);
}

/** Empties the table: the row serves a new network. Control thread. */
export function clearMacs(i32: Int32Array, network: number): void {
  i32.fill(0, entryAt(network, 0), entryAt(network, 0) + MACS_MAX * 2);
  tellLearned(i32, network);
}

/** What stood in the table may not be so any more: flows that went by it are judged anew. */
function tellLearned(i32: Int32Array, network: number): void {
  Atomics.add(i32, (networkAt(network) + NETWORK.learned) >> 2, 1); // V3: after the change, pairs with V4.
}
