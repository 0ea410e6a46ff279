// What guests are told of a device: its class by number, and the class's facts as bytes.

import { CLASS_NUMBER } from "../ring/abi.ts";
import { FRAME_OVERHEAD } from "../limits.ts";
import type { DeviceSpec, VconsoleSpec } from "../hypervisor.ts";
import type { DeviceNotice } from "./connection.ts";
import { encodeVenetFacts } from "./venet/facts.ts";

export function noticeOf(device: { deviceId: number; port: number; spec: DeviceSpec }): DeviceNotice {
  const { deviceId: id, port, spec } = device;
  return { id, class: CLASS_NUMBER[spec.class], name: spec.name, port, ...classNotice(spec) };
}

function classNotice(spec: DeviceSpec): Pick<DeviceNotice, "frameMax" | "facts"> {
  switch (spec.class) {
    case "venet": {
      const { mtu, link } = spec.venet;
      return { frameMax: mtu + FRAME_OVERHEAD, facts: encodeVenetFacts(spec.venet, link === "up") };
    }
    case "vconsole":
      return { frameMax: 0, facts: consoleFacts(spec.vconsole) };
  }
}

function consoleFacts({ columns, rows }: VconsoleSpec): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, columns, true);
  new DataView(bytes.buffer).setUint32(4, rows, true);
  return bytes;
}
