// Where a large frame may go as it is: to the one port that it is for, where nobody between them asks for
// frames.

import type { Fabric } from "../memory/fabric.ts";
import { PORT, PORT_FLAG, portAt } from "../memory/layout.ts";
import type { Forwarder } from "./forward.ts";

/** What is asked of the ports at both ends: the first, and not the second. */
const PLAIN = PORT_FLAG.linkUp | PORT_FLAG.slow;

/** The one receiver of the frame that `forwarder` holds for port `from`, or -1: it is to be cut. */
export function wholeTarget({ i32 }: Fabric, forwarder: Forwarder, from: number): number {
  const row = portAt(from) >> 2;
  const network = (i32[row + (PORT.network >> 2)] as number) - 1;
  if (!isPlain(i32, from) || network < 0 || forwarder.lineOf(from, PORT.egressLine) >= 0) return -1;
  const target = forwarder.route(from, network);
  if (target < 0 || target === from || !isPlain(i32, target)) return -1;
  return forwarder.lineOf(target, PORT.ingressLine) < 0 ? target : -1;
}

function isPlain(i32: Int32Array, port: number): boolean {
  return (Atomics.load(i32, (portAt(port) + PORT.flags) >> 2) & PLAIN) === PORT_FLAG.linkUp;
}

/** Whether large frames are cut for a port's guest, and given to it whole. */
export function isOffloaded({ i32 }: Fabric, port: number): boolean {
  return (Atomics.load(i32, (portAt(port) + PORT.flags) >> 2) & PORT_FLAG.offload) !== 0;
}
