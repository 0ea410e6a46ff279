// What a guest is told of a venet: the facts of docs/abi.md.

import type { VenetSpec } from "../../hypervisor.ts";
import { VENET, VENET_FACT } from "../../ring/abi.ts";

const MODEL = { virtio: 0, vbus: VENET.onBridge, own: VENET.own } as const;

export function encodeVenetFacts(facts: VenetSpec, linkUp: boolean): Uint8Array {
  const bytes = new Uint8Array(VENET.recordBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(macBytes(facts.mac), 0);
  view.setUint16(6, facts.mtu & 0xffff, true); // 65,536 is said as 0.
  view.setUint32(8, linkUp ? 1 : 0, true);
  bytes.set(ipBytes(facts.ip), 12);
  bytes.set(ipBytes(facts.gateway), 16);
  view.setUint32(20, facts.prefix, true);
  view.setUint32(24, facts.ring, true);
  view.setUint32(28, facts.offload === false ? 0 : VENET_FACT.offload, true);
  view.setUint32(VENET.model, MODEL[facts.model ?? "virtio"], true);
  return bytes;
}

/** What `INFO` gives a guest that has room for `length` bytes of its facts; undefined: that is too little. */
export function venetInfo(facts: Uint8Array, length: number): Uint8Array | undefined {
  if (length < VENET.factsBytesMin) return undefined;
  return facts.subarray(0, length < VENET.factsBytes ? VENET.factsBytesMin : VENET.factsBytes);
}

/** The six bytes of a MAC written with colons. */
function macBytes(mac: string): readonly number[] {
  return mac.split(":").map((part) => Number.parseInt(part, 16));
}

function ipBytes(ip: string): readonly number[] {
  return ip.split(".").map(Number);
}
