// Everything that is known of a device now, from its row of the fabric and its guest's rings.

import { countersOf } from "../datapath/port.ts";
import type { DeviceFacts, DeviceSpec } from "../hypervisor.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { PORT, portAt } from "../memory/layout.ts";
import { lineFacts, receivedFacts, requestFacts, sentFacts, type DevicePorts } from "../metrics/facts.ts";
import { histogramsOf, NO_HISTOGRAMS } from "../metrics/histograms.ts";
import { receivingFacts, sendingFacts } from "../metrics/ring-facts.ts";
import type { Device } from "./bus.ts";
import type { DeviceClass } from "./device-class.ts";

interface Around {
  readonly ports: DevicePorts;
  readonly rings: DeviceClass["rings"];
  /** Of the guest that has it open. */
  readonly memory: GuestMemory | undefined;
  readonly reconfigurable: boolean;
  /** With its rings and histograms. */
  readonly isMeasured: boolean;
}

export function deviceFacts(fabric: Fabric, device: Device, around: Around): DeviceFacts {
  const { id, bus, port, deviceId, openBy, spec } = device;
  const { ports, memory, reconfigurable, isMeasured } = around;
  const [into, out] = around.rings;
  const rings =
    memory && isMeasured
      ? [receivingFacts(fabric, port, into, memory), sendingFacts(fabric, port, out, memory)].filter(
          (ring) => ring !== undefined,
        )
      : [];
  const counters = countersOf(fabric, port);
  return {
    id,
    bus,
    name: spec.name,
    class: spec.class,
    deviceId,
    ...(openBy === undefined ? {} : { openBy }),
    reconfigurable,
    rx: receivedFacts(fabric, ports),
    tx: sentFacts(fabric, ports),
    ...lineFacts(fabric, ports, isMeasured),
    ...classFacts(spec, counters),
    kicks: counters.kicks,
    ...pcFacts(fabric, port),
    late: counters.late,
    ...((spec.class === "vblk" || spec.class === "folder") && { requests: requestFacts(fabric, port) }),
    rings,
    histograms: isMeasured ? histogramsOf(fabric, port) : NO_HISTOGRAMS,
  };
}

/** Of a device that a PC has used. */
function pcFacts({ f64 }: Fabric, port: number): Pick<DeviceFacts, "pc"> {
  const at = portAt(port) >> 3;
  const kicks = f64[at + (PORT.pcKicks >> 3)] as number;
  const interrupts = f64[at + (PORT.pcInterrupts >> 3)] as number;
  return kicks + interrupts > 0 ? { pc: { kicks, interrupts } } : {};
}

/** What is told of some classes beside what every device has. */
function classFacts(
  { class: class_ }: DeviceSpec,
  { ticks, randomBytes }: ReturnType<typeof countersOf>,
): Pick<DeviceFacts, "ticks" | "randomBytes"> {
  if (class_ === "vclock") return { ticks };
  return class_ === "vrng" ? { randomBytes } : {};
}
