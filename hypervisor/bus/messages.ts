// Devices of class vchan on the control thread: ends of channels.

import type { PortSettings } from "../datapath/plugs.ts";
import type { DeviceSpec, Id, Outcome } from "../hypervisor.ts";
import type { Device } from "./bus.ts";
import type { Channels } from "./channels.ts";
import { NO_FRAMES, type DeviceClass } from "./device-class.ts";
import { success } from "./outcome.ts";

type Spec = Extract<DeviceSpec, { readonly class: "vchan" }>;

export class Messages implements DeviceClass<Spec> {
  readonly rings = ["in", "out"] as const;
  readonly fixed = [];
  readonly sizes = [];
  readonly #channels: Channels;
  readonly #meet: (channel: Id) => void;

  /** `meet`: those on the channel will wake each other; guests must know each other's memories before. */
  constructor(channels: Channels, meet: (channel: Id) => void) {
    this.#channels = channels;
    this.#meet = meet;
  }

  settings(): PortSettings {
    return NO_FRAMES;
  }

  wrong({ vchan }: Spec): Outcome | undefined {
    return this.#channels.wrong(vchan);
  }

  plug(device: Device, { vchan }: Spec): Outcome {
    const plugged = this.#channels.plug(device.port, vchan);
    if (!plugged.ok) return plugged;
    device.channel = plugged.value;
    return success();
  }

  plugged({ vchan }: Spec): void {
    this.#meet(vchan.channel);
  }

  unplug({ port }: Device, { vchan }: Spec): void {
    this.#channels.unplug(port, vchan.channel);
  }

  /** What was sent waits in the channel where it was sent. */
  change(device: Device, before: Spec, after: Spec): Outcome {
    this.unplug(device, before);
    const plugged = this.plug(device, after);
    if (plugged.ok) this.#meet(after.vchan.channel);
    else this.plug(device, before);
    return plugged;
  }
}
