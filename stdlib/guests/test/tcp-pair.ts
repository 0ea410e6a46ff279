// Two ends of the SDK's TCP on a way that loses, doubles, delays and swaps what a seed says, under a clock
// that jumps from event to event: minutes of a bad link in a moment, the same for the same seed.

import { compileForTest } from "./compile.ts";
import { TestHost } from "./host.ts";

/** The states of RFC 9293, by the SDK's numbers. */
export const STATES = [
  "CLOSED",
  "SYN_SENT",
  "SYN_RECEIVED",
  "ESTABLISHED",
  "FIN_WAIT_1",
  "FIN_WAIT_2",
  "CLOSE_WAIT",
  "CLOSING",
  "LAST_ACK",
  "TIME_WAIT",
] as const;
export type State = (typeof STATES)[number];
export const ENDED = ["well", "refused", "reset", "silent", "device"] as const;

export const MS = 1_000_000;
export const SECOND = 1000 * MS;

export interface Way {
  /** Parts of all frames, 0 to 1. */
  readonly loss?: number;
  readonly duplicates?: number;
  /** Parts that take ten times as long as others, so that later ones overtake them. */
  readonly late?: number;
  readonly delayNs?: number;
  readonly seed?: number;
  /** Bytes; 1500. */
  readonly mtu?: number;
  /** Which ends have buffers for whose windows a header is too small. */
  readonly wide?: readonly [boolean, boolean];
}

/** One end: its exports, and what it has sent. */
export class End {
  readonly host: TestHost;
  readonly ip: number;
  private readonly exports: Readonly<Record<string, (...args: number[]) => number | bigint>>;

  constructor(module: WebAssembly.Module, index: number, mtu: number) {
    const mac = `02:00:00:00:00:0${index}`;
    const device = { id: 1, name: "eth0", mac, ip: `10.0.0.${index}`, mtu };
    this.host = new TestHost({ devices: [device], pages: 128 });
    this.ip = 0x0a00_0000 + index;
    this.exports = this.host.instantiate(module).exports as never;
  }

  call(name: string, ...args: number[]): number {
    return Number(this.exports[name]!(...args));
  }

  get state(): State | "NONE" {
    return STATES[this.call("state")] ?? "NONE";
  }

  get ended(): (typeof ENDED)[number] {
    return ENDED[this.call("ended")]!;
  }

  /** States that the connection has been in. */
  get states(): readonly State[] {
    return STATES.filter((_, number) => (this.call("states") >> number) & 1);
  }

  /** Bytes of the guest's memory, where `readRaw` and `writeRaw` have theirs. */
  scratch(bytes: number): Buffer {
    return Buffer.from(this.host.memory.buffer, this.call("scratchAt"), bytes);
  }
}

interface Flying {
  readonly at: number;
  readonly to: 0 | 1;
  readonly frame: Uint8Array;
}

let compiled: Promise<WebAssembly.Module> | undefined;

export const tcpModule = (): Promise<WebAssembly.Module> =>
  (compiled ??= compileForTest("test/tcp-end.ts", undefined, "-O0"));

export class Pair {
  readonly ends: readonly [End, End];
  now = SECOND;
  /** Nothing comes through from now on. */
  cut = false;
  /** Says of a frame whether it is lost, before the dice do. */
  loses: (frame: Uint8Array, to: 0 | 1) => boolean = () => false;
  readonly frames: Uint8Array[] = [];
  private readonly way: Way;
  private readonly flying: Flying[] = [];
  private readonly dueAt: [number, number] = [0, 0];
  private readonly random: () => number;

  constructor(module: WebAssembly.Module, way: Way = {}) {
    this.way = way;
    this.random = mulberry(way.seed ?? 1);
    this.ends = [new End(module, 1, way.mtu ?? 1500), new End(module, 2, way.mtu ?? 1500)];
    this.ends.forEach((end, index) => {
      end.host.onSend = (frame) => this.send(frame, (1 - index) as 0 | 1);
      this.at(end);
      if (end.call(way.wide?.[index] ? "beginWide" : "begin") !== 0) throw new Error("the end has no device");
    });
  }

  /**
   * Goes on from event to event until `done`, calling `act` at each, and every 10 ms. Throws when `limitNs`
   * have passed.
   */
  run(done: () => boolean, act: () => void = () => undefined, limitNs = 600 * SECOND): void {
    const endAt = this.now + limitNs;
    for (let events = 0; ; events++) {
      this.deliver();
      for (const end of this.ends) this.step(end);
      act();
      for (const [index, end] of this.ends.entries()) this.dueAt[index] = this.timers(end);
      if (done()) return;
      const next = Math.min(this.flying[0]?.at ?? Infinity, ...this.dueAt, this.now + 10 * MS);
      if (next > endAt || events > 200_000)
        throw new Error(`not done after ${(this.now - endAt + limitNs) / SECOND} s: ${this.tell()}`);
      this.now = Math.max(this.now + 1000, next);
    }
  }

  /** Lets time pass. */
  pass(ns: number): void {
    const endAt = this.now + ns;
    while (this.now < endAt) {
      this.deliver();
      for (const end of this.ends) this.step(end);
      for (const [index, end] of this.ends.entries()) this.dueAt[index] = this.timers(end);
      const next = Math.min(this.flying[0]?.at ?? Infinity, ...this.dueAt);
      this.now = Math.min(Math.max(this.now + 1000, next), endAt);
    }
  }

  tell(): string {
    return this.ends.map((end) => `${end.state} ${end.call("receivedBytes")} received`).join(", ");
  }

  private at(end: End): void {
    end.host.now = Math.max(this.now, end.host.now);
  }
  private step(end: End): void {
    this.at(end);
    end.call("step");
  }
  private timers(end: End): number {
    this.at(end);
    return end.call("due");
  }

  private send(frame: Uint8Array, to: 0 | 1): void {
    this.frames.push(frame);
    const { loss = 0, duplicates = 0, late = 0, delayNs = 100_000 } = this.way;
    if (this.cut || this.loses(frame, to) || this.random() < loss) return;
    for (let copies = this.random() < duplicates ? 2 : 1; copies > 0; copies--) {
      const takes = delayNs * (this.random() < late ? 10 : 1);
      const flying = { at: this.now + takes, to, frame };
      const index = this.flying.findIndex((other) => other.at > flying.at);
      this.flying.splice(index < 0 ? this.flying.length : index, 0, flying);
    }
  }

  private deliver(): void {
    while (this.flying.length > 0 && this.flying[0]!.at <= this.now) {
      const { to, frame } = this.flying.shift()!;
      this.ends[to].host.deliver(1, frame);
    }
  }
}

/** A small generator of numbers from 0 to 1 (mulberry32). */
export function mulberry(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
