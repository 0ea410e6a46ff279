// What `stream` and `sink` say to each other: the first bytes of each datagram, in the network's byte order.
// A run has a number of its own, so that a sender that starts again is told from itself.

import { load32, load64, store32, store64 } from "../sdk/index";

export const PORT: u32 = 5001;

export const DATA: u32 = 1;
/** Its number is how many were sent. Asks for a `REPORT`. */
export const FINISH: u32 = 2;
/** Its number is that of the `FINISH`. */
export const REPORT: u32 = 3;

/** Bytes of the head, and of a report, which has a head too. */
export const HEAD_BYTES: i32 = 24;
export const REPORT_BYTES: i32 = 64;
/** Numbers are below this. */
export const NUMBERS_MAX: u64 = 1 << 53;

const MAGIC: u32 = 0x76627573;

export function writeHead(at: usize, kind: u32, run: u32, number: u64): void {
  store32(at, MAGIC);
  store32(at + 4, kind);
  store32(at + 8, run);
  store32(at + 12, 0);
  store64(at + 16, number);
}

/** The kind of a datagram, or 0 for one that is no part of this. */
export function kindOf(at: usize, bytes: i32): u32 {
  if (bytes < HEAD_BYTES || load32(at) != MAGIC || numberOf(at) >= NUMBERS_MAX) return 0;
  const kind = load32(at + 4);
  return kind == REPORT && bytes < REPORT_BYTES ? 0 : kind;
}

export function runOf(at: usize): u32 {
  return load32(at + 8);
}

export function numberOf(at: usize): u64 {
  return load64(at + 16);
}

/** What a receiver has counted of one run. Duplicates are not among `received` and `bytes`. */
export class Counts {
  received: u64 = 0;
  bytes: u64 = 0;
  disordered: u64 = 0;
  duplicates: u64 = 0;
  /** From the first to the last datagram. */
  ns: i64 = 0;

  /** Behind the head of a report. */
  write(at: usize): void {
    store64(at + 24, this.received);
    store64(at + 32, this.bytes);
    store64(at + 40, this.disordered);
    store64(at + 48, this.duplicates);
    store64(at + 56, this.ns);
  }

  read(at: usize): void {
    this.received = load64(at + 24);
    this.bytes = load64(at + 32);
    this.disordered = load64(at + 40);
    this.duplicates = load64(at + 48);
    this.ns = <i64>(load64(at + 56) & 0x7fffffffffffffff);
  }
}
