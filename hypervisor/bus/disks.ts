// Devices of class vblk on the control thread: each has a volume, and one at most may write to it.

import type { PortSettings } from "../datapath/plugs.ts";
import type { DeviceSpec, Outcome } from "../hypervisor.ts";
import { DISK_QUEUES_MAX, MTU_MAX } from "../limits.ts";
import type { Device } from "./bus.ts";
import type { DeviceClass } from "./device-class.ts";
import { refuse, success } from "./outcome.ts";
import type { Volumes } from "./volumes.ts";

type Spec = Extract<DeviceSpec, { readonly class: "vblk" }>;

export class Disks implements DeviceClass<Spec> {
  readonly rings = ["none", "queue"] as const;
  readonly fixed = ["volume"];
  readonly sizes = [];
  readonly #volumes: Volumes;

  constructor(volumes: Volumes) {
    this.#volumes = volumes;
  }

  settings({ vblk: { rate = 0, iops = 0 } }: Spec): PortSettings {
    return { linkUp: true, mtu: MTU_MAX, rate, vlan: 0, iops };
  }

  wrong({ vblk }: Spec): Outcome | undefined {
    if (!Number.isInteger(vblk.queues) || vblk.queues < 1 || vblk.queues > DISK_QUEUES_MAX)
      return refuse("invalid", `a disk has from 1 to ${DISK_QUEUES_MAX} queues`);
    return undefined;
  }

  plug(device: Device, spec: Spec): Outcome {
    return this.#use(device, spec);
  }

  plugged(): void {
    // Who shares a volume with it is not told.
  }

  unplug(device: Device, { vblk }: Spec): void {
    const volume = this.#volumes.all.get(vblk.volume);
    if (volume) this.#volumes.leave(volume, device.id);
  }

  freed(device: Device): void {
    this.#volumes.forgetPort(device.port);
  }

  change(device: Device, _: Spec, after: Spec): Outcome {
    return this.#use(device, after);
  }

  /** Its volume has changed. Where it may write no more, or another does, it reads. */
  volumeChanged(device: Device, { vblk }: Spec): void {
    const readonly = this.#volumes.wrongUse(vblk.volume, device.id, vblk.readonly) !== undefined;
    this.#give(device, vblk, readonly || vblk.readonly);
  }

  #use(device: Device, { vblk }: Spec): Outcome {
    const wrong = this.#volumes.wrongUse(vblk.volume, device.id, vblk.readonly);
    if (wrong) return wrong;
    this.#give(device, vblk, vblk.readonly);
    return success();
  }

  #give(device: Device, { volume, queues, model }: Spec["vblk"], readonly: boolean): void {
    const used = this.#volumes.use(volume, device.id, device.port, readonly);
    device.disk = { ...used, queues, model: model ?? "virtio" };
  }
}
