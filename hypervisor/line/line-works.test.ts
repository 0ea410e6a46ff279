// The I/O thread's round, with a clock that lets the lab go on at the one place where nothing else can:
// between the letters that it has read and the frames that it takes.

import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { Forwarder } from "../datapath/forward.ts";
import type { PeerLetter } from "../datapath/peers.ts";
import { Plugs } from "../datapath/plugs.ts";
import { openReceiving, takePort } from "../datapath/port.ts";
import type { DirectionSpec, HistogramFacts } from "../hypervisor.ts";
import { LINE_MEMORY_BYTES } from "../limits.ts";
import { createFabric, viewGuestMemory, type Fabric, type GuestMemory } from "../memory/fabric.ts";
import { COUNTER, IO_THREAD } from "../memory/layout.ts";
import { countMail, startRow } from "../memory/threads.ts";
import { resetRing } from "../ring/claims.ts";
import { EVENTS_AT, FRAME_AT, createHostMemory } from "../ring/host-memory.ts";
import { Receiving, placeReceiving, prepareReceiving } from "../ring/receiving.ts";
import { latenessOf } from "../metrics/histograms.ts";
import { wake } from "../ring/signal.ts";
import type { LinesLetter } from "./letters.ts";
import { LineWorks } from "./line-works.ts";
import { HARMLESS } from "./timetable.ts";

const MS = 1e6;
const [SENDER, RECEIVER] = [1, 2];
const LINE_PLACE = placeReceiving(131_072, 16, 2048);
const GUEST_PLACE = placeReceiving(4096, 16, 2048);

function makeRing(fabric: Fabric, port: number, into: GuestMemory, owner: number): Receiving {
  const [place, events] = owner === IO_THREAD ? [LINE_PLACE, EVENTS_AT] : [GUEST_PLACE, 0];
  prepareReceiving(into, place);
  const { count, offset, signal } = place;
  resetRing(fabric, port * 2, { count, offset, signal, events, number: 0, owner, incarnation: 1 });
  openReceiving(fabric, port, port * 2);
  return new Receiving(into, place);
}

function guestMemory(): GuestMemory {
  return viewGuestMemory(new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true }));
}

/** A port with an egress line, and one that nobody has opened yet, on one network. */
class Lab {
  readonly fabric = createFabric();
  readonly memory = createHostMemory(LINE_MEMORY_BYTES);
  readonly #control = new MessageChannel();
  readonly inbox = this.#control.port2;
  readonly from: number;
  readonly to: number;
  readonly line: number;

  constructor() {
    const { fabric } = this;
    const plugs = new Plugs(fabric);
    const network = plugs.addNetwork() ?? 0;
    const settings = { linkUp: true, mtu: 1500, rate: 0, vlan: 0 };
    [this.from = 0, this.to = 0] = [plugs.addPort(settings), plugs.addPort(settings)];
    for (const port of [this.from, this.to]) plugs.plug(port, network);
    this.line = plugs.addLine(this.from, 1518, true) ?? 0;
    startRow(fabric, IO_THREAD);
    makeRing(fabric, this.line, this.memory, IO_THREAD);
  }

  tell(letter: LinesLetter | PeerLetter): void {
    this.#control.port1.postMessage(letter);
    countMail(this.fabric, IO_THREAD);
  }

  /** A guest that opens the other port. */
  boot(): Receiving {
    const { memory } = guestMemory();
    this.tell({ type: "peer", thread: RECEIVER, incarnation: 1, memory });
    takePort(this.fabric, this.to, RECEIVER);
    return makeRing(this.fabric, this.to, viewGuestMemory(memory), RECEIVER);
  }

  /** A frame for it that a guest's thread puts into the line. */
  send(): void {
    const { fabric, from, line } = this;
    const memory = guestMemory();
    const peers = { memoryOf: () => this.memory };
    const parts = { fabric, thread: SENDER, memory, peers, fault: () => undefined, nowNs: () => 1000 };
    const forwarder = new Forwarder(parts);
    memory.u8.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], FRAME_AT);
    forwarder.hold(from, FRAME_AT, 64);
    expect(forwarder.enter(line, from + 1)).toBe(COUNTER.queued);
    forwarder.release();
    forwarder.signalTouched(false);
  }
}

/** The I/O thread's work on the lab's line, impaired as `spec` says, by this clock. */
function worksOf(lab: Lab, spec: DirectionSpec, nowNs: () => number): LineWorks {
  const { fabric, memory, inbox, line, from: port } = lab;
  const none = (): void => undefined;
  const works = new LineWorks({ fabric, memory, incarnation: 1, inbox, fault: none, tell: none, nowNs });
  const [address, direction, place] = ["eth1", "egress", LINE_PLACE] as const;
  lab.tell({ type: "line", line, port, address, direction, place, number: 0, spec });
  return works;
}

test("a frame arrives whose receiver came after the letters were read and before the frame", () => {
  const lab = new Lab();
  let received: Receiving | undefined;
  const works = worksOf(lab, HARMLESS, () => {
    if (!received) {
      received = lab.boot();
      lab.send();
    }
    return 2000;
  });
  works.turn();
  expect(received?.take()).toBe(true);
});

test("how late frames went on is counted from when they were due", () => {
  const lab = new Lab();
  const received = lab.boot();
  const late = (): HistogramFacts => latenessOf(lab.fabric, lab.line);
  let now = 1000;
  const works = worksOf(lab, { ...HARMLESS, base: { ...HARMLESS.base, delayNs: MS, queue: 1 } }, () => {
    wake(lab.memory, EVENTS_AT, true); // So that it does not sleep.
    return now;
  });
  lab.send();
  works.turn();
  expect([received.take(), late().count]).toEqual([false, 0]);
  now += 6 * MS;
  works.turn();
  expect([received.take(), late().count]).toEqual([true, 1]);
  expect(late().max / MS).toBeCloseTo(5, 0);
});
