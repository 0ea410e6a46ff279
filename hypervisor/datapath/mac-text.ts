// MAC addresses as people and other programs read them.

const BYTES = 6;

/** The address at an offset of a frame, or as such: six bytes in hexadecimal, colons between them. */
export function macText(bytes: Uint8Array, at = 0): string {
  const mac = bytes.subarray(at, at + BYTES);
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}
