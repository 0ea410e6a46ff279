// Memory for rings and buffers: first fit, 64-byte aligned, given back when a device goes. The language's own
// objects lie below it and are never freed, so guests make those once, at the start. Never traps: 0 is "no
// room".

/** Bytes left to the language's own objects: far more than guests of this library make. */
const OBJECT_BYTES: usize = 128 * 1024;
const ALIGN_MASK: usize = 63;

/** A free block begins with these two words. Blocks are kept in order of address. */
const BLOCK_BYTES: usize = 0;
const BLOCK_NEXT: usize = 4;

let first: usize = 0;
let ready: bool = false;

function prepare(): void {
  ready = true;
  const start = (__heap_base + OBJECT_BYTES + ALIGN_MASK) & ~ALIGN_MASK;
  const end = (<usize>memory.size()) << 16;
  // A memory of 4 GiB: its end is not a number of 32 bits, and its last bytes are left alone.
  const bytes = (end == 0 ? <usize>0xffffffc0 : end) - start;
  if (end != 0 && end <= start) return;
  first = start;
  store<usize>(start, bytes, BLOCK_BYTES);
  store<usize>(start, 0, BLOCK_NEXT);
}

function rounded(bytes: usize): usize {
  return (bytes + ALIGN_MASK) & ~ALIGN_MASK;
}

/** Zeroed memory, aligned to 64, or 0 if there is no such block. */
export function allocate(bytes: usize): usize {
  if (!ready) prepare();
  const wanted = rounded(bytes);
  // Nothing, or so much that rounding went past the end of all numbers.
  if (wanted == 0) return 0;
  let before: usize = 0;
  for (let at = first; at != 0; before = at, at = load<usize>(at, BLOCK_NEXT)) {
    const size = load<usize>(at, BLOCK_BYTES);
    if (size < wanted) continue;
    let next = load<usize>(at, BLOCK_NEXT);
    if (size > wanted) {
      const rest = at + wanted;
      store<usize>(rest, size - wanted, BLOCK_BYTES);
      store<usize>(rest, next, BLOCK_NEXT);
      next = rest;
    }
    if (before == 0) first = next;
    else store<usize>(before, next, BLOCK_NEXT);
    memory.fill(at, 0, wanted);
    return at;
  }
  return 0;
}

/** Gives back what `allocate(bytes)` answered, with the same `bytes`. 0 is nothing. */
export function release(at: usize, bytes: usize): void {
  if (at == 0) return;
  let before: usize = 0;
  let next = first;
  while (next != 0 && next < at) {
    before = next;
    next = load<usize>(next, BLOCK_NEXT);
  }
  store<usize>(at, rounded(bytes), BLOCK_BYTES);
  store<usize>(at, next, BLOCK_NEXT);
  if (before == 0) first = at;
  else store<usize>(before, at, BLOCK_NEXT);
  join(at);
  if (before != 0) join(before);
}

/** Makes one block of this and the next where they touch. */
function join(at: usize): void {
  const next = load<usize>(at, BLOCK_NEXT);
  const bytes = load<usize>(at, BLOCK_BYTES);
  if (next == 0 || at + bytes != next) return;
  store<usize>(at, bytes + load<usize>(next, BLOCK_BYTES), BLOCK_BYTES);
  store<usize>(at, load<usize>(next, BLOCK_NEXT), BLOCK_NEXT);
}

/** Bytes of the largest block that `allocate` would give now. */
export function largestFree(): usize {
  if (!ready) prepare();
  let largest: usize = 0;
  for (let at = first; at != 0; at = load<usize>(at, BLOCK_NEXT))
    largest = max(largest, load<usize>(at, BLOCK_BYTES));
  return largest;
}
