// What a guest sees of its bus. Control thread.

import type { Device } from "../bus/bus.ts";
import type { Devices } from "../bus/devices.ts";
import type { GuestSpec, Outcome } from "../hypervisor.ts";

export function sees(spec: GuestSpec, device: Device): boolean {
  return spec.use === undefined || spec.use.includes(device.id);
}

/** Why the guest can't boot now: it could open a volume that is part of a commit. */
export function heldDisk(spec: GuestSpec, devices: Devices): Outcome<never> | undefined {
  for (const device of devices.bus(spec.bus)?.devices.values() ?? []) {
    const held =
      device.spec.class === "vblk" &&
      sees(spec, device) &&
      devices.volumes.commits.refusal(device.spec.vblk.volume);
    if (held) return held;
  }
  return undefined;
}
