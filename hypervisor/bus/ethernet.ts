// Devices of class venet on the control thread: plugged into networks, with lines where their links are bad.

import type { PortSettings } from "../datapath/plugs.ts";
import type { DeviceSpec, Outcome } from "../hypervisor.ts";
import type { Lines } from "../line/lines.ts";
import { wrongImpairment } from "../line/wrong.ts";
import { FRAME_OVERHEAD, MTU_MAX } from "../limits.ts";
import type { Device } from "./bus.ts";
import type { DeviceClass } from "./device-class.ts";
import type { NetworkNews, Networks } from "./networks.ts";
import { refuse, success } from "./outcome.ts";

type Spec = Extract<DeviceSpec, { readonly class: "venet" }>;

export class Ethernet implements DeviceClass<Spec> {
  readonly rings = ["rx", "tx"] as const;
  readonly fixed = ["mac", "ip", "prefix", "gateway"];
  readonly sizes = ["mtu", "ring"];
  readonly #networks: Networks;
  readonly #lines: Lines;
  readonly #meet: NetworkNews["meet"];

  constructor(networks: Networks, lines: Lines, meet: NetworkNews["meet"]) {
    this.#networks = networks;
    this.#lines = lines;
    this.#meet = meet;
  }

  settings({ venet: { link, mtu, rate = 0, vlan = 0, offload = true } }: Spec): PortSettings {
    return { linkUp: link === "up", mtu, rate, vlan, offload };
  }

  wrong({ venet }: Spec): Outcome | undefined {
    const network = this.#networks.all.get(venet.network);
    if (!network) return refuse("missing", `there is no network \`${venet.network}\``);
    if (venet.mtu > network.spec.mtu)
      return refuse("invalid", "the device's MTU is larger than its network's");
    const wrong = wrongImpairment(venet.impair);
    return wrong === undefined ? undefined : refuse("invalid", wrong);
  }

  plug(device: Device, spec: Spec): Outcome {
    const plugged = this.#networks.plug(device.port, spec.venet.network);
    if (!plugged.ok) return plugged;
    const impaired = this.#impair(device, spec);
    if (!impaired.ok) this.#networks.unplug(device.port, spec.venet.network);
    return impaired;
  }

  plugged(spec: Spec): void {
    this.#meet(spec.venet.network);
  }

  unplug({ port }: Device, spec: Spec): void {
    this.#networks.unplug(port, spec.venet.network);
    this.#lines.remove(port);
  }

  change(device: Device, before: Spec, after: Spec): Outcome {
    const impaired = this.#impair(device, after);
    if (!impaired.ok || before.venet.network === after.venet.network) return impaired;
    this.#networks.unplug(device.port, before.venet.network);
    const plugged = this.#networks.plug(device.port, after.venet.network);
    if (plugged.ok) {
      this.#meet(after.venet.network);
      return plugged;
    }
    this.#networks.plug(device.port, before.venet.network);
    this.#impair(device, before);
    return plugged;
  }

  #impair({ id, port }: Device, { venet }: Spec): Outcome {
    // Of the network: the device's may grow up to it.
    const frameMax = (this.#networks.all.get(venet.network)?.spec.mtu ?? MTU_MAX) + FRAME_OVERHEAD;
    if (this.#lines.set({ id, port, frameMax }, venet.impair)) return success();
    return refuse("limit", "there is no room for one more impaired link");
  }
}
