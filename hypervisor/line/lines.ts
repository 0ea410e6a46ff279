// The lines of the machine room on the control thread: making them, changing them, telling the I/O thread,
// and taking them away. The I/O thread is started with the first one.

import { setLine, setPassing } from "../datapath/line-port.ts";
import type { Plugs } from "../datapath/plugs.ts";
import { FrameThread } from "../frame-thread.ts";
import type { DirectionSpec, Id, ImpairmentSpec } from "../hypervisor.ts";
import { LINE_MEMORY_BYTES, LINE_RING_BYTES } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { IO_THREAD } from "../memory/layout.ts";
import type { ReceivingPlace } from "../ring/receiving.ts";
import type { Direction } from "./fate.ts";
import type { LinesAnswer, LinesLetter } from "./letters.ts";
import { HARMLESS, isHarmless } from "./timetable.ts";

const DIRECTIONS: readonly Direction[] = ["egress", "ingress"];
const NUMBERS = 256;

/** A device as lines need to know it. */
export interface LineDevice {
  readonly id: Id;
  readonly port: number;
  readonly frameMax: number;
}

interface Made {
  readonly line: number;
  readonly port: number;
  readonly direction: Direction;
  readonly place: ReceivingPlace;
  readonly number: number;
}

export class Lines {
  readonly #fabric: Fabric;
  readonly #plugs: Plugs;
  readonly #onFault: () => void;
  /** The I/O thread: it forwards to and for all guests. */
  readonly thread: FrameThread<LinesLetter, LinesAnswer>;
  /** By the device's port. */
  readonly #made = new Map<number, Map<Direction, Made>>();
  /** By their own port: lines that the I/O thread is to let go. */
  readonly #dropped = new Map<number, Made>();
  #isReady = false;
  readonly #ready = Promise.withResolvers<void>();
  #count = 0;

  /** `onFault`: the I/O thread found a guest that broke the protocol. */
  constructor(fabric: Fabric, plugs: Plugs, onFault: () => void) {
    this.#fabric = fabric;
    this.#plugs = plugs;
    this.#onFault = onFault;
    this.thread = new FrameThread(fabric, {
      thread: IO_THREAD,
      entry: "./io-thread",
      beside: import.meta.url,
      name: "lines",
      memoryBytes: LINE_MEMORY_BYTES,
      ringBytes: LINE_RING_BYTES,
      hear: (answer) => this.#hear(answer),
    });
  }

  /** Resolves when all lines that were made work; at once where there is none. */
  get ready(): Promise<void> {
    return this.thread.isStarted ? this.#ready.promise : Promise.resolve();
  }

  /**
   * Impairs a device as `impair` says; undefined: not at all. False: there is no room for a line. A device
   * that never was impaired has no lines; one that was keeps them, and senders go past them once they are
   * empty.
   */
  set(device: LineDevice, impair: ImpairmentSpec | undefined): boolean {
    const made = this.#made.get(device.port) ?? new Map<Direction, Made>();
    const fresh: Made[] = [];
    for (const direction of DIRECTIONS) {
      if (made.has(direction) || isHarmless(impair?.[direction] ?? HARMLESS)) continue;
      const line = this.#make(device, direction);
      if (!line) {
        for (const other of fresh) this.#free(other);
        return false;
      }
      fresh.push(line);
    }
    for (const line of fresh) made.set(line.direction, line);
    if (made.size === 0) return true;
    this.#made.set(device.port, made);
    this.thread.start();
    for (const [direction, line] of made) this.#change(device, line, impair?.[direction] ?? HARMLESS);
    if (this.#isReady) for (const line of fresh) this.#use(line);
    return true;
  }

  /** The device is gone, and with it what was on its way to it and from it. */
  remove(port: number): void {
    for (const line of this.#made.get(port)?.values() ?? []) {
      setLine(this.#fabric, port, line.direction, -1);
      this.#dropped.set(line.line, line);
      this.thread.send({ type: "drop", line: line.line });
    }
    this.#made.delete(port);
  }

  /** The line of a device in one direction, if it has one. */
  of(port: number, direction: Direction): number | undefined {
    return this.#made.get(port)?.get(direction)?.line;
  }

  /** Whether the device has a line that takes no frames of this length. */
  tooShort(port: number, frameMax: number): boolean {
    for (const { place } of this.#made.get(port)?.values() ?? [])
      if (place.bufferBytes < frameMax) return true;
    return false;
  }

  /** A thread has ended that may have put something into the lines of a device without a signal. */
  lookAgain(port: number): void {
    for (const { line } of this.#made.get(port)?.values() ?? []) this.thread.lookAgain(line);
  }

  async close(): Promise<void> {
    this.#ready.resolve();
    await this.thread.close();
  }

  #make({ port, frameMax }: LineDevice, direction: Direction): Made | undefined {
    const place = this.thread.take(frameMax);
    if (!place) return undefined;
    const line = this.#plugs.addLine(port, frameMax, direction === "egress");
    if (line === undefined) {
      this.thread.give(place);
      return undefined;
    }
    const number = this.#count++ % NUMBERS;
    this.thread.open(line, place, number);
    return { line, port, direction, place, number };
  }

  #free({ port, line, place }: Made): void {
    this.#plugs.removeLine(port, line, () => this.thread.give(place));
  }

  #change({ id, port }: LineDevice, made: Made, spec: DirectionSpec): void {
    const { line, direction, place, number } = made;
    // In this order: what still goes past it is harmless, and what doesn't meets the new impairment.
    this.thread.send({ type: "line", line, port, address: id, direction, place, number, spec });
    setPassing(this.#fabric, line, isHarmless(spec));
  }

  #use({ port, direction, line }: Made): void {
    setLine(this.#fabric, port, direction, line);
  }

  #hear(answer: LinesAnswer): void {
    switch (answer.type) {
      case "ready":
        this.#isReady = true;
        for (const lines of this.#made.values()) for (const line of lines.values()) this.#use(line);
        this.#ready.resolve();
        return;
      case "dropped": {
        const made = this.#dropped.get(answer.line);
        this.#dropped.delete(answer.line);
        if (made) this.#free(made);
        return;
      }
      case "fault":
        this.#onFault();
        return;
    }
  }
}
