// The lines of the machine room on the control thread: making them, changing them, telling the I/O thread,
// and taking them away. The I/O thread is started with the first one.

import { MessageChannel, type MessagePort, type Worker } from "node:worker_threads";
import { setLine, setPassing } from "../datapath/line-port.ts";
import type { PeerLetter } from "../datapath/peers.ts";
import type { Plugs } from "../datapath/plugs.ts";
import { openReceiving } from "../datapath/port.ts";
import type { HostStart } from "../host-parts.ts";
import { startHostThread } from "../host-thread.ts";
import type { DirectionSpec, Id, ImpairmentSpec } from "../hypervisor.ts";
import { LINE_MEMORY_BYTES, LINE_RING_BYTES } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { IO_THREAD } from "../memory/layout.ts";
import { countMail, setEvents, startRow } from "../memory/threads.ts";
import { resetRing } from "../ring/claims.ts";
import { EVENTS_AT, createHostMemory, hostRings } from "../ring/host-memory.ts";
import { prepareReceiving, type ReceivingPlace } from "../ring/receiving.ts";
import { RingPlaces } from "../ring/ring-places.ts";
import { signalRing, wake } from "../ring/signal.ts";
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
  /** Where the I/O thread takes frames. */
  readonly memory = createHostMemory(LINE_MEMORY_BYTES);
  readonly #rings = new RingPlaces(hostRings(LINE_MEMORY_BYTES, LINE_RING_BYTES));
  readonly #incarnation: number;
  /** By the device's port. */
  readonly #made = new Map<number, Map<Direction, Made>>();
  /** By their own port: lines that the I/O thread is to let go. */
  readonly #dropped = new Map<number, Made>();
  readonly #peers = new Map<number, PeerLetter>();
  readonly #inbox: MessagePort;
  readonly #inboxOfThread: MessagePort;
  #worker: Worker | undefined;
  #isReady = false;
  readonly #ready = Promise.withResolvers<void>();
  #count = 0;

  /** `onFault`: the I/O thread found a guest that broke the protocol. */
  constructor(fabric: Fabric, plugs: Plugs, onFault: () => void) {
    this.#fabric = fabric;
    this.#plugs = plugs;
    this.#onFault = onFault;
    this.#incarnation = startRow(fabric, IO_THREAD);
    setEvents(fabric, IO_THREAD, EVENTS_AT);
    const { port1, port2 } = new MessageChannel();
    [this.#inbox, this.#inboxOfThread] = [port1, port2];
  }

  /** What every guest is told of the I/O thread, from its boot on. */
  get peer(): PeerLetter {
    const { memory } = this.memory;
    return { type: "peer", thread: IO_THREAD, incarnation: this.#incarnation, memory };
  }

  /** Resolves when all lines that were made work; at once where there is none. */
  get ready(): Promise<void> {
    return this.#worker ? this.#ready.promise : Promise.resolve();
  }

  /** The I/O thread forwards to and for all guests: they come and go. */
  meet(letter: PeerLetter): void {
    if (letter.memory) this.#peers.set(letter.thread, letter);
    else this.#peers.delete(letter.thread);
    if (this.#worker) this.#send(letter);
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
    this.#start();
    for (const [direction, line] of made) this.#change(device, line, impair?.[direction] ?? HARMLESS);
    if (this.#isReady) for (const line of fresh) this.#use(line);
    return true;
  }

  /** The device is gone, and with it what was on its way to it and from it. */
  remove(port: number): void {
    for (const line of this.#made.get(port)?.values() ?? []) {
      setLine(this.#fabric, port, line.direction, -1);
      this.#dropped.set(line.line, line);
      this.#send({ type: "drop", line: line.line });
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
    for (const { line } of this.#made.get(port)?.values() ?? [])
      signalRing(this.#fabric, line * 2, this.memory);
  }

  async close(): Promise<void> {
    this.#ready.resolve();
    this.#inbox.close();
    if (!this.#worker) this.#inboxOfThread.close();
    await this.#worker?.terminate();
  }

  #make({ port, frameMax }: LineDevice, direction: Direction): Made | undefined {
    const place = this.#rings.take(frameMax);
    if (!place) return undefined;
    const line = this.#plugs.addLine(port, frameMax, direction === "egress");
    if (line === undefined) {
      this.#rings.give(place);
      return undefined;
    }
    const number = this.#count++ % NUMBERS;
    prepareReceiving(this.memory, place);
    const { count, offset, signal } = place;
    const [owner, incarnation] = [IO_THREAD, this.#incarnation];
    const set = { count, offset, signal, events: EVENTS_AT, number, owner, incarnation };
    resetRing(this.#fabric, line * 2, set);
    openReceiving(this.#fabric, line, line * 2);
    return { line, port, direction, place, number };
  }

  #free({ port, line, place }: Made): void {
    this.#plugs.removeLine(port, line, () => this.#rings.give(place));
  }

  #change({ id, port }: LineDevice, made: Made, spec: DirectionSpec): void {
    const { line, direction, place, number } = made;
    // In this order: what still goes past it is harmless, and what doesn't meets the new impairment.
    this.#send({ type: "line", line, port, address: id, direction, place, number, spec });
    setPassing(this.#fabric, line, isHarmless(spec));
  }

  #use({ port, direction, line }: Made): void {
    setLine(this.#fabric, port, direction, line);
  }

  #send(letter: LinesLetter | PeerLetter): void {
    this.#inbox.postMessage(letter);
    countMail(this.#fabric, IO_THREAD);
    wake(this.memory, EVENTS_AT, true);
  }

  #start(): void {
    if (this.#worker) return;
    const start: HostStart = {
      fabric: this.#fabric.memory,
      memory: this.memory.memory,
      incarnation: this.#incarnation,
      inbox: this.#inboxOfThread,
    };
    this.#worker = startHostThread("./io-thread", import.meta.url, {
      workerData: start,
      transferList: [this.#inboxOfThread],
      name: "lines",
    });
    this.#worker.on("message", (answer: LinesAnswer) => this.#hear(answer));
    for (const letter of this.#peers.values()) this.#send(letter);
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
