// What a guest is told of a vchan: the 16 bytes of docs/abi.md.

import { VCHAN, VCHAN_ROLE } from "../../ring/abi.ts";
import type { LaneShape } from "../../ring/lanes.ts";
import type { VchanSpec } from "../../hypervisor.ts";

/** Bits of `VCHAN_ROLE`. */
export function roleBits(role: VchanSpec["role"]): number {
  if (role === "both") return VCHAN_ROLE.send | VCHAN_ROLE.receive;
  return VCHAN_ROLE[role];
}

export function encodeVchanFacts({ role, priority }: VchanSpec, shape: LaneShape): Uint8Array {
  const bytes = new Uint8Array(VCHAN.factsBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, shape.stream ? VCHAN.stream : VCHAN.datagram, true);
  view.setUint32(4, shape.messageMax, true);
  view.setUint32(8, roleBits(role), true);
  view.setUint32(12, priority, true);
  return bytes;
}
