/** @file Work that waits its turn: each begins when the one before it has ended, however that ended. Pure. */

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Ends as the work does. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const own = this.#last.then(work);
    // Whoever took the turn is told of its failure; the next one begins all the same.
    this.#last = own.catch(() => undefined);
    return own;
  }
}
