// What a guest believes of the wall's time: shifted, and running fast or slow. When that changes, the clock
// goes on from where it stands.

export class BelievedClock {
  readonly #nowNs: () => number;
  readonly #wallNs: () => bigint;
  #offsetNs: number;
  #drift: number;
  /** What it has gained up to `#sinceNs`, nanoseconds. */
  #gainedNs = 0;
  #sinceNs: number;

  /** `drift` 0.01 is a clock that gains a hundredth; from now on. */
  constructor(offsetNs: number, drift: number, nowNs: () => number, wallNs: () => bigint) {
    this.#offsetNs = offsetNs;
    this.#drift = drift;
    this.#nowNs = nowNs;
    this.#wallNs = wallNs;
    this.#sinceNs = nowNs();
  }

  /** A change of `offsetNs` is a jump, one of `drift` is none. */
  set(offsetNs: number, drift: number): void {
    this.#gainedNs = this.#gained();
    this.#sinceNs = this.#nowNs();
    this.#offsetNs = offsetNs;
    this.#drift = drift;
  }

  /** Nanoseconds since 1970. */
  wallNs(): bigint {
    return this.#wallNs() + BigInt(Math.round(this.#offsetNs + this.#gained()));
  }

  #gained(): number {
    return this.#gainedNs + (this.#nowNs() - this.#sinceNs) * this.#drift;
  }
}
