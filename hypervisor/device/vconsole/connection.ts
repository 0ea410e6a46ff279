// The host half of vconsole on the guest's thread: what it shows goes to its log; what is typed comes from
// control.

import { countKick, recordKick } from "../../datapath/meter.ts";
import { countAt } from "../../datapath/port.ts";
import { FAULT } from "../../datapath/fault.ts";
import type { TxRing } from "../../ring/sending.ts";
import { BUDGET_FRAMES, LOG_WRITE_MAX } from "../../limits.ts";
import { inside } from "../../memory/fabric.ts";
import { COUNTER } from "../../memory/layout.ts";
import { DESCRIPTOR, ENOENT, ENOSPC, VCONSOLE } from "../../ring/abi.ts";
import { giveBack, turnAt } from "../../ring/sending.ts";
import type { ConnectionParts, DeviceNotice } from "../connection.ts";
import { RingDevice } from "../ring-device.ts";

/** How long a guest is asked to wait when its log has no room, microseconds. */
const LOG_WAIT_US = 1000;
const FACTS_BYTES = 8;

export class VconsoleConnection extends RingDevice {
  constructor(device: DeviceNotice, parts: ConnectionParts) {
    super(device, parts, VCONSOLE.in, VCONSOLE.out);
  }

  call(func: number, pointer: number, length: number): number {
    if (func !== VCONSOLE.size) return ENOENT;
    if (length < FACTS_BYTES) return ENOSPC;
    this.parts.memory.u8.set(this.device.facts.subarray(0, FACTS_BYTES), pointer);
    return 0;
  }

  protected drain(ring: TxRing): number {
    const { fabric, nowNs } = this.parts;
    const startNs = countKick(fabric, ring) ? nowNs() : undefined;
    const from = ring.position;
    const answer = this.#workOff(ring);
    const done = (ring.position - from) | 0;
    recordKick(fabric, ring.port, done, startNs === undefined ? undefined : nowNs() - startNs);
    return answer;
  }

  #workOff(ring: TxRing): number {
    const { fabric, memory, log, thread } = this.parts;
    // Bound: BUDGET_FRAMES.
    for (let done = 0; done < BUDGET_FRAMES; done++) {
      const descriptor = (ring.offset + (ring.position & ring.mask) * DESCRIPTOR.size) >>> 2;
      const posted = turnAt(memory, descriptor, ring);
      if (posted === "broken") this.parts.fault(thread, FAULT.txTurn);
      if (posted !== "posted") return 0;
      const address = (memory.i32[descriptor] as number) >>> 0;
      const length = (memory.i32[descriptor + 1] as number) >>> 0;
      const tooBig = length > LOG_WRITE_MAX;
      if (!tooBig && !inside(memory, address, length)) this.parts.fault(thread, FAULT.txPointer);
      if (!tooBig && !log.hasRoom(length)) return LOG_WAIT_US;
      if (!tooBig) log.write(memory.u8, address, length);
      countAt(fabric, ring.port, tooBig ? COUNTER.tooBig : COUNTER.sent, 1);
      countAt(fabric, ring.port, COUNTER.bytes, tooBig ? 0 : length);
      giveBack(fabric, memory, descriptor, ring);
    }
    return 1;
  }
}
