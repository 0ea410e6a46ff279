// Types on a guest's console all that is to be typed, however slowly the guest reads.

import type { LabClient } from "./client.ts";

/** Characters that are typed in one go. */
const PIECE = 64;
/** A guest that doesn't read is asked again after this long. */
const FULL_MS = 20;

/**
 * A guest takes a piece whole or not at all: what is larger than its buffers is cut smaller. Rejects with
 * `OperationError` where the guest has no console or the lab has gone; `givenUp` is asked before each piece.
 */
export async function typeAll(
  client: LabClient,
  guest: string,
  text: string,
  givenUp: () => boolean = () => false,
): Promise<void> {
  let rest = [...text];
  let size = PIECE;
  // Bound: each turn has a piece taken, or a smaller one tried, or waits; the lab's end or a signal ends it.
  while (rest.length > 0 && !givenUp()) {
    const piece = rest.slice(0, size);
    const { taken } = await client.request("typeConsole", { guest, text: piece.join("") });
    if (taken > 0) rest = rest.slice(piece.length);
    else if (size > 1) size >>= 1;
    else await new Promise((resolve) => setTimeout(resolve, FULL_MS));
  }
}
