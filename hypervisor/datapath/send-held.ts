// What the switch does with a frame of a guest, for host threads that send on behalf of a port: the I/O
// thread for what has waited in a line, the uplinks' thread for what comes from outside.

import type { Fabric } from "../memory/fabric.ts";
import { COUNTER, TAP_SIDE, THREAD, threadAt } from "../memory/layout.ts";
import { tapSides } from "../ring/tap-ring.ts";
import type { Forwarder } from "./forward.ts";
import { countAt, isLinkUp, networkOf } from "./port.ts";

/** Whose frame it is, and where its end is counted: another port where it has waited in a line. */
export interface HostSender {
  readonly thread: number;
  readonly port: number;
  readonly counts: number;
}

/**
 * Forwards the frame that `forwarder` holds, and counts it. The answer is the counter that it ended in. Where
 * its one receiver is full, a `patient` sender sends it again: it isn't counted.
 */
export function sendHeld(
  fabric: Fabric,
  forwarder: Forwarder,
  sender: HostSender,
  length: number,
  patient = false,
): number {
  const { port, counts } = sender;
  const network = networkOf(fabric, port);
  if (!isLinkUp(fabric, port)) return endHeld(fabric, forwarder, sender, COUNTER.down, 0);
  if (network < 0) return endHeld(fabric, forwarder, sender, COUNTER.noListener, 0);
  const target = forwarder.route(port, network);
  if (target === port) return endHeld(fabric, forwarder, sender, COUNTER.noListener, 0);
  if (target >= 0) {
    const delivered = forwarder.deliver(target, counts + 1);
    if (delivered === COUNTER.full && patient) return delivered;
    const outcome = endHeld(fabric, forwarder, sender, delivered, length);
    if (outcome === COUNTER.sent) forwarder.release();
    return outcome;
  }
  const copies = forwarder.flood(network, port, counts);
  const nobody = copies === 0 && (forwarder.header0 & 1) === 0;
  if (nobody) return endHeld(fabric, forwarder, sender, COUNTER.noListener, 0);
  countAt(fabric, counts, COUNTER.flooded, 1);
  return endHeld(fabric, forwarder, sender, COUNTER.sent, length);
}

/** Shows the frame to those who capture at its port, and counts how it ended. The answer is `counter`. */
export function endHeld(
  fabric: Fabric,
  forwarder: Forwarder,
  { thread, port, counts }: HostSender,
  counter: number,
  length: number,
): number {
  if ((tapSides(fabric, port) & TAP_SIDE.out) !== 0) forwarder.record(port, TAP_SIDE.out, counter);
  countAt(fabric, counts, counter, 1);
  if (counter === COUNTER.sent) countAt(fabric, counts, COUNTER.bytes, length);
  fabric.i32[(threadAt(thread) + THREAD.flooding) >> 2] = 0;
  return counter;
}
