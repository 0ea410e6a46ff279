// A PC that is held for a snapshot, on its own thread: its devices do what they were asked for, then it
// stands still until control lets it go on.

import { systemClock } from "../../clock.ts";
import { PC_HOLD_MS_MAX } from "../../limits.ts";
import type { PcSnapshot } from "../../snapshots.ts";
import type { SnapshotNews, SnapshotOrder } from "./snapshot-words.ts";

const NS_PER_MS = 1e6;
const NS_PER_US = 1000;
/** Between two looks at a device that is busy and does not say for how long. */
const LOOK_NS = 1_000_000;

export interface HoldingParts {
  /** Taken out as they are heeded. */
  readonly orders: SnapshotOrder[];
  readonly tell: (news: SnapshotNews) => void;
  /** Why it can't be saved: the end of a sentence. */
  readonly unfit: () => string | undefined;
  readonly busy: () => boolean;
  /** Lets the devices go on. Microseconds after which they want to again; 0: none does. */
  readonly move: () => number;
  readonly save: () => PcSnapshot;
  /** Sleeps for so many nanoseconds, or until there is a letter. */
  readonly sleep: (ns: number) => void;
}

type HoldOrder = SnapshotOrder & { readonly do: "hold" };

/** Does what was ordered, and comes back when the processor may run on. */
export function heedSnapshots(parts: HoldingParts): void {
  const { orders } = parts;
  // Bound: orders that were given.
  for (let order = orders.shift(); order; order = orders.shift()) if (order.do === "hold") hold(parts, order);
}

function hold(parts: HoldingParts, { hold: number, why: reason }: HoldOrder): void {
  const { orders, tell } = parts;
  const why = (reason === "save" ? parts.unfit() : undefined) ?? calm(parts);
  if (why !== undefined) return tell({ what: "refused", hold: number, why });
  tell({ what: "held", hold: number });
  // Bound: control lets it go on, or ends it.
  for (;;) {
    const order = orders.shift();
    if (!order) parts.sleep(PC_HOLD_MS_MAX * NS_PER_MS);
    else if (order.do === "release" && order.hold === number) return;
    else if (order.do === "save") tell({ what: "saved", hold: number, saved: parts.save() });
  }
}

/** Has the devices end what they do; why not, where they don't. */
function calm({ busy, move, sleep }: HoldingParts): string | undefined {
  const until = systemClock.nowNs() + PC_HOLD_MS_MAX * NS_PER_MS;
  // Bound: PC_HOLD_MS_MAX.
  for (let waitUs = move(); waitUs > 0 || busy(); waitUs = move()) {
    if (systemClock.nowNs() > until) return busy() ? "has a disk or a copy that is busy" : undefined;
    sleep(waitUs > 0 ? waitUs * NS_PER_US : LOOK_NS);
  }
  return undefined;
}
