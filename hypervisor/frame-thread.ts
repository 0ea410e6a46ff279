// The control thread's side of a thread of host code that frames pass, the lines' and the uplinks': its
// memory, where its rings lie, whom it knows, and its letters.

import { MessageChannel, type MessagePort, type Worker } from "node:worker_threads";
import type { PeerLetter } from "./datapath/peers.ts";
import { openReceiving } from "./datapath/port.ts";
import type { HostStart } from "./host-parts.ts";
import { startHostThread } from "./host-thread.ts";
import type { Fabric, OwnMemory } from "./memory/fabric.ts";
import { countMail, setEvents, startRow } from "./memory/threads.ts";
import { resetRing } from "./ring/claims.ts";
import { EVENTS_AT, createHostMemory, hostRings } from "./ring/host-memory.ts";
import { prepareReceiving, type ReceivingPlace } from "./ring/receiving.ts";
import { RingPlaces } from "./ring/ring-places.ts";
import { signalRing, wake } from "./ring/signal.ts";

/** What others ask of such a thread. */
export type HostThread = Pick<FrameThread<never, never>, "peer" | "meet" | "memory">;

export interface FrameThreadParts<Answer> {
  /** Its row among the threads. */
  readonly thread: number;
  /** As `startHostThread`. */
  readonly entry: string;
  readonly beside: string;
  readonly name: string;
  /** Bytes of its memory, and the most that a ring takes of it. */
  readonly memoryBytes: number;
  readonly ringBytes: number;
  readonly hear: (answer: Answer) => void;
  /** Our code threw something that nobody caught, and the thread is gone. Left out: so is the process. */
  readonly failed?: (error: unknown) => void;
}

/** Made at once, so that guests know its memory from their boot on; it runs once `start` is called. */
export class FrameThread<Letter, Answer> {
  readonly #fabric: Fabric;
  readonly #parts: FrameThreadParts<Answer>;
  /** Where it takes frames. */
  readonly memory: OwnMemory;
  readonly #rings: RingPlaces;
  readonly #incarnation: number;
  readonly #peers = new Map<number, PeerLetter>();
  readonly #inbox: MessagePort;
  readonly #inboxOfThread: MessagePort;
  #worker: Worker | undefined;

  constructor(fabric: Fabric, parts: FrameThreadParts<Answer>) {
    this.#fabric = fabric;
    this.#parts = parts;
    this.memory = createHostMemory(parts.memoryBytes);
    this.#rings = new RingPlaces(hostRings(parts.memoryBytes, parts.ringBytes));
    this.#incarnation = startRow(fabric, parts.thread);
    setEvents(fabric, parts.thread, EVENTS_AT);
    const { port1, port2 } = new MessageChannel();
    [this.#inbox, this.#inboxOfThread] = [port1, port2];
  }

  /** What all others are told of it. */
  get peer(): PeerLetter {
    const { thread } = this.#parts;
    return { type: "peer", thread, incarnation: this.#incarnation, memory: this.memory.memory };
  }

  get isStarted(): boolean {
    return this.#worker !== undefined;
  }

  /** It sends to all guests and to the other thread of its kind: they come and go. */
  meet(letter: PeerLetter): void {
    if (letter.memory) this.#peers.set(letter.thread, letter);
    else this.#peers.delete(letter.thread);
    if (this.#worker) this.send(letter);
  }

  /** Room for a ring; undefined where there is none left. Who doesn't open it gives it back. */
  take(frameMax: number): ReceivingPlace | undefined {
    return this.#rings.take(frameMax);
  }

  give(place: ReceivingPlace): void {
    this.#rings.give(place);
  }

  /** From now on a port's frames come to this place, and are signalled by this number. */
  open(port: number, place: ReceivingPlace, number: number): void {
    prepareReceiving(this.memory, place);
    const { count, offset, signal } = place;
    const [owner, incarnation] = [this.#parts.thread, this.#incarnation];
    const set = { count, offset, signal, events: EVENTS_AT, number, owner, incarnation };
    resetRing(this.#fabric, port * 2, set);
    openReceiving(this.#fabric, port, port * 2);
  }

  /** Somebody may have put something into a port's ring without a signal. */
  lookAgain(port: number): void {
    signalRing(this.#fabric, port * 2, this.memory);
  }

  send(letter: Letter | PeerLetter): void {
    this.#inbox.postMessage(letter);
    countMail(this.#fabric, this.#parts.thread);
    wake(this.memory, EVENTS_AT, true);
  }

  /** Twice is fine. */
  start(): void {
    if (this.#worker) return;
    const { entry, beside, name, hear, failed } = this.#parts;
    const workerData: HostStart = {
      fabric: this.#fabric.memory,
      memory: this.memory.memory,
      incarnation: this.#incarnation,
      inbox: this.#inboxOfThread,
    };
    this.#worker = startHostThread(entry, beside, { workerData, transferList: [this.#inboxOfThread], name });
    this.#worker.on("message", hear);
    if (failed) this.#worker.on("error", failed);
    for (const letter of this.#peers.values()) this.send(letter);
  }

  async close(): Promise<void> {
    this.#inbox.close();
    if (!this.#worker) this.#inboxOfThread.close();
    await this.#worker?.terminate();
  }
}
