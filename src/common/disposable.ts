/** @file One owner for things that must be let go, also for those that arrive too late. */

export interface Disposable {
  dispose(): unknown;
}

/** Holds disposables; `add` returns what it was given, and lets go of it at once when the store has already ended. */
export class Store implements Disposable {
  readonly #items = new Set<Disposable>();
  #disposed = false;

  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.add(item);
    return item;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Lets go in the reverse order, the last acquired first. */
  dispose(): void {
    this.#disposed = true;
    const items = [...this.#items].reverse();
    this.#items.clear();
    for (const item of items) item.dispose();
  }
}
