// The machine that a guest of class linux has: what a snapshot of it must find again. Control thread.

import type { Device } from "../bus/bus.ts";
import type { Devices } from "../bus/devices.ts";
import { refuse } from "../bus/outcome.ts";
import type { GuestSpec, Id, Outcome } from "../hypervisor.ts";
import { emulatorVersion } from "../machine/pc/emulator-package.ts";
import type { HeldGuest, HoldReason, PcDevice, PcMachine } from "../snapshots.ts";
import type { Guest } from "./guest.ts";
import { allocatedBytes } from "./ram.ts";
import { sees } from "./seen.ts";

/** As `SnapshotDoor.pcMachine`. */
export function pcMachine(spec: GuestSpec, devices: Devices): Outcome<PcMachine> {
  const { image, bus } = spec;
  if (image.class !== "linux")
    return refuse("invalid", `only guests of class linux have snapshots, and it is of class ${image.class}`);
  const all = [...(devices.bus(bus)?.devices.values() ?? [])].filter((device) => sees(spec, device));
  const found = all.flatMap((device) => deviceOf(device, devices));
  return {
    ok: true,
    value: {
      emulator: emulatorVersion(),
      imageDigest: image.digest,
      memory: allocatedBytes(spec),
      devices: found.toSorted((one, other) => one.number - other.number),
    },
  };
}

function deviceOf({ deviceId: number, spec, disk }: Device, devices: Devices): PcDevice[] {
  const { name } = spec;
  if (spec.class === "venet") {
    const { model = "virtio", mtu } = spec.venet;
    return [{ number, name, class: "venet", model, mtu }];
  }
  if (spec.class !== "vblk") return [];
  const { model = "virtio", volume } = spec.vblk;
  const size = devices.volumes.all.get(volume)?.notice.size ?? 0;
  return [
    { number, name, class: "vblk", model, volume, size, readonly: disk?.readonly ?? spec.vblk.readonly },
  ];
}

/** As `SnapshotDoor.holdGuest`. */
export async function holdPc(
  guests: ReadonlyMap<Id, Guest>,
  devices: Devices,
  id: Id,
  why: HoldReason,
): Promise<Outcome<HeldGuest>> {
  const guest = guests.get(id);
  if (!guest?.alive) return refuse("missing", `there is no guest \`${id}\` that runs`);
  const machine = pcMachine(guest.spec, devices);
  if (!machine.ok) return machine;
  if (guest.state !== "running" && guest.state !== "paused")
    return refuse("busy", `guest \`${id}\` is ${guest.state}, neither running nor paused`);
  return guest.holds.begin(why);
}
