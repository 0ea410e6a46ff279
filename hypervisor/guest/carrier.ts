// A carrier as the control thread sees it: a thread with the guests that share it, and each guest's place
// there.

import type { MessagePort, Worker } from "node:worker_threads";
import type { HostClock } from "../clock.ts";
import type { PeerLetter } from "../datapath/peers.ts";
import { startRoomyThread } from "../host-thread.ts";
import type { RealtimeSpec } from "../hypervisor.ts";
import { CARRIER_END_MS, CARRIER_HEAP_MIB, GUEST_STACK_MIB, TURN_NS } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { countMail, setEnding, setHeld, startRow, turnsOf } from "../memory/threads.ts";
import type { CpuTime } from "./cpu-time.ts";
import type {
  BootLetter,
  CarrierAnswer,
  CarrierLetter,
  CarrierLetters,
  CarrierStart,
  GuestLetter,
  Rank,
  SeatLetter,
} from "./letters.ts";
import type { Outbox, Sender } from "./outbox.ts";
import { afterAwake } from "./patience.ts";
import { Pause } from "./pause.ts";
import type { Listener, Vcpu, VcpuEvents } from "./vcpu.ts";

/** Of the load that one step of niceness leaves: as the system's scheduler has it. */
const NICE_STEP = 1.25;

interface Place {
  readonly events: VcpuEvents;
  readonly module: WebAssembly.Module;
}

export class Carrier implements Listener, Sender {
  readonly #fabric: Fabric;
  readonly #outbox: Outbox;
  readonly #row: number;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<void>();
  /** Places by thread row. */
  readonly #places = new Map<number, Place>();
  /** Modules that it has been given, by number, and how many of its guests have each. */
  readonly #modules = new Map<WebAssembly.Module, { readonly number: number; guests: number }>();
  #lastModule = 0;
  #peers: PeerLetter[] = [];
  #seats: SeatLetter[] = [];
  #inbox: MessagePort | undefined;
  #expected = 0;
  #why = "its carrier ended";
  isGone = false;

  /** `over` is told when the thread has ended. */
  constructor(start: CarrierStart, fabric: Fabric, outbox: Outbox, over: (carrier: Carrier) => void) {
    this.#fabric = fabric;
    this.#outbox = outbox;
    this.#row = start.row;
    startRow(fabric, start.row);
    this.#worker = startRoomyThread("./carrier-thread", import.meta.url, {
      workerData: start,
      name: "carrier",
      resourceLimits: { maxOldGenerationSizeMb: CARRIER_HEAP_MIB, stackSizeMb: GUEST_STACK_MIB },
    });
    this.#worker.on("message", (letters: CarrierLetters) => this.#takeAll(letters));
    this.#worker.on("error", (error) => {
      this.#why = `its carrier broke: ${error instanceof Error ? error.message : String(error)}`;
    });
    this.#worker.once("exit", () => {
      this.isGone = true;
      this.#ready.reject(new Error(this.#why));
      over(this);
      for (const thread of this.#places.keys()) this.#leave(thread, this.#why);
    });
    this.#ready.promise.catch(() => undefined); // Whoever waits for it hears of it.
  }

  /** Rejects where the system gives no thread. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Guests that it has or is to have. */
  get guests(): number {
    return this.#places.size + this.#expected;
  }

  /** A guest is to come; `seat` follows. */
  expect(): void {
    this.#expected++;
  }

  meet(letter: PeerLetter): void {
    this.#peers.push(letter);
    this.#outbox.note(this);
  }

  /** Comes after what has been said before of any guest. */
  post(letter: CarrierLetter): void {
    this.#outbox.flush();
    this.#send(letter);
  }

  sendPeers(): void {
    const peers = this.#peers;
    this.#peers = [];
    if (peers.length > 0) this.#send({ type: "peers", peers });
  }

  sendSeats(): void {
    const seats = this.#seats;
    this.#seats = [];
    if (seats.length > 0) this.#send({ type: "seats", seats });
  }

  /** A new guest. The carrier has to be ready. */
  seat({ code: _, peers: __, ...letter }: BootLetter, events: VcpuEvents): void {
    const { module, thread } = letter;
    this.#expected--;
    this.#places.set(thread, { events, module });
    this.#worker.ref();
    this.#seats.push({ ...letter, module: this.#give(module) });
    this.#outbox.note(this);
    if (this.isGone) this.#leave(thread, this.#why);
  }

  /** Ends the thread with all guests on it. */
  async end(why: string): Promise<void> {
    this.#why = why;
    await this.#worker.terminate();
  }

  #send(letter: CarrierLetter): void {
    if (this.isGone) return;
    this.#inbox?.postMessage(letter);
    countMail(this.#fabric, this.#row);
  }

  #takeAll(letters: CarrierLetters): void {
    if (letters.type === "answers") return letters.answers.forEach((answer) => this.#take(answer));
    this.#inbox = letters.inbox;
    this.#ready.resolve();
  }

  #take(answer: CarrierAnswer): void {
    if (answer.type === "said") this.#places.get(answer.thread)?.events.said(answer.letter);
    else this.#leave(answer.thread);
  }

  #leave(thread: number, why?: string): void {
    const place = this.#places.get(thread);
    this.#places.delete(thread);
    if (this.#places.size === 0) this.#worker.unref();
    if (place === undefined) return;
    this.#takeBack(place.module);
    if (why !== undefined) place.events.broke(why);
    place.events.gone();
  }

  /** The number under which the thread has a module, for one more guest. */
  #give(module: WebAssembly.Module): number {
    const known = this.#modules.get(module) ?? { number: ++this.#lastModule, guests: 0 };
    if (known.guests++ === 0) this.#send({ type: "module", number: known.number, module });
    this.#modules.set(module, known);
    return known.number;
  }

  #takeBack(module: WebAssembly.Module): void {
    const known = this.#modules.get(module);
    if (!known || --known.guests > 0) return;
    this.#modules.delete(module);
    this.post({ type: "module", number: known.number });
  }
}

export interface PlaceParts {
  readonly fabric: Fabric;
  readonly clock: HostClock;
  readonly thread: number;
  readonly carrier: Carrier;
}

/** A guest's place on a carrier. */
export class SharedVcpu implements Vcpu {
  readonly kind = "shared";
  readonly carrier: Carrier;
  readonly pause: Pause;
  readonly #parts: PlaceParts;
  #alive = true;
  #isSeated = false;
  #rank: Rank = { urgency: 0, turnNs: TURN_NS };
  /** Calls off what is done where its carrier does not end it. */
  #notLate: (() => void) | undefined;

  constructor(parts: PlaceParts) {
    const { fabric, clock, thread, carrier } = parts;
    this.#parts = parts;
    this.carrier = carrier;
    this.pause = new Pause({
      fabric,
      clock,
      thread,
      alive: () => this.#alive,
      hold: (value) => {
        setHeld(fabric, thread, value !== 0);
        carrier.post({ type: "look", thread });
      },
    });
  }

  boot(letter: BootLetter, { said, broke, gone }: VcpuEvents): void {
    const over = (): void => {
      this.#alive = false;
      this.#notLate?.();
      this.pause.forget();
      gone();
    };
    this.#isSeated = true;
    this.carrier.seat({ ...letter, rank: this.#rank }, { said, broke, gone: over });
  }

  send(letter: GuestLetter): void {
    this.carrier.post({ type: "tell", thread: this.#parts.thread, letter });
  }

  end(): void {
    const { fabric, thread } = this.#parts;
    setEnding(fabric, thread);
    this.carrier.post({ type: "look", thread });
    // Host code that doesn't return would be a bug of ours; its guests must end all the same.
    this.#notLate ??= afterAwake(CARRIER_END_MS, () => void this.carrier.end("its carrier did not answer"));
  }

  cpu(): CpuTime {
    const { cpuNs, queueNs } = turnsOf(this.#parts.fabric, this.#parts.thread);
    return { cpuMs: cpuNs / 1e6, queueMs: queueNs / 1e6 };
  }

  goAt(nice: number, realtime: RealtimeSpec | undefined): undefined {
    const urgency = realtime === undefined ? 0 : realtime.priority + 1;
    this.#rank = { urgency, turnNs: TURN_NS / NICE_STEP ** Math.max(0, nice) };
    if (this.#isSeated) this.carrier.post({ type: "rank", thread: this.#parts.thread, rank: this.#rank });
  }
}
