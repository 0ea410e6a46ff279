// One guest on a thread that it shares: it runs in turns and is suspended in between, on a stack of its own.
// Where it is to end, what it waits for fails with a trap, which no handler of its can catch.

import { SHARED_PAIRS_MAX } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { HELD, WHERE } from "../memory/layout.ts";
import { eventsOf, faultOf, heldOf, setWhere, whereOf } from "../memory/threads.ts";
import { endGuestWait, guestWait, type GuestWait } from "../ring/guest-wait.ts";
import { hasNews, sleepOnEventsAsync, wake } from "../ring/signal.ts";
import { GuestHost, type PeersOfGuest, trapLetter } from "./guest-host.ts";
import type { BusVerbs } from "../machine/streams.ts";
import type { GuestLetter, Rank, SeatLetter, ThreadLetter } from "./letters.ts";
import { METERED } from "./metered.ts";
import { GuestEnd } from "./verbs.ts";

export interface SeatParts {
  readonly fabric: Fabric;
  readonly module: WebAssembly.Module;
  readonly pump: WebAssembly.Module;
  readonly peers: PeersOfGuest;
  readonly steadyNowNs: () => number;
  readonly tell: (letter: ThreadLetter) => void;
  /** It has something to do, and no turn. */
  readonly ready: (seat: Seat) => void;
  /** The verbs as imports, which call those of the guest whose turn it is. */
  readonly verbs: Record<string, unknown>;
  /** The host's functions that metered code calls, by `CALL`. */
  readonly calls: readonly CallableFunction[];
  /** The error of a trap. */
  readonly trap: unknown;
}

export class Seat {
  readonly thread: number;
  rank: Rank;
  /** Since when it waits for a turn, nanoseconds. */
  readySinceNs = 0;
  /** Nothing of it is left but this. */
  isOver = false;
  readonly #letter: SeatLetter;
  readonly #parts: SeatParts;
  readonly #host: GuestHost;
  readonly #imports: BusVerbs;
  #fuel: { value: number } = { value: 0 };
  #turnEndNs = 0;
  /** Lets the suspended guest go on; absent before its first turn and while it runs. */
  #goOn: (() => void) | undefined;
  #turnOver: (() => void) | undefined;
  #hasBegun = false;
  #isListed = false;
  /** What broke in host code that it called. */
  #broken: unknown;

  constructor(letter: SeatLetter, parts: SeatParts) {
    this.thread = letter.thread;
    this.rank = letter.rank ?? { urgency: 0, turnNs: 0 };
    this.#letter = letter;
    this.#parts = parts;
    const { fabric, pump, steadyNowNs, tell, peers } = parts;
    const own = { fabric, pump, pairs: SHARED_PAIRS_MAX, spinNs: 0, steadyNowNs, tell };
    this.#host = new GuestHost(letter, peers, own);
    this.#imports = this.#host.verbs.imports();
  }

  heed(news: GuestLetter): void {
    this.#host.heed(news);
  }

  /** Asks for a turn, if it doesn't have or await one. */
  want(): void {
    if (this.#isListed || this.isOver || this.#turnOver) return;
    this.#isListed = true;
    this.readySinceNs = this.#parts.steadyNowNs();
    this.#parts.ready(this);
  }

  /** One turn: until it is suspended or over. One that is paused has none; it wants one when resumed. */
  async turn(): Promise<void> {
    const { fabric, steadyNowNs } = this.#parts;
    this.#isListed = false;
    const wasAsleep = whereOf(fabric, this.thread) === WHERE.asleep;
    setWhere(fabric, this.thread, WHERE.host); // Z1: before Z7.
    const held = heldOf(fabric, this.thread);
    if (held === HELD.paused) return setWhere(fabric, this.thread, wasAsleep ? WHERE.asleep : WHERE.still);
    if (!this.#hasBegun && held === HELD.ending) return void (this.isOver = true);
    this.#turnEndNs = steadyNowNs() + this.rank.turnNs;
    const over = new Promise<void>((resolve) => (this.#turnOver = resolve));
    if (this.#hasBegun) this.#goOn?.();
    else void this.#live();
    await over;
  }

  /** Whether its turn is up. Called by its code where its fuel is. */
  spent(): boolean {
    const { fabric, steadyNowNs } = this.#parts;
    return steadyNowNs() >= this.#turnEndNs || this.#isWanted(fabric);
  }

  /** The end of a turn in the middle of its code. */
  async nextTurn(): Promise<void> {
    const woken = this.#suspended();
    this.want();
    await woken;
    this.#mayGoOn();
    setWhere(this.#parts.fabric, this.thread, WHERE.guest);
  }

  /** A wait instruction of its own. */
  async ownWait(wait: GuestWait): Promise<number> {
    const { fabric, trap } = this.#parts;
    const { memory } = this.#host;
    const sleep = guestWait(memory, wait);
    if (sleep === undefined) throw trap;
    if (typeof sleep === "number") return sleep;
    try {
      const answer = await this.#suspendedUntil(sleep);
      setWhere(fabric, this.thread, WHERE.guest);
      return answer;
    } catch (error) {
      endGuestWait(memory, wait);
      throw error;
    }
  }

  /** Calls a verb, and looks whether the turn is up: the guest then gives it back by itself. */
  verb(call: (verbs: BusVerbs) => number): number {
    try {
      const answer = call(this.#imports);
      if (this.spent()) this.#fuel.value = 0;
      return answer;
    } catch (error) {
      throw this.#trapFor(error);
    }
  }

  /** The verb `wait`. */
  async wait(timeoutNs: bigint): Promise<number> {
    try {
      return await this.#host.verbs.waitAside(timeoutNs, (...until) => this.#sleepUntil(...until));
    } catch (error) {
      throw this.#trapFor(error);
    }
  }

  /** It is to give the thread back soon. */
  #isWanted(fabric: Fabric): boolean {
    return heldOf(fabric, this.thread) !== HELD.no || faultOf(fabric, this.thread) !== 0;
  }

  /** Throws what ends it, if it is to end. */
  #mayGoOn(): void {
    const { fabric, trap } = this.#parts;
    if (heldOf(fabric, this.thread) !== HELD.ending && faultOf(fabric, this.thread) === 0) return;
    setWhere(fabric, this.thread, WHERE.guest); // Nothing is half-way.
    throw trap;
  }

  /** Resolves with its next turn; this one is over. It has to be wanted by somebody. */
  #suspended(): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.#goOn = resolve));
    this.#endTurn();
    return woken;
  }

  async #suspendedUntil<T>(news: Promise<T>): Promise<T> {
    let got: { readonly value: T } | undefined;
    void news.then((value) => {
      got = { value };
      this.want();
    });
    // Bound: once for each time that control resumes it while it sleeps.
    for (;;) {
      setWhere(this.#parts.fabric, this.thread, WHERE.asleep);
      const woken = this.#suspended();
      if (this.#isWanted(this.#parts.fabric)) this.want(); // What was asked of it within its turn.
      await woken;
      this.#mayGoOn();
      if (got) return got.value;
    }
  }

  #endTurn(): void {
    const over = this.#turnOver;
    this.#turnOver = undefined;
    over?.();
  }

  /** As `sleepUntil`, on the carrier's event loop. */
  async #sleepUntil(events: number, seen: number, endNs: number): Promise<boolean> {
    const { steadyNowNs } = this.#parts;
    const { memory, timers } = this.#host;
    // Bound: the guest's time limit; each round ends with news, a timer or the limit.
    for (;;) {
      const nowNs = steadyNowNs();
      timers.fire(nowNs);
      const hasNewsNow = hasNews(memory, events, seen);
      if (hasNewsNow && nowNs >= this.#turnEndNs) await this.#next();
      if (hasNewsNow) return true;
      if (nowNs >= endNs) return false;
      const leftMs = (Math.min(endNs, timers.nextNs) - nowNs) / 1e6;
      const nap = sleepOnEventsAsync(memory, events, seen, leftMs);
      if (nap) await this.#suspendedUntil(nap);
    }
  }

  /** Others have their turns first. */
  async #next(): Promise<void> {
    const woken = this.#suspended();
    this.want();
    await woken;
    this.#mayGoOn();
  }

  async #live(): Promise<void> {
    this.#hasBegun = true;
    const { fabric, tell } = this.#parts;
    try {
      const exit = await this.#run();
      this.#host.verbs.closeAll();
      tell({ type: "returned", exit });
    } catch (error) {
      if (faultOf(fabric, this.thread) !== 0) tell({ type: "fault" });
      else if (heldOf(fabric, this.thread) !== HELD.ending) tell(trapLetter(this.#broken ?? error));
    }
    this.isOver = true;
    // What it slept on is let go of.
    wake(this.#host.memory, eventsOf(fabric, this.thread), true);
    this.#endTurn();
  }

  async #run(): Promise<number> {
    const { fabric, module, verbs, calls, tell } = this.#parts;
    const imports = { env: { memory: this.#letter.memory }, vbus: verbs };
    const { exports } = new WebAssembly.Instance(module, imports);
    this.#fuel = exports[METERED.fuel] as unknown as { value: number };
    const table = exports[METERED.calls] as WebAssembly.Table;
    for (const [place, call] of calls.entries()) table.set(place, call);
    setWhere(fabric, this.thread, WHERE.guest);
    const start = exports[METERED.start] as (() => void) | undefined;
    if (start) await WebAssembly.promising(start)();
    tell({ type: "running" });
    return WebAssembly.promising(exports["main"] as () => number)();
  }

  /** What a verb throws ends the guest, whatever it catches. */
  #trapFor(error: unknown): unknown {
    if (error !== this.#parts.trap && !(error instanceof GuestEnd)) this.#broken = error;
    return this.#parts.trap;
  }
}

/** The verbs as imports of every guest that shares a thread: they are those of the one that calls. */
export function sharedVerbs(caller: () => Seat): Record<string, unknown> {
  const verbs: Omit<BusVerbs, "wait"> = {
    open: (id, version) => caller().verb((own) => own.open(id, version)),
    close: (handle) => caller().verb((own) => own.close(handle)),
    call: (handle, func, pointer, length, flags) =>
      caller().verb((own) => own.call(handle, func, pointer, length, flags)),
    shm: (handle, id, prio, pointer, length, signal, flags) =>
      caller().verb((own) => own.shm(handle, id, prio, pointer, length, signal, flags)),
    signal: (number) => caller().verb((own) => own.signal(number)),
  };
  return { ...verbs, wait: new WebAssembly.Suspending((timeoutNs: bigint) => caller().wait(timeoutNs)) };
}
