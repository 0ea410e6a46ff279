// The I/O thread's round, with a clock that lets the lab go on at the one place where nothing else can:
// between the letters that it has read and the frames that it takes.

import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { Forwarder } from "../datapath/forward.ts";
import type { PeerLetter } from "../datapath/peers.ts";
import { Plugs } from "../datapath/plugs.ts";
import { openReceiving, takePort } from "../datapath/port.ts";
import type { DirectionSpec, HistogramFacts } from "../hypervisor.ts";
import { LINE_MEMORY_BYTES, LINE_PRECISE_NS, LINE_SPIN_NS } from "../limits.ts";
import {
  createFabric,
  viewGuestMemory,
  type Fabric,
  type GuestMemory,
  type OwnMemory,
} from "../memory/fabric.ts";
import { COUNTER, IO_THREAD } from "../memory/layout.ts";
import { countMail, startRow } from "../memory/threads.ts";
import { EVENT } from "../ring/abi.ts";
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

function guestMemory(): OwnMemory {
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

/** Tells the I/O thread of the lab's line, or of another impairment of it. */
function impair(lab: Lab, spec: DirectionSpec): void {
  const { line, from: port } = lab;
  const [address, direction, place] = ["eth1", "egress", LINE_PLACE] as const;
  lab.tell({ type: "line", line, port, address, direction, place, number: 0, spec });
}

const late = (delayNs: number, precise: boolean): DirectionSpec => ({
  ...HARMLESS,
  base: { ...HARMLESS.base, delayNs, precise, queue: 10 },
});

/** The I/O thread's work on the lab's line, impaired as `spec` says, by this clock. */
function worksOf(lab: Lab, spec: DirectionSpec, nowNs: () => number): LineWorks {
  const { fabric, memory, inbox } = lab;
  const none = (): void => undefined;
  const works = new LineWorks({ fabric, memory, incarnation: 1, inbox, fault: none, tell: none, nowNs });
  impair(lab, spec);
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
  const lateness = (): HistogramFacts => latenessOf(lab.fabric, lab.line);
  let now = 1000;
  const works = worksOf(lab, late(MS, false), () => {
    wake(lab.memory, EVENTS_AT, true); // So that it does not sleep.
    return now;
  });
  lab.send();
  works.turn();
  expect([received.take(), lateness().count]).toEqual([false, 0]);
  now += 6 * MS;
  works.turn();
  expect([received.take(), lateness().count]).toEqual([true, 1]);
  expect(lateness().max / MS).toBeCloseTo(5, 0);
});

/** One frame after the other, each impaired by itself: its delay, and whether it is precise. */
type Frames = readonly (readonly [delayNs: number, precise: boolean])[];

const five = [5 * MS, false] as const;

test.each<[string, Frames, string]>([
  ["is due soon", [[10 * MS, false]], "sleeps"],
  ["is due at once", [[LINE_SPIN_NS, false]], "looks"],
  ["is precise", [[10 * MS, true]], "looks"],
  ["is precise and as far away as is looked for", [[LINE_PRECISE_NS, true]], "looks"],
  ["is precise and a little further away", [[LINE_PRECISE_NS + MS, true]], "sleeps"],
  ["is precise, behind another", [five, [30 * MS, true]], "looks"],
  ["is precise and far away, behind another", [five, [900 * MS, true]], "sleeps"],
])("the thread that waits for a frame which %s", (_, frames, does) => {
  const lab = new Lab();
  const received = lab.boot();
  let [now, slept, mayWait] = [1000, false, false];
  const works = worksOf(lab, late(0, false), () => {
    if (Atomics.load(lab.memory.i32, (EVENTS_AT + EVENT.sleeping) >>> 2) === 1) slept = true;
    // Until the frames are in, and out of each sleep that is seen: the clock does not go on by itself.
    if (slept || !mayWait) wake(lab.memory, EVENTS_AT, true);
    else if (mayWait) now += 0.1 * MS;
    return now;
  });
  for (const [delayNs, precise] of frames) {
    impair(lab, late(delayNs, precise));
    lab.send();
    works.turn();
  }
  expect(received.take()).toBe(false);
  mayWait = true;
  [now, slept] = [1000, false];
  works.turn();
  expect(slept ? "sleeps" : "looks").toBe(does);
});

test.each([
  ["frame", (lab: Lab): void => lab.send()],
  ["letter", (lab: Lab): void => void wake(lab.memory, EVENTS_AT, true)],
])("a %s that comes while the thread looks is taken at once", (_, come) => {
  const lab = new Lab();
  lab.boot();
  let [now, looks] = [1000, -1];
  const works = worksOf(lab, late(10 * MS, true), () => {
    if (looks < 0) wake(lab.memory, EVENTS_AT, true);
    else if (++looks === 20) come(lab);
    if (looks > 0) now += 0.1 * MS;
    return now;
  });
  lab.send();
  works.turn();
  looks = 0;
  works.turn();
  expect(looks).toBeGreaterThanOrEqual(20);
  expect(now / MS).toBeLessThan(5);
});
