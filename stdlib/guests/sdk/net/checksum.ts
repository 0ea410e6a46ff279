// The Internet checksum: the 16-bit one's complement sum that IPv4, ICMP and UDP carry. Sums are made of
// words as they lie in memory and stored as they are: the sum is the same in either byte order.

/** Adds up bytes; `start` is a sum so far, over an even number of bytes. */
export function sum(at: usize, bytes: i32, start: u64): u64 {
  let total = start;
  let left = bytes;
  let from = at;
  for (; left >= 16; left -= 16, from += 16) {
    total += <u64>load<u32>(from) + load<u32>(from, 4) + load<u32>(from, 8) + load<u32>(from, 12);
  }
  for (; left >= 2; left -= 2, from += 2) total += load<u16>(from);
  return left == 1 ? total + load<u8>(from) : total;
}

/** What to store in the checksum's field. Over data that holds a right checksum already it is 0. */
export function finish(total: u64): u16 {
  let rest = total;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >> 16);
  return <u16>~rest;
}

/** The checksum of these bytes alone. */
export function checksum(at: usize, bytes: i32): u16 {
  return finish(sum(at, bytes, 0));
}
