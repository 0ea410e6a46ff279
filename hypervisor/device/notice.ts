// What guests are told of a device: its class by number, and the class's facts as bytes.

import { CLASS_NUMBER } from "../ring/abi.ts";
import { FRAME_OVERHEAD } from "../limits.ts";
import type { DeviceSpec } from "../hypervisor.ts";
import type { DeviceNotice } from "./connection.ts";
import { encodeVenetFacts } from "./venet/facts.ts";

export function noticeOf(device: { deviceId: number; port: number; spec: DeviceSpec }): DeviceNotice {
  const { deviceId: id, port, spec } = device;
  const frameMax = spec.class === "venet" ? spec.venet.mtu + FRAME_OVERHEAD : 0;
  return { id, class: CLASS_NUMBER[spec.class], name: spec.name, port, frameMax, facts: factsOf(spec) };
}

function factsOf(spec: DeviceSpec): Uint8Array {
  if (spec.class === "venet") {
    const { mac, mtu, ip, gateway, prefix, ring, link } = spec.venet;
    return encodeVenetFacts({ mac, mtu, ip, gateway, prefix, ring, linkUp: link === "up" });
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, spec.vconsole.columns, true);
  new DataView(bytes.buffer).setUint32(4, spec.vconsole.rows, true);
  return bytes;
}
