// One at a time: everything that changes the hypervisor goes through a lane, in the order of asking.

export class Lane {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all that was asked before; its failure is the caller's alone. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all that has been asked so far is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
