// A message of `chat`: its own size, so that it can be found in a stream, and its number from 1 on.

export const MESSAGE_BYTES_MIN: i32 = 16;
const MARK: u32 = 0x54414843; // "CHAT"

export function writeMessage(at: usize, bytes: i32, number: i64): void {
  store<u32>(at, MARK);
  store<u32>(at, bytes, 4);
  store<i64>(at, number, 8);
}

/** Bytes of the message that begins here, 0: there is no whole one. */
export function messageBytes(at: usize, left: i32): i32 {
  if (left < MESSAGE_BYTES_MIN || load<u32>(at) != MARK) return 0;
  const bytes = load<i32>(at, 4);
  return bytes >= MESSAGE_BYTES_MIN && bytes <= left ? bytes : 0;
}

export function messageNumber(at: usize): i64 {
  return load<i64>(at, 8);
}
