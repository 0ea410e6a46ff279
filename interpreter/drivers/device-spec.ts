// Devices of a bus as the hypervisor takes them, by class.

import type { Resource } from "../../lang/index.ts";
import type { DeviceSpec } from "../../hypervisor/index.ts";
import { BugError } from "../bug.ts";
import { vchanSpec, vclockSpec, vrngSpec } from "./channel.ts";
import type { Driver, Find } from "./driver.ts";
import { venetSpec } from "./ethernet.ts";
import { isPlace } from "./place.ts";
import { numberOf } from "./read.ts";
import { folderSpec, vblkSpec } from "./volume.ts";

export const vconsoleDriver: Driver = {
  kind: "device",
  class: "vconsole",
  replaceFrom: "pause",
  same: isPlace,
};

export function deviceSpec(device: Resource, find: Find): DeviceSpec {
  const name = deviceName(device);
  switch (device.class) {
    case "venet":
      return { class: "venet", name, venet: venetSpec(device, find) };
    case "vconsole": {
      const vconsole = { columns: numberOf(device, "columns"), rows: numberOf(device, "rows") };
      return { class: "vconsole", name, vconsole };
    }
    case "vblk": {
      const folder = folderSpec(device);
      if (folder) return { class: "folder", name, folder };
      return { class: "vblk", name, vblk: vblkSpec(device) };
    }
    case "vchan":
      return { class: "vchan", name, vchan: vchanSpec(device) };
    case "vclock":
      return { class: "vclock", name, vclock: vclockSpec(device) };
    case "vrng":
      return { class: "vrng", name, vrng: vrngSpec(device) };
    default:
      throw new BugError(`no driver serves ${device.address}`);
  }
}

/** What a guest calls the device: its name in its bus or its guest, with its key (`eth[2]`). */
function deviceName({ address, bus = "" }: Resource): string {
  const owner = address.startsWith(`${bus}.`) ? bus : bus.slice(0, bus.lastIndexOf("."));
  return address.slice(owner.length + 1);
}
