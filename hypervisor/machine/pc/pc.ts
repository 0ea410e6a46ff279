// A PC as a guest: the processor's loop, its serial ports, its cards, and its end. On the guest's own thread;
// what of it runs in a verb is counted, paused and killed as every verb is.

import { LOG_WRITE_MAX, PC_CARDS_MAX, PC_TYPED_MAX } from "../../limits.ts";
import type { GuestMemory } from "../../memory/fabric.ts";
import { CHANGE, CLASS_NUMBER } from "../../ring/abi.ts";
import { Streams, type BusVerbs } from "../streams.ts";
import { Agent, type Command, type CommandDone } from "./agent.ts";
import { Emulator, type PcHardware } from "./emulator.ts";
import { NetworkCard, readCardFacts } from "./network-card.ts";
import { cardPlace } from "./places.ts";
import type { BrokenQueue } from "./split-queue.ts";

export { MachineReset } from "./emulator.ts";

export interface PcParts {
  readonly hardware: PcHardware;
  /** v86's own module. */
  readonly module: WebAssembly.Module;
  /** `PC_DRIVER_BYTES` that only host code has. */
  readonly driver: GuestMemory;
  readonly verbs: BusVerbs;
  /** A moment in host code: a pause, a kill, or a letter is seen. */
  readonly breathe: () => void;
  /** The guest's name, for itself. */
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Those to be run, in order: taken out as they are given to the agent. */
  readonly commands: Command[];
  readonly answer: (done: CommandDone) => void;
  /** A queue of its has what can't be. */
  readonly broken: BrokenQueue;
}

const NS_PER_MS = 1e6;
const NS_PER_US = 1000;

export class Pc {
  readonly #parts: PcParts;
  readonly #emulator: Emulator;
  readonly #streams: Streams;
  readonly #agent: Agent;
  readonly #cards = new Map<number, NetworkCard>();
  /** What the guest has shown on its first serial port, and not yet been told on. */
  readonly #shown = new Uint8Array(LOG_WRITE_MAX);
  #shownBytes = 0;
  #asked = false;

  /** A PC that is about to start. Rejects where the emulator refuses what it is given. */
  static async make(parts: PcParts): Promise<Pc> {
    return new Pc(parts, await Emulator.start(parts.hardware, parts.module));
  }

  private constructor(parts: PcParts, emulator: Emulator) {
    this.#parts = parts;
    this.#emulator = emulator;
    emulator.removeOwnCard();
    this.#streams = new Streams(parts.verbs, parts.driver, (at) => this.#takeChange(at));
    this.#agent = new Agent({
      send: (text) => emulator.sendSerial(1, Buffer.from(text)),
      name: parts.name,
      env: parts.env,
      cards: () => [...this.#cards.values()].map(({ facts }) => facts),
      answer: parts.answer,
    });
    emulator.onSerial(0, (byte) => this.#show(byte));
    emulator.onSerial(1, (byte) => this.#agent.hear(byte));
  }

  /** Runs until the machine halts; answers whether it was asked to. Throws what the machine broke with. */
  run(started: () => void): "halted" | "stopped" {
    this.#streams.begin();
    this.#streams.lookAtDevices();
    started();
    // Event loop: ends when the machine halts.
    for (;;) {
      this.#attend();
      const waitUs = this.#moveFrames();
      const waitMs = this.#emulator.run();
      this.#flush();
      if (this.#emulator.halted) return this.#asked ? "stopped" : "halted";
      this.#rest(waitMs * NS_PER_MS, waitUs * NS_PER_US);
    }
  }

  /** Sleeps until the machine's next timer is due, or it is told something. */
  #rest(timerNs: number, retryNs: number): void {
    if (timerNs <= 0) return this.#parts.breathe();
    this.#streams.doze(retryNs > 0 ? Math.min(timerNs, retryNs) : timerNs);
  }

  #attend(): void {
    this.#streams.takeSignals();
    if (this.#streams.asked && !this.#asked) {
      this.#asked = true;
      this.#agent.stop();
    }
    this.#streams.lookAtDevices();
    for (const command of this.#parts.commands.splice(0)) this.#agent.run(command);
    const room = PC_TYPED_MAX - this.#emulator.unreadSerial(0);
    if (room <= 0) return;
    const typed = this.#streams.typed(room);
    if (typed.length > 0) this.#emulator.sendSerial(0, typed);
  }

  /** Microseconds after which a card wants to go on sending; 0: none does. */
  #moveFrames(): number {
    let waitUs = 0;
    for (const card of this.#cards.values()) {
      card.receive();
      const again = card.send();
      if (again > 0) waitUs = waitUs === 0 ? again : Math.min(waitUs, again);
    }
    return waitUs;
  }

  #show(byte: number): void {
    this.#shown[this.#shownBytes++] = byte;
    if (this.#shownBytes === LOG_WRITE_MAX) this.#flush();
  }

  #flush(): void {
    if (this.#shownBytes === 0) return;
    const bytes = this.#shown.slice(0, this.#shownBytes);
    this.#shownBytes = 0;
    this.#streams.show([bytes]);
  }

  /** A record of a change of the bus lies at `at` of the driver's memory. */
  #takeChange(at: number): void {
    const { view } = this.#parts.driver;
    const [type, id, class_] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true));
    if (class_ !== CLASS_NUMBER.venet) return;
    const card = this.#cards.get(id as number);
    if (type === CHANGE.removed) card?.remove();
    else if (card && type === CHANGE.changed) card.changed(readCardFacts(view, at));
    else if (type === CHANGE.added) this.#plug(at);
  }

  #plug(at: number): void {
    if (this.#cards.size === PC_CARDS_MAX) return;
    const { driver: memory, verbs, broken } = this.#parts;
    const place = cardPlace(this.#cards.size);
    const facts = readCardFacts(memory.view, at);
    const card = NetworkCard.plug({ emulator: this.#emulator, verbs, memory, at: place, broken }, facts);
    if (card) this.#cards.set(facts.id, card);
  }
}
