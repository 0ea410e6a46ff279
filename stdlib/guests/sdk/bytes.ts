// Reading and writing the network's byte order, and telling texts apart. Addresses of the network are u32
// values in reading order (10.0.0.1 is 0x0a000001), MAC addresses are u64 values of 48 bits. Nothing here
// allocates.

export function load16(at: usize): u32 {
  return bswap<u16>(load<u16>(at));
}

export function store16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}

export function load32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

export function store32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}

export function load64(at: usize): u64 {
  return bswap<u64>(load<u64>(at));
}

export function store64(at: usize, value: u64): void {
  store<u64>(at, bswap<u64>(value));
}

export function loadMac(at: usize): u64 {
  return ((<u64>load16(at)) << 32) | load32(at + 2);
}

export function storeMac(at: usize, mac: u64): void {
  store16(at, <u32>(mac >> 32));
  store32(at + 2, <u32>mac);
}

/** The bytes are this text, which is plain ASCII. */
export function textEquals(at: usize, length: i32, text: string): bool {
  if (length != text.length) return false;
  for (let i = 0; i < length; i++) if (load<u8>(at + i) != text.charCodeAt(i)) return false;
  return true;
}

export function bytesEqual(a: usize, b: usize, length: i32): bool {
  return memory.compare(a, b, length) == 0;
}
