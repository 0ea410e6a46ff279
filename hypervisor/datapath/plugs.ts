// The control thread's hand in the fabric: rows for ports and networks, plugging, and what can change while
// it runs.

import { NETWORKS_MAX, NETWORK_PORTS_MAX, PORTS_MAX, FRAME_OVERHEAD, ROWS_RESTING } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { NETWORK, PORT, PORT_FLAG, RING, meterAt, networkAt, portAt, ringAt } from "../memory/layout.ts";
import { generationOf } from "../ring/claims.ts";
import { changeForwarding } from "./flows.ts";
import { ageMacs, forgetMacs } from "./mac-table.ts";
import { setNetworkRate } from "./network-rate.ts";
import { leavePort, closeReceiving, hasSender, isLinkUp, portExists, portOwner } from "./port.ts";
import { leaderOf, setSegments, startSegment } from "./segments.ts";

/**
 * Rows of a table that are free. One that comes back rests until enough others have come back after it, and
 * serves again before one that never did: rows that were never used take no memory.
 */
export class Rows {
  readonly #fresh: number[];
  readonly #resting: number[] = [];

  constructor(count: number) {
    this.#fresh = Array.from({ length: count }, (_, index) => index);
  }

  take(): number | undefined {
    if (this.#resting.length > ROWS_RESTING) return this.#resting.shift();
    return this.#fresh.shift() ?? this.#resting.shift();
  }

  give(row: number): void {
    this.#resting.push(row);
  }
}

export interface PortSettings {
  readonly linkUp: boolean;
  readonly mtu: number;
  /** Bits per second, 0 for no limit. */
  readonly rate: number;
  /** 802.1Q, 0 for none. */
  readonly vlan: number;
  /** Requests per second of a disk, 0 and absent for no limit. */
  readonly iops?: number;
  /** Large frames are cut for it, or come whole; absent: no. */
  readonly offload?: boolean;
}

/** How the frames of a port are captured. */
export interface Tap {
  /** Never given twice, not 0. */
  readonly number: number;
  /** `TAP_SIDE`s. */
  readonly sides: number;
  /** Bytes of each frame. */
  readonly keep: number;
}

/** All ports and networks of the fabric. Control thread only. */
export class Plugs {
  readonly #fabric: Fabric;
  readonly #ports = new Rows(PORTS_MAX);
  readonly #networks = new Rows(NETWORKS_MAX);
  /** Ports of removed devices that a guest, or a line, has not let go yet, and what is to be done then. */
  readonly #retired = new Map<number, () => void>();
  /** How many lines a port has. */
  readonly #lines = new Map<number, number>();
  /** Ports of removed lines in whose rings a sender may still be, and what is to be done when none is. */
  readonly #retiredLines = new Map<number, () => void>();

  constructor(fabric: Fabric) {
    this.#fabric = fabric;
  }

  /** A row for a new network, or undefined at the limit. */
  addNetwork(): number | undefined {
    const network = this.#networks.take();
    if (network === undefined) return undefined;
    const row = networkAt(network) >> 2;
    this.#fabric.i32.fill(0, row, row + ((NETWORK.ports >> 2) + NETWORK_PORTS_MAX));
    startSegment(this.#fabric, network);
    changeForwarding(this.#fabric);
    return network;
  }

  /** Takes over what can change of a network: its rate, 0 for no limit. */
  setNetwork(network: number, rate: number): void {
    setNetworkRate(this.#fabric, network, rate);
    changeForwarding(this.#fabric);
  }

  /** Joins networks: each of `groups` is one segment. Every network stands in one of them. */
  join(groups: readonly (readonly number[])[]): void {
    setSegments(this.#fabric, groups);
    changeForwarding(this.#fabric);
  }

  /** Stations of these networks grow older by a step. */
  age(networks: Iterable<number>): void {
    const { i32 } = this.#fabric;
    for (const network of networks) if (leaderOf(i32, network) === network) ageMacs(i32, network);
  }

  /** It is joined with none. */
  removeNetwork(network: number): void {
    this.#networks.give(network);
  }

  /** A row for a new device, or undefined at the limit. */
  addPort(settings: PortSettings): number | undefined {
    const port = this.#takeRow();
    if (port !== undefined) this.setPort(port, settings);
    return port;
  }

  /** A row for a line of the device at `port`, or undefined at the limit. Nobody sends to it yet. */
  addLine(port: number, frameMax: number, egress: boolean): number | undefined {
    const line = this.#takeRow();
    if (line === undefined) return undefined;
    const { i32 } = this.#fabric;
    i32[(portAt(line) + PORT.frameMax) >> 2] = frameMax;
    const flags = PORT_FLAG.exists | PORT_FLAG.linkUp | (egress ? PORT_FLAG.egress : 0);
    Atomics.store(i32, (portAt(line) + PORT.flags) >> 2, flags);
    this.#lines.set(port, (this.#lines.get(port) ?? 0) + 1);
    changeForwarding(this.#fabric);
    return line;
  }

  /** A line of the device at `port` is gone. `freed` is called when no sender is in its ring any more. */
  removeLine(port: number, line: number, freed: () => void): void {
    closeReceiving(this.#fabric, line);
    this.#retiredLines.set(line, freed);
    const left = (this.#lines.get(port) ?? 1) - 1;
    if (left === 0) this.#lines.delete(port);
    else this.#lines.set(port, left);
    this.collect();
  }

  #takeRow(): number | undefined {
    const port = this.#ports.take();
    if (port === undefined) return undefined;
    const { i32 } = this.#fabric;
    i32.fill(0, portAt(port) >> 2, (portAt(port) + PORT.size) >> 2);
    for (let ring = port * 2; ring < port * 2 + 2; ring++) {
      const generation = generationOf(this.#fabric, ring);
      i32.fill(0, ringAt(ring) >> 2, (ringAt(ring) + RING.size) >> 2);
      i32[(ringAt(ring) + RING.index) >> 2] = ring;
      Atomics.store(i32, (ringAt(ring) + RING.generation) >> 2, (generation + 1) | 0);
    }
    const meter = i32.subarray(meterAt(port) >> 2, meterAt(port + 1) >> 2);
    // Only where there is something: a page that nobody wrote to takes no memory.
    if (meter.some((word) => word !== 0)) meter.fill(0);
    return port;
  }

  setPort(port: number, settings: PortSettings): void {
    const { i32, f64 } = this.#fabric;
    f64[(portAt(port) + PORT.rate) >> 3] = settings.rate;
    f64[(portAt(port) + PORT.iops) >> 3] = settings.iops ?? 0;
    i32[(portAt(port) + PORT.vlan) >> 2] = settings.vlan;
    i32[(portAt(port) + PORT.frameMax) >> 2] = settings.mtu + FRAME_OVERHEAD;
    this.#setFlags(port, settings.linkUp, settings.offload === true ? PORT_FLAG.offload : 0);
  }

  #setFlags(port: number, linkUp: boolean, offload: number): void {
    const { i32, f64 } = this.#fabric;
    const row = portAt(port);
    const settings = [
      f64[(row + PORT.rate) >> 3],
      i32[(row + PORT.vlan) >> 2],
      i32[(row + PORT.tapSides) >> 2],
    ];
    const slow = settings.some((setting) => setting !== 0);
    const bits = PORT_FLAG.exists | (linkUp ? PORT_FLAG.linkUp : 0) | (slow ? PORT_FLAG.slow : 0);
    Atomics.store(i32, (row + PORT.flags) >> 2, bits | offload);
    changeForwarding(this.#fabric);
  }

  /** From now on frames of a port are recorded, or other ones, or none: `sides` 0. */
  setTap(port: number, tap: Tap): void {
    const { i32 } = this.#fabric;
    const row = portAt(port) >> 2;
    if (i32[row + (PORT.tap >> 2)] !== tap.number) {
      Atomics.store(i32, row + (PORT.tapLost >> 2), 0);
      Atomics.store(i32, row + (PORT.tapLostHigh >> 2), 0);
    }
    i32[row + (PORT.tap >> 2)] = tap.number;
    i32[row + (PORT.tapKeep >> 2)] = tap.keep;
    Atomics.store(i32, row + (PORT.tapSides >> 2), tap.sides);
    if (!portExists(this.#fabric, port)) return;
    const offload = (i32[row + (PORT.flags >> 2)] as number) & PORT_FLAG.offload;
    this.#setFlags(port, isLinkUp(this.#fabric, port), offload);
  }

  /** Plugs a port into a network. False: the network is full. */
  plug(port: number, network: number): boolean {
    const { i32 } = this.#fabric;
    const list = networkAt(network) >> 2;
    const used = i32[list + (NETWORK.portsUsed >> 2)] as number;
    let place = 0;
    while (place < used && i32[list + (NETWORK.ports >> 2) + place] !== 0) place++;
    if (place === NETWORK_PORTS_MAX) return false;
    Atomics.store(i32, (portAt(port) + PORT.network) >> 2, network + 1);
    Atomics.store(i32, list + (NETWORK.ports >> 2) + place, port + 1);
    if (place === used) Atomics.store(i32, list + (NETWORK.portsUsed >> 2), used + 1);
    changeForwarding(this.#fabric);
    return true;
  }

  /** Takes a port out of its network. Frames that are on their way arrive. */
  unplug(port: number): void {
    const { i32 } = this.#fabric;
    const network = (i32[(portAt(port) + PORT.network) >> 2] as number) - 1;
    if (network < 0) return;
    Atomics.store(i32, (portAt(port) + PORT.network) >> 2, 0);
    const list = networkAt(network) >> 2;
    const used = i32[list + (NETWORK.portsUsed >> 2)] as number;
    for (let place = 0; place < used; place++) {
      const at = list + (NETWORK.ports >> 2) + place;
      if (i32[at] === port + 1) Atomics.store(i32, at, 0);
    }
    forgetMacs(i32, leaderOf(i32, network), port);
    changeForwarding(this.#fabric);
  }

  /**
   * A device is gone. Its row serves another once the guest that has it open has let go: `freed` is called.
   */
  removePort(port: number, freed: () => void = () => undefined): void {
    this.unplug(port);
    Atomics.store(this.#fabric.i32, (portAt(port) + PORT.flags) >> 2, 0);
    changeForwarding(this.#fabric);
    closeReceiving(this.#fabric, port);
    this.#retired.set(port, freed);
    this.collect();
  }

  /**
   * A port of the host's own is gone, whose ring lies in host memory. `freed` is called when no sender is in
   * it any more.
   */
  removeHostPort(port: number, freed: () => void): void {
    this.unplug(port);
    Atomics.store(this.#fabric.i32, (portAt(port) + PORT.flags) >> 2, 0);
    changeForwarding(this.#fabric);
    closeReceiving(this.#fabric, port);
    this.#retiredLines.set(port, freed);
    this.collect();
  }

  /** Lets go for a guest that is gone what it had open of removed devices. */
  release(thread: number): void {
    for (const port of this.#retired.keys())
      if (portOwner(this.#fabric, port) === thread) leavePort(this.#fabric, port);
    this.collect();
  }

  /** Takes back the rows of removed devices that nobody has open any more. */
  collect(): void {
    for (const [port, freed] of this.#retired) {
      if (portOwner(this.#fabric, port) !== 0 || this.#lines.has(port)) continue;
      this.#retired.delete(port);
      freed();
      this.#ports.give(port);
    }
    for (const [line, freed] of this.#retiredLines) {
      if (hasSender(this.#fabric, line * 2)) continue;
      this.#retiredLines.delete(line);
      freed();
      this.#ports.give(line);
    }
  }
}
