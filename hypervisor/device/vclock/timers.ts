// The timers of one guest. Its own thread fires them: where a verb begins, and in `wait`, whose sleep ends
// with the next of them. So they cost no other thread, and a guest that sleeps by its own wait instruction is
// not woken by them.

/** One timer; due at `dueNs` of the monotonic clock, `Infinity` while it is not armed. */
export interface Timer {
  readonly dueNs: number;
  /** It is due: `nowNs` is not before `dueNs`. Afterwards it is due later. */
  fire(nowNs: number): void;
}

export class Timers {
  readonly #timers = new Set<Timer>();
  /** When the next one is due. */
  nextNs = Infinity;

  add(timer: Timer): void {
    this.#timers.add(timer);
    this.look();
  }

  remove(timer: Timer): void {
    this.#timers.delete(timer);
    this.look();
  }

  /** To be called when a timer was armed otherwise. */
  look(): void {
    let next = Infinity;
    for (const { dueNs } of this.#timers) next = Math.min(next, dueNs);
    this.nextNs = next;
  }

  /** Fires what is due. */
  fire(nowNs: number): void {
    if (nowNs < this.nextNs) return;
    for (const timer of this.#timers) if (timer.dueNs <= nowNs) timer.fire(nowNs);
    this.look();
  }
}

/** Fires once. */
export class Deadline implements Timer {
  dueNs = Infinity;
  fired = 0;
  readonly #ring: (lateNs: number) => void;

  constructor(ring: (lateNs: number) => void) {
    this.#ring = ring;
  }

  fire(nowNs: number): void {
    const lateNs = nowNs - this.dueNs;
    this.dueNs = Infinity;
    this.fired++;
    this.#ring(lateNs);
  }
}

/** Fires again and again. Ticks that nobody was there for are one with the last of them, and counted. */
export class Period implements Timer {
  dueNs = Infinity;
  periodNs = 0;
  fired = 0;
  missed = 0;
  /** When the newest tick was due. */
  lastNs = 0;
  readonly #ring: (lateNs: number) => void;

  constructor(ring: (lateNs: number) => void) {
    this.#ring = ring;
  }

  fire(nowNs: number): void {
    const missed = Math.floor((nowNs - this.dueNs) / this.periodNs);
    this.missed += missed;
    this.fired++;
    // How late the first of them is: that is what the guest waited for.
    const lateNs = nowNs - this.dueNs;
    this.lastNs = this.dueNs + missed * this.periodNs;
    this.dueNs = this.lastNs + this.periodNs;
    this.#ring(lateNs);
  }
}
