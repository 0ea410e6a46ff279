// The network on which hostile guests meet a well-behaved pair: the pair on ports 1 and 2, the hostile one on
// port 3, on port 4 who sends to it, on port 5 who only takes.

import { expect } from "vitest";
import type { Hostile } from "./hostile-words.test-support.ts";
import type { VcpuKind } from "./hypervisor.ts";
import { REPORT, TestLab, bootPair, endPair, macOf, must } from "./machine-room.test-support.ts";
import { pairAtRest, pairGoesOn, peer, shapeOf, until } from "./machine-room.test-support.ts";
import { guestImage, memoryOf, testGuest } from "./wat.test-support.ts";

/** Told to a hostile guest that it may begin. */
const GO = 14;
export const HOSTILE_PORT = 3;
const FEEDER_PORT = 4;
const SINK_PORT = 5;
/** Frames that the pair exchanges while it is attacked. */
const FRAMES = 20_000;

export class HostilePlace {
  readonly lab: TestLab;
  readonly #texts: number[] = [];

  /** All guests run on this. */
  constructor(vcpu: VcpuKind = "dedicated") {
    this.lab = new TestLab({ vcpu });
  }

  async start(): Promise<void> {
    const { lab } = this;
    lab.hv.on((event) => {
      if (event.type === "log") this.#texts.push(event.text.length);
    });
    for (const n of [1, 2, HOSTILE_PORT, FEEDER_PORT, SINK_PORT]) lab.plug(n);
    await bootPair(lab);
    const sink = await peer(SINK_PORT, { to: macOf(2), window: 1, answerers: [63], answers: false });
    await lab.boot("sink", SINK_PORT, sink.image, sink.memory);
  }

  /** One hostile guest from its boot to its end, and what is left then; `during` runs while it attacks. */
  async meet(which: Hostile, during?: () => Promise<void>): Promise<void> {
    const { lab } = this;
    // Counters are those of the device: each guest gets a new one.
    must(lab.hv.removeDevice(`eth${HOSTILE_PORT}`));
    must(lab.hv.removeBus(`bus${HOSTILE_PORT}`));
    lab.plug(HOSTILE_PORT);
    try {
      await this.#meet(which, during);
    } finally {
      if (lab.hv.guest("feeder")) must(await lab.hv.killGuest("feeder"));
      if (lab.hv.guest("hostile")) must(await lab.hv.killGuest("hostile"));
      if (lab.hv.guest("feeder")) must(lab.hv.removeGuest("feeder"));
      if (lab.hv.guest("hostile")) must(lab.hv.removeGuest("hostile"));
    }
    expect(await pairAtRest(lab)).toEqual([]);
    await until("the sink's buffers are posted", () => /^p+$/.test(lab.slots(SINK_PORT)));
    for (const n of [HOSTILE_PORT, FEEDER_PORT]) expect(lab.portOf(n)).toEqual({ owner: 0, ring: -1 });
  }

  /** Ends the pair: what it exchanged, and the names of numbers that should be zero and are not. */
  async end(): Promise<{ exchanged: number; wrong: readonly string[] }> {
    const { exchanged, zeros } = await endPair(this.lab);
    const wrong = Object.entries(zeros).filter(([, value]) => value !== 0);
    return { exchanged, wrong: wrong.map(([name, value]) => `${name} ${value}`) };
  }

  async #bootHostile(which: Hostile): Promise<void> {
    const shape = shapeOf(HOSTILE_PORT, macOf(which.toSink ? SINK_PORT : 2), { rx: 64, tx: 256 });
    const image = await guestImage(`${testGuest("hostile")}\n${which.body}`, shape);
    const watchdog = which.watchdogMs === undefined ? {} : { watchdogMs: which.watchdogMs };
    await this.lab.boot("hostile", HOSTILE_PORT, image, which.memory ?? memoryOf(shape), {
      ready: false,
      ...watchdog,
    });
  }

  /** A guest that sends to the hostile one as fast as it can, frames of 64 bytes to 1 KiB. */
  async #bootFeeder(): Promise<void> {
    const { image, memory } = await peer(FEEDER_PORT, {
      to: macOf(HOSTILE_PORT),
      window: 2 ** 30,
      answerers: [63],
      lengthMask: 0x3ff,
    });
    await this.lab.boot("feeder", FEEDER_PORT, image, memory);
  }

  async #meet(which: Hostile, during?: () => Promise<void>): Promise<void> {
    const { lab } = this;
    const wrong = (): number => lab.report("a", REPORT.wrong) + lab.report("b", REPORT.wrong);
    await this.#bootHostile(which);
    if (which.fed) {
      await until("it has been heard of", () => lab.device(HOSTILE_PORT).tx.count > 0);
      await this.#bootFeeder();
    }
    lab.tell("hostile", GO, 1);
    await during?.();
    await pairGoesOn(lab, FRAMES); // Meanwhile it does what it does.
    if (which.talks) await until("its text arrives", () => this.#texts.length > 0);
    if (which.end !== "running" && which.end !== "stopped") await lab.ended("hostile");
    await pairGoesOn(lab, 500);
    if (which.fed) {
      expect(lab.guest("feeder").state, "who sends to it goes on").toBe("running");
      const before = lab.report("feeder", REPORT.rounds);
      await until("the feeder goes on", () => lab.report("feeder", REPORT.rounds) > before);
    }
    const { state } = lab.guest("hostile");
    expect(which.end, `it is ${state}`).toContain(state);
    expect(lab.guest("hostile")).toMatchObject(which.exit === undefined ? {} : { exit: which.exit });
    if (which.reason) expect(lab.guest("hostile").reason).toMatch(which.reason);
    if (which.dropped) {
      const { dropped } = which;
      const sum = (by: Readonly<Record<string, number>>): number =>
        Object.values(by).reduce((all, count) => all + count, 0);
      const droppedBy = (): Readonly<Record<string, number>> => lab.device(HOSTILE_PORT).tx.droppedBy;
      await until("what it sent is counted", () => sum(droppedBy()) >= sum(dropped));
      expect(droppedBy()).toEqual(dropped);
    }
    const { lost } = which;
    const losses = (): number =>
      lost === undefined ? 1 : (lab.device(HOSTILE_PORT).rx.droppedBy[lost] ?? 0);
    await until("what it lost is counted", () => losses() > 0);
    expect(wrong(), "numbers that the pair misses").toBe(0);
  }
}
