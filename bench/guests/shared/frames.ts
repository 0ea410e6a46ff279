// The frames of the closed loop. After the ethernet header: kind and stream in the word at 12 (with the
// type), a sequence at 16, a count at 20; with `--ends` data frames repeat the sequence in their last 4
// bytes, so that a torn one shows.

import { TYPE_EXPERIMENT, load16, storeMac } from "../../../stdlib/guests/sdk/index";

/** Every kind with the ethernet type, as the little-endian word at 12 without the stream. */
const TYPE: u32 = 0xb588;
export const KIND_MASK: u32 = 0x00ffffff;
export const DATA: u32 = TYPE | (1 << 16);
/** Everything before `sequence` has come; `count` of it was missing. */
export const ACK: u32 = TYPE | (2 << 16);
/** Everything before `sequence` has been sent: answer with an ACK. Sequence 0 starts the stream. */
export const PROBE: u32 = TYPE | (3 << 16);
export const ASK: u32 = TYPE | (4 << 16);
export const ANSWER: u32 = TYPE | (5 << 16);

export const STREAMS: i32 = 8;
export const SHORT_BYTES: i32 = 64;
/** The shortest data frame that has all its fields. */
export const DATA_BYTES_MIN: i32 = 28;
export const DATA_BYTES_MAX: i32 = 65_554;

/** The word at 12, or 0 for a frame of something else. */
export function wordOf(frame: usize, length: i32): u32 {
  return length >= DATA_BYTES_MIN && load16(frame + 12) == TYPE_EXPERIMENT ? load<u32>(frame, 12) : 0;
}

export function writeHead(frame: usize, target: u64, source: u64, kind: u32, stream: i32): void {
  storeMac(frame, target);
  storeMac(frame + 6, source);
  store<u32>(frame, kind | ((<u32>stream) << 24), 12);
}
