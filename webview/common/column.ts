/** @file Numbers that only grow, for plots: appending n values costs n, and who holds an older state keeps it as it was. */

interface Storage {
  array: Float64Array;
  /** Values that some column has written; the newest column ends here. */
  used: number;
}

export class Column {
  static readonly empty = new Column({ array: new Float64Array(0), used: 0 }, 0);

  /** A view, not a copy. */
  readonly values: Float64Array;
  readonly #storage: Storage;

  private constructor(storage: Storage, length: number) {
    this.#storage = storage;
    this.values = storage.array.subarray(0, length);
  }

  get length(): number {
    return this.values.length;
  }

  /** The newest column of a storage writes behind its end; an older one, whose place is taken, copies itself first. */
  append(added: ArrayLike<number>): Column {
    if (added.length === 0) return this;
    const length = this.length + added.length;
    let storage = this.#storage;
    if (storage.used !== this.length || storage.array.length < length) {
      // Doubling: all copies of a growing column together cost twice its length.
      const array = new Float64Array(Math.max(64, length, 2 * this.length));
      array.set(this.values);
      storage = { array, used: length };
    }
    storage.array.set(added, this.length);
    storage.used = length;
    return new Column(storage, length);
  }

  /** The first `length` values. */
  cut(length: number): Column {
    return length >= this.length ? this : new Column(this.#storage, length);
  }
}

/** Index of the first of ascending `values` that is at least `value`, looked for in [begin, end). */
export function lowerBound(
  values: Float64Array,
  value: number,
  begin = 0,
  end: number = values.length,
): number {
  let [low, high] = [begin, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
