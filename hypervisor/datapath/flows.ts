// Flows: where frames with one header go from one sending ring, remembered from kick to kick. One is followed
// as long as nothing that was asked for it has changed, which two counters say: one of the whole fabric, one
// of what the segment has learned. To follow one is to start the pump at once; it judges each frame as ever.

import { FLOWS_KEPT } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { CHANGES_AT, NETWORK, PORT, networkAt, portAt } from "../memory/layout.ts";
import { generationOf } from "../ring/claims.ts";
import type { TxRing } from "../ring/sending.ts";
import type { Pump } from "./pump.ts";
import { leaderOf } from "./segments.ts";

/**
 * Says that ports, lines, networks or links are not as they were. Control thread, after what it changed;
 * rings that come and go need not say so, their generation does.
 */
export function changeForwarding({ i32 }: Fabric): void {
  Atomics.add(i32, CHANGES_AT >> 2, 1); // V1: after the change, pairs with V2.
}

/** The first twelve bytes of a frame, as little-endian words. */
interface Header {
  header0: number;
  header1: number;
  header2: number;
}

export interface Flow extends Header {
  tx: TxRing | undefined;
  lasts: boolean;
  changes: number;
  /** Leader of the segment that the address was learned in. */
  leader: number;
  learned: number;
  ring: number;
  generation: number;
  /** Bytes of the receiver's memory, as the pump takes them. */
  rxLimit: number;
  pump: Pump | undefined;
}

/** The flows of one guest's thread; a new one takes the place of the one that stood there. */
export class Flows {
  readonly #fabric: Fabric;
  /** Made when one is kept in its place: most guests have a few. */
  readonly #flows: (Flow | undefined)[] = Array.from({ length: FLOWS_KEPT });
  #changes = 0;
  #leader = 0;
  #learned = 0;

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
  }

  /** A frame of `port` is about to be judged: `keep` holds the answer to what stands here now. */
  look(port: number): void {
    const { i32 } = this.#fabric;
    this.#changes = Atomics.load(i32, CHANGES_AT >> 2); // V2: before every question.
    const network = (i32[(portAt(port) + PORT.network) >> 2] as number) - 1;
    this.#leader = network < 0 ? 0 : leaderOf(i32, network);
    this.#learned = Atomics.load(i32, learnedAt(this.#leader)); // V4: as V2, pairs with V3.
  }

  /** The flow of a header, if there is one that still holds. */
  find(tx: TxRing, header0: number, header1: number, header2: number): Flow | undefined {
    const { i32 } = this.#fabric;
    const flow = this.#flows[homeOf(tx.port, header0, header1)];
    if (flow?.tx !== tx || !flow.lasts || flow.header0 !== header0) return undefined;
    if (flow.header1 !== header1 || flow.header2 !== header2) return undefined;
    // Plain reads: a change that isn't seen here comes after this kick.
    if (i32[CHANGES_AT >> 2] !== flow.changes || i32[learnedAt(flow.leader)] !== flow.learned)
      return undefined;
    return generationOf(this.#fabric, flow.ring) === flow.generation ? flow : undefined;
  }

  /** Plain frames with this header go into `ring`: a flow, for this call only unless it `lasts`. */
  keep(
    tx: TxRing,
    { header0, header1, header2 }: Header,
    ring: number,
    generation: number,
    pump: Pump,
    rxLimit: number,
    lasts: boolean,
  ): Flow {
    const flow = (this.#flows[homeOf(tx.port, header0, header1)] ??= makeFlow());
    flow.tx = tx;
    flow.header0 = header0;
    flow.header1 = header1;
    flow.header2 = header2;
    flow.lasts = lasts;
    flow.changes = this.#changes;
    flow.leader = this.#leader;
    flow.learned = this.#learned;
    flow.ring = ring;
    flow.generation = generation;
    flow.pump = pump;
    flow.rxLimit = rxLimit;
    return flow;
  }
}

function makeFlow(): Flow {
  return {
    tx: undefined,
    lasts: false,
    header0: 0,
    header1: 0,
    header2: 0,
    changes: 0,
    leader: 0,
    learned: 0,
    ring: 0,
    generation: 0,
    rxLimit: 0,
    pump: undefined,
  };
}

/** By the end of the receiver's address, where stations differ. */
function homeOf(port: number, header0: number, header1: number): number {
  return (header1 ^ (header1 >>> 8) ^ (header0 >>> 24) ^ port) & (FLOWS_KEPT - 1);
}

function learnedAt(leader: number): number {
  return (networkAt(leader) + NETWORK.learned) >> 2;
}
