// What a guest is told at boot: its name, its lab's, its arguments and its environment. Texts are UTF-8
// bytes, named by address and length; they stay where they are for as long as the guest runs.

import {
  ABI_VERSION,
  BOOT_ARGUMENT,
  BOOT_ENVIRONMENT,
  BOOT_GUEST,
  BUS,
  BUS_BOOT,
  BUS_NEGOTIATE,
  ENOSPC,
} from "./abi";
import { listen } from "./events";
import { allocate, release } from "./memory";
import { call } from "./vbus";

const BOOT_BYTES_FIRST: i32 = 4096;
const BOOT_BYTES_MAX: i32 = 256 * 1024;
const RECORD_HEAD: i32 = 4;

const negotiation: usize = memory.data(16, 16);
let records: usize = 0;
let recordBytes: i32 = 0;

/**
 * Agrees on the version, and on those of `features` that the host has too, reads the boot information, and
 * asks for events. The first call of every guest.
 */
export function boot(features: u64 = 0): i32 {
  store<i32>(negotiation, ABI_VERSION);
  store<u64>(negotiation, features, 8);
  const agreed = call(BUS, BUS_NEGOTIATE, negotiation, 16, 0);
  if (agreed < 0) return agreed;
  for (let bytes = BOOT_BYTES_FIRST; bytes <= BOOT_BYTES_MAX; bytes *= 2) {
    records = allocate(bytes);
    if (records == 0) return ENOSPC;
    recordBytes = call(BUS, BUS_BOOT, records, bytes, 0);
    if (recordBytes >= 0) break;
    release(records, bytes);
    if (recordBytes != ENOSPC) return recordBytes;
  }
  return recordBytes < 0 ? recordBytes : listen();
}

/** A text of the boot information. `at` is 0 where there is none. */
export class BootText {
  at: usize = 0;
  length: i32 = 0;
}

/** Finds the `index`-th record of a type, and answers whether there is one. */
function find(type: u8, index: i32, into: BootText): bool {
  let left = index;
  for (let at = 0; at + RECORD_HEAD <= recordBytes;) {
    const length = <i32>load<u16>(records + at, 2);
    if (load<u8>(records + at) == type && left-- == 0) {
      into.at = records + at + RECORD_HEAD;
      into.length = length;
      return true;
    }
    at += RECORD_HEAD + length;
  }
  into.at = 0;
  into.length = 0;
  return false;
}

export function argument(index: i32, into: BootText): bool {
  return find(BOOT_ARGUMENT, index, into);
}

/** The `index`-th entry, as `KEY=VALUE`. */
export function environment(index: i32, into: BootText): bool {
  return find(BOOT_ENVIRONMENT, index, into);
}

export function guestName(into: BootText): bool {
  return find(BOOT_GUEST, 0, into);
}
