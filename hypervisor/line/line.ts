// One impaired direction of one device, on the I/O thread: takes frames from its ring, decides what becomes
// of each, and hands them to the frames that wait. No allocation per frame.

import { attachedNs, setLineDone, timeOfMark } from "../datapath/line-port.ts";
import { countAt } from "../datapath/port.ts";
import type { HostSender } from "../datapath/send-held.ts";
import type { DirectionSpec } from "../hypervisor.ts";
import { LINE_BUDGET_FRAMES } from "../limits.ts";
import type { Fabric, GuestMemory } from "../memory/fabric.ts";
import { COUNTER, IO_THREAD, TAP_SIDE } from "../memory/layout.ts";
import { Receiving } from "../ring/receiving.ts";
import { tapKeep, tapSides, type TapWriter } from "../ring/tap-ring.ts";
import { decide, freshFate } from "./fate.ts";
import type { LineLetter } from "./letters.ts";
import { Timetable, type Rule } from "./timetable.ts";
import type { WaitingFrames } from "./waiting-frames.ts";

/** Bits before this byte are never flipped: they say where the frame goes. */
const HEADER_BYTES = 14;

export interface LineParts {
  readonly fabric: Fabric;
  readonly memory: GuestMemory;
  readonly frames: WaitingFrames;
  readonly tap: TapWriter;
}

export class Line {
  /** Its own port, and that of its device. */
  readonly line: number;
  readonly port: number;
  readonly direction: LineLetter["direction"];
  readonly number: number;
  /** Who sends what leaves it, where it is for what its device sends. */
  readonly sender: HostSender;
  readonly #parts: LineParts;
  readonly #address: string;
  readonly #receiving: Receiving;
  readonly #fate = freshFate();
  /** Of the frame that comes now; one object serves all. */
  readonly #wait: { line: number; dueNs: number; precise: boolean };
  #timetable: Timetable;
  /** Frames that have come: the number of the next one. */
  #came = 0;
  #lostBefore = false;
  /** When the last byte leaves what limits the rate. */
  #rateDueNs = 0;
  /** When the last frame that keeps its place goes on. */
  #lastDueNs = 0;
  #waiting = 0;

  constructor(letter: LineLetter, parts: LineParts) {
    this.line = letter.line;
    this.port = letter.port;
    this.direction = letter.direction;
    this.number = letter.number;
    this.sender = { thread: IO_THREAD, port: letter.port, counts: letter.line };
    this.#parts = parts;
    this.#address = letter.address;
    this.#wait = { line: letter.line, dueNs: 0, precise: false };
    this.#receiving = new Receiving(parts.memory, letter.place);
    this.#timetable = new Timetable(letter.spec, letter.address, letter.direction);
  }

  /** Another impairment; what waits keeps its time. */
  change(spec: DirectionSpec): void {
    this.#timetable = new Timetable(spec, this.#address, this.direction);
  }

  /** Takes what has come, up to a budget. False: there may be more. */
  takeFrames(nowNs: number): boolean {
    const opened = attachedNs(this.#parts.fabric, this.port);
    const rule = this.#timetable.at(opened === 0 ? -1 : nowNs - opened);
    // Bound: LINE_BUDGET_FRAMES.
    for (let taken = 0; taken < LINE_BUDGET_FRAMES; taken++) {
      if (!this.#receiving.take()) {
        this.#noteDone();
        return true;
      }
      const { address, length, mark } = this.#receiving;
      // Empty: its sender was ended.
      if (length > 0) this.#admit(rule, timeOfMark(mark, nowNs), address, length);
      this.#receiving.give();
    }
    return false;
  }

  /** One of its frames goes on. */
  leave(): void {
    this.#waiting--;
    this.#noteDone();
  }

  #noteDone(): void {
    if (this.#waiting > 0 || !this.#receiving.complete) return;
    setLineDone(this.#parts.fabric, this.line, this.#receiving.scan);
  }

  #admit({ damage, key }: Rule, cameNs: number, address: number, length: number): void {
    const fate = this.#fate;
    decide(fate, key, this.#came++, damage, this.#lostBefore);
    this.#lostBefore = fate.lost;
    if (damage.down || fate.lost) return this.#lose(COUNTER.impaired, cameNs, address, length);
    if (this.#waiting >= damage.queue) return this.#lose(COUNTER.queue, cameNs, address, length);
    const wait = this.#wait;
    wait.dueNs = this.#dueNs(damage, cameNs, length);
    wait.precise = damage.precise;
    if (fate.corrupted && length > HEADER_BYTES) this.#flipBit(address, length);
    if (!this.#hold(address, length)) return this.#lose(COUNTER.queue, cameNs, address, length);
    if (!fate.duplicated) return;
    this.#count(COUNTER.duplicated);
    if (this.#waiting < damage.queue && this.#hold(address, length)) return;
    this.#lose(COUNTER.queue, cameNs, address, length);
  }

  /** Counts a frame that ends here, and shows it to those who capture at the device. */
  #lose(counter: number, cameNs: number, address: number, length: number): void {
    const { fabric, memory, tap } = this.#parts;
    const side = this.direction === "egress" ? TAP_SIDE.out : TAP_SIDE.in;
    if ((tapSides(fabric, this.port) & side) !== 0) {
      const kept = tapKeep(fabric, this.port, length);
      const at = tap.begin(this.port, kept);
      if (at >= 0) {
        fabric.u8.set(memory.u8.subarray(address, address + kept), at);
        tap.commit(this.port, cameNs, length, side, counter);
      }
    }
    this.#count(counter);
  }

  /**
   * When a frame that came at `cameNs` goes on. What chance doesn't move stays behind all that came before.
   */
  #dueNs(damage: Rule["damage"], cameNs: number, length: number): number {
    let dueNs = cameNs;
    if (damage.rate > 0) {
      dueNs = Math.max(cameNs, this.#rateDueNs) + (length * 8e9) / damage.rate;
      this.#rateDueNs = dueNs;
    }
    if (this.#fate.ahead && damage.delayNs > 0) {
      this.#count(COUNTER.reordered);
      return dueNs;
    }
    dueNs += damage.delayNs + this.#fate.lateNs;
    if (damage.jitterNs === 0) dueNs = Math.max(dueNs, this.#lastDueNs);
    this.#lastDueNs = Math.max(dueNs, this.#lastDueNs);
    return dueNs;
  }

  #flipBit(address: number, length: number): void {
    const bits = (length - HEADER_BYTES) * 8;
    const bit = Math.floor(this.#fate.bit * bits);
    const at = address + HEADER_BYTES + (bit >>> 3);
    const { u8 } = this.#parts.memory;
    u8[at] = (u8[at] as number) ^ (1 << (bit & 7));
    this.#count(COUNTER.corrupted);
  }

  /** Until what `#wait` says. */
  #hold(address: number, length: number): boolean {
    if (!this.#parts.frames.put(this.#wait, this.#parts.memory.u8, address, length)) return false;
    this.#waiting++;
    return true;
  }

  #count(counter: number): void {
    countAt(this.#parts.fabric, this.line, counter, 1);
  }
}
