// What a volume holds, as one number. Control thread, a piece at a time.

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { openStore } from "../backend/volume/open-store.ts";
import type { Id, Outcome } from "../hypervisor.ts";
import { COMMIT_CHUNK_BYTES } from "../limits.ts";
import type { DigestOptions } from "../snapshots.ts";
import { refuse } from "./outcome.ts";
import type { Volume } from "./volumes.ts";

/** As `SnapshotDoor.digestVolume`. */
export async function digestVolume(
  volumes: ReadonlyMap<Id, Volume>,
  id: Id,
  { progressed, signal }: DigestOptions = {},
): Promise<Outcome<string>> {
  const volume = volumes.get(id);
  if (!volume) return refuse("missing", `there is no volume \`${id}\``);
  if (volume.nbd)
    return refuse("invalid", `what volume \`${id}\` holds is elsewhere (class nbd), and not looked at`);
  const { size } = volume.notice;
  const store = openStore(volume.notice);
  const hash = createHash("sha256");
  const piece = new Uint8Array(COMMIT_CHUNK_BYTES);
  for (let at = 0; at < size; at += piece.length) {
    if (signal?.aborted === true || volumes.get(id) !== volume) return refuse("busy", "it was called off");
    const length = Math.min(piece.length, size - at);
    const status = store.read(at, piece, 0, length);
    if (status < 0) return refuse("outside", `volume \`${id}\` can't be read (${status})`);
    hash.update(piece.subarray(0, length));
    progressed?.(at + length, size);
    await setImmediate();
  }
  return { ok: true, value: hash.digest("hex") };
}
