// SHA-256, so that names and texts alone decide addresses and seeds. Pure; FIPS 180-4.

const K = new Uint32Array(64);
const START = new Uint32Array(8);

/** The first 32 bits of the fractional part. */
const fraction = (value: number): number => Math.floor((value - Math.floor(value)) * 2 ** 32);

function fillConstants(): void {
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(n));
    K[found++] = fraction(Math.cbrt(n));
  }
}
fillConstants();

const at0 = (words: Uint32Array, i: number): number => words[i] ?? 0;
const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n));
const W = new Uint32Array(64);

function compress(h: Uint32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) W[i] = view.getUint32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15] ?? 0;
    const y = W[i - 2] ?? 0;
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    W[i] = (W[i - 16] ?? 0) + s0 + (W[i - 7] ?? 0) + s1;
  }
  let a = at0(h, 0);
  let b = at0(h, 1);
  let c = at0(h, 2);
  let d = at0(h, 3);
  let e = at0(h, 4);
  let f = at0(h, 5);
  let g = at0(h, 6);
  let last = at0(h, 7);
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (last + s1 + ((e & f) ^ (~e & g)) + (K[i] ?? 0) + (W[i] ?? 0)) | 0;
    const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    last = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  h[0] = at0(h, 0) + a;
  h[1] = at0(h, 1) + b;
  h[2] = at0(h, 2) + c;
  h[3] = at0(h, 3) + d;
  h[4] = at0(h, 4) + e;
  h[5] = at0(h, 5) + f;
  h[6] = at0(h, 6) + g;
  h[7] = at0(h, 7) + last;
}

const encoder = new TextEncoder();

/** Used again for each short text: thousands of addresses are hashed. */
const SHORT = new Uint8Array(512);
const SHORT_VIEW = new DataView(SHORT.buffer);
const H = new Uint32Array(8);

/** The bytes of a text as UTF-8 in `buffer`: how many. Nearly all are ASCII. */
function encode(text: string, buffer: Uint8Array): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return encoder.encodeInto(text, buffer).written;
    buffer[i] = code;
  }
  return text.length;
}

/** The hash of a text as UTF-8, as eight numbers of 32 bits that are good until the next is asked for. */
export function sha256Words(text: string): Uint32Array {
  // In UTF-8 a UTF-16 unit takes three bytes at most.
  const long = text.length * 3 + 72 > SHORT.length;
  const buffer = long ? new Uint8Array(text.length * 3 + 72) : SHORT;
  const view = long ? new DataView(buffer.buffer) : SHORT_VIEW;
  const length = encode(text, buffer);
  const end = ((length + 8) >> 6) * 64 + 64;
  buffer.fill(0, length, end);
  buffer[length] = 0x80;
  view.setUint32(end - 8, Math.floor((length * 8) / 2 ** 32));
  view.setUint32(end - 4, (length * 8) >>> 0);
  H.set(START);
  for (let at = 0; at < end; at += 64) compress(H, view, at);
  return H;
}

/** The 32 bytes of it. */
function sha256(text: string): Uint8Array {
  sha256Words(text);
  const digest = new Uint8Array(32);
  for (let i = 0; i < 32; i++) digest[i] = at0(H, i >> 2) >>> (24 - 8 * (i & 3));
  return digest;
}

export const sha256Hex = (text: string): string =>
  Array.from(sha256(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
