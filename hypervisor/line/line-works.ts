// The I/O thread's work: all lines of the machine room. Sleeps, or looks at the clock where a frame is to be
// precise, until a frame or a letter comes or a frame is due; then takes what came, and forwards what is due
// as the switch would. Nothing a guest does ends it.

import { Forwarder } from "../datapath/forward.ts";
import { Peers, type PeerLetter } from "../datapath/peers.ts";
import { recordLateness } from "../datapath/meter.ts";
import { countAt } from "../datapath/port.ts";
import { sendHeld } from "../datapath/send-held.ts";
import type { HostParts } from "../host-parts.ts";
import { BUDGET_FRAMES, LINE_PRECISE_NS, LINE_ROUNDS, LINE_SPIN_NS } from "../limits.ts";
import { COUNTER, IO_THREAD } from "../memory/layout.ts";
import { sleepOnEvents, spinOnEvents, takePending, wakeCount } from "../ring/signal.ts";
import { TapWriter } from "../ring/tap-ring.ts";
import type { LinesAnswer, LinesLetter } from "./letters.ts";
import { Line } from "./line.ts";
import { EVENTS_AT, FRAME_AT } from "../ring/host-memory.ts";
import { WaitingFrames } from "./waiting-frames.ts";

export class LineWorks {
  readonly #parts: HostParts<LinesAnswer>;
  readonly #peers: Peers<LinesLetter>;
  readonly #forwarder: Forwarder;
  readonly #tap: TapWriter;
  readonly #frames = new WaitingFrames();
  /** By its own port. */
  readonly #lines = new Map<number, Line>();
  /** By signal number; several lines may share one. */
  readonly #byNumber: Line[][] = Array.from({ length: 256 }, () => []);
  /** Words of signal numbers whose lines have more than a budget allowed. */
  readonly #left = new Int32Array(8);
  #someLeft = false;
  /** Of the frames that went on together: port of the line of each, and when it was due. */
  readonly #wentOn = new Int32Array(BUDGET_FRAMES);
  readonly #wereDueNs = new Float64Array(BUDGET_FRAMES);
  readonly #nowMs: () => number;

  constructor(parts: HostParts<LinesAnswer>) {
    this.#parts = parts;
    const { fabric, memory, incarnation, inbox, fault, nowNs } = parts;
    this.#peers = new Peers(fabric, IO_THREAD, inbox, (letter) => this.#take(letter));
    this.#nowMs = () => nowNs() / 1e6;
    const self: PeerLetter = { type: "peer", thread: IO_THREAD, incarnation, memory: memory.memory };
    this.#peers.take(self); // Egress lines put frames into ingress lines.
    const peers = this.#peers;
    const thread = IO_THREAD;
    this.#forwarder = new Forwarder({ fabric, thread, memory, peers, fault, nowNs });
    this.#tap = new TapWriter(fabric, IO_THREAD);
  }

  /** Works until the thread is ended. */
  run(): never {
    // Event loop: this thread's own; each turn moves frames or sleeps.
    for (;;) this.turn();
  }

  /** One round: letters, frames that came, frames that are due, and sleep. This thread. */
  turn(): void {
    const { memory, nowNs } = this.#parts;
    const seen = wakeCount(memory, EVENTS_AT);
    this.#peers.readMail();
    this.#takeFrames();
    // Once more: a frame that came just now may be for a guest that came just before it.
    this.#peers.readMail();
    // Bound: LINE_ROUNDS; what is due goes first, so that more does not come in than goes out.
    for (let round = 0; round < LINE_ROUNDS; round++) if (!this.#forwardDue()) break;
    if (this.#someLeft) return;
    const { nextDueNs, nextPreciseNs } = this.#frames;
    const sleepNs = Math.min(nextDueNs - LINE_SPIN_NS, nextPreciseNs - LINE_PRECISE_NS) - nowNs();
    if (sleepNs > 0) sleepOnEvents(memory, EVENTS_AT, seen, sleepNs / 1e6, this.#nowMs);
    else spinOnEvents(memory, EVENTS_AT, seen, nextDueNs, nowNs); // So near that it is looked for.
  }

  #take(letter: LinesLetter): void {
    const known = this.#lines.get(letter.line);
    if (letter.type === "line") {
      if (known) return known.change(letter.spec);
      const { fabric, memory } = this.#parts;
      const line = new Line(letter, { fabric, memory, frames: this.#frames, tap: this.#tap });
      this.#lines.set(letter.line, line);
      this.#byNumber[letter.number]?.push(line);
      // Frames may have come before the letter.
      this.#left[letter.number >>> 5] =
        (this.#left[letter.number >>> 5] as number) | (1 << (letter.number & 31));
      this.#someLeft = true;
      return;
    }
    if (known) {
      this.#lines.delete(letter.line);
      const sharing = this.#byNumber[known.number] ?? [];
      sharing.splice(sharing.indexOf(known), 1);
      this.#frames.drop(letter.line);
    }
    this.#parts.tell({ type: "dropped", line: letter.line });
  }

  #takeFrames(): void {
    const { memory, nowNs } = this.#parts;
    this.#someLeft = false;
    for (let word = 0; word < 8; word++) {
      let bits = takePending(memory, EVENTS_AT, word) | (this.#left[word] as number);
      if (bits === 0) continue;
      const now = nowNs();
      let left = 0;
      // Bound: 32.
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits);
        bits &= ~(1 << bit);
        const lines = this.#byNumber[word * 32 + bit] as Line[];
        for (let index = 0; index < lines.length; index++) {
          if (!(lines[index] as Line).takeFrames(now)) left |= 1 << bit;
        }
      }
      this.#left[word] = left;
      if (left !== 0) this.#someLeft = true;
    }
  }

  /** Forwards what is due, up to a budget, and signals. True: there may be more. */
  #forwardDue(): boolean {
    const { fabric, memory } = this.#parts;
    if (this.#frames.count === 0) return false;
    const forwarder = this.#forwarder;
    forwarder.begin();
    let forwarded = 0;
    // Bound: BUDGET_FRAMES.
    while (forwarded < BUDGET_FRAMES && this.#frames.nextDueNs <= forwarder.now()) {
      const line = this.#lines.get(this.#frames.nextLine) as Line;
      this.#wentOn[forwarded] = line.line;
      this.#wereDueNs[forwarded] = this.#frames.nextDueNs;
      const length = this.#frames.take(memory.u8, FRAME_AT);
      forwarder.hold(line.port, FRAME_AT, length);
      if (line.direction === "egress") sendHeld(fabric, forwarder, line.sender, length);
      else this.#end(line, forwarder.arrive(line.port, line.line + 1), length);
      line.leave();
      forwarded++;
    }
    forwarder.signalTouched(true);
    this.#recordLate(forwarded, forwarder.now());
    return forwarded === BUDGET_FRAMES;
  }

  /** How long after their time the last frames had gone on. */
  #recordLate(forwarded: number, wentOnNs: number): void {
    const { fabric } = this.#parts;
    // Bound: BUDGET_FRAMES.
    for (let index = 0; index < forwarded; index++)
      recordLateness(fabric, this.#wentOn[index] as number, wentOnNs - (this.#wereDueNs[index] as number));
  }

  /** Counts how a frame for its device ended. */
  #end({ line }: Line, counter: number, length: number): void {
    const { fabric } = this.#parts;
    countAt(fabric, line, counter, 1);
    if (counter !== COUNTER.sent) return;
    countAt(fabric, line, COUNTER.bytes, length);
    this.#forwarder.release();
  }
}
