// What of a device's settings can change, and what of them the data path has to know.

import type { PortSettings } from "../datapath/plugs.ts";
import type { DeviceSpec, Outcome, VenetSpec } from "../hypervisor.ts";
import { MTU_MAX } from "../limits.ts";
import { refuse } from "./outcome.ts";

/** These never change while the device lives. */
export const FIXED = ["mac", "ip", "prefix", "gateway"] as const;
/** These take other rings. */
export const SIZES = ["mtu", "ring"] as const;

/** Refuses what can't change while the device lives. */
export function fixedDiffers(
  before: DeviceSpec,
  after: DeviceSpec,
  fixed: readonly (keyof VenetSpec)[],
): Outcome | undefined {
  if (before.class !== after.class || before.name !== after.name) {
    return refuse("invalid", "a device keeps its class and its name");
  }
  if (before.class !== "venet" || after.class !== "venet") return undefined;
  const differs = fixed.find((name) => before.venet[name] !== after.venet[name]);
  return differs && refuse("invalid", `\`${differs}\` can't change while the device is there`);
}

export function settingsOf(spec: DeviceSpec): PortSettings {
  if (spec.class !== "venet") return { linkUp: true, mtu: MTU_MAX, rate: 0, vlan: 0 };
  const { link, mtu, rate = 0, vlan = 0 } = spec.venet;
  return { linkUp: link === "up", mtu, rate, vlan };
}
