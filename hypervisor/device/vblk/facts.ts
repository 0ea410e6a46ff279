// What a guest is told of a disk.

import { REQUEST_BYTES_MAX, SECTOR_BYTES } from "../../limits.ts";
import { VBLK } from "../../ring/abi.ts";
import type { DiskNotice } from "../connection.ts";

const MODEL = { virtio: 0, vbus: VBLK.onBridge, own: VBLK.own } as const;

/**
 * u64 bytes of the volume, u32 bytes of a sector, u32 1 where it is read-only, u32 queues, u32 request bytes,
 * and how a PC is shown it.
 */
export function encodeVblkFacts({ volume, readonly, queues, model }: DiskNotice): Uint8Array {
  const bytes = new Uint8Array(VBLK.recordBytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(volume.size), true);
  view.setUint32(8, SECTOR_BYTES, true);
  view.setUint32(12, readonly ? 1 : 0, true);
  view.setUint32(16, queues, true);
  view.setUint32(20, REQUEST_BYTES_MAX, true);
  view.setUint32(VBLK.model, MODEL[model], true);
  return bytes;
}
