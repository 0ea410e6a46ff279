// The host half of venet on the guest's thread: an ethernet port of the switch.

import type { Switch } from "../../datapath/switch.ts";
import type { TxRing } from "../../ring/sending.ts";
import { ENOENT, ENOSPC, VENET } from "../../ring/abi.ts";
import type { ConnectionParts, DeviceNotice } from "../connection.ts";
import { RingDevice } from "../ring-device.ts";
import { venetInfo } from "./facts.ts";

const TICKET_BYTES = 4;

export class VenetConnection extends RingDevice {
  readonly #switch: Switch;

  constructor(device: DeviceNotice, parts: ConnectionParts) {
    super(device, parts, VENET.rx, VENET.tx);
    this.#switch = parts.switchOf();
  }

  call(func: number, pointer: number, length: number): number {
    if (func === VENET.acknowledge) {
      return length < TICKET_BYTES
        ? ENOSPC
        : this.acknowledge(this.parts.memory.view.getInt32(pointer, true));
    }
    if (func !== VENET.info) return ENOENT;
    const info = venetInfo(this.device.facts, length);
    if (!info) return ENOSPC;
    this.parts.memory.u8.set(info, pointer);
    return 0;
  }

  protected drain(ring: TxRing): number {
    return this.#switch.drain(ring);
  }
}
