// The lines of `stream` and `sink` about what was sent and what came, in the words that iperf has.

import { put, putAmount, putGrouped, putSeconds } from "../sdk/index";
import { Counts } from "./wire";

const RATE_MAX: f64 = 1e18;

/** Adds `25.0 MB in 2.0 s, 100 Mbit/s`. */
export function putTransfer(bytes: u64, ns: i64): void {
  putAmount(bytes, "B");
  put(" in ");
  putSeconds(ns);
  if (ns <= 0) return;
  put(", ");
  // Bounded: these may be numbers that somebody else has sent.
  putAmount(<u64>min((<f64>bytes * 8e9) / <f64>ns, RATE_MAX), "bit/s");
}

/** Adds a transfer, and `0 of 16,984 lost, 0 out of order`, where `total` were sent. */
export function putCounts(counts: Counts, total: u64): void {
  putTransfer(counts.bytes, counts.ns);
  put(", ");
  putGrouped(total - min(counts.received, total));
  put(" of ");
  putGrouped(total);
  put(" lost, ");
  putGrouped(counts.disordered);
  put(" out of order");
  if (counts.duplicates == 0) return;
  put(", ");
  putGrouped(counts.duplicates);
  put(" twice");
}
