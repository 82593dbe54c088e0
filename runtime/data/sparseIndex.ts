/** @file Places of every k-th record of a file: as many entries for a file of terabytes as for one of megabytes. */
import type { RecordStart } from './recordSplitters.ts';

/** Half a megabyte; 2 GB of chat rows then have an entry for each 64 rows. */
const mostEntries = 32_768;

export interface IndexEntry extends RecordStart {
  /** From 0. */
  readonly row: number;
}

/** As written to disk. */
export interface IndexRecord {
  readonly rows: number;
  readonly stride: number;
  readonly offsets: readonly number[];
  readonly lines: readonly number[];
}

export class SparseIndex {
  readonly #offsets = new Float64Array(mostEntries);
  readonly #lines = new Float64Array(mostEntries);
  #count = 0;
  #stride = 1;
  #rows = 0;

  /** Rows seen so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes the next row. */
  add(offset: number, line: number): void {
    if (this.#rows % this.#stride === 0) {
      if (this.#count === mostEntries) this.#thin();
      if (this.#rows % this.#stride === 0) {
        this.#offsets[this.#count] = offset;
        this.#lines[this.#count] = line;
        this.#count += 1;
      }
    }
    this.#rows += 1;
  }

  /** Drops every other entry. */
  #thin(): void {
    this.#count = mostEntries / 2;
    this.#stride *= 2;
    for (let i = 0; i < this.#count; i++) {
      this.#offsets[i] = this.#offsets[2 * i]!;
      this.#lines[i] = this.#lines[2 * i]!;
    }
  }

  /** The last entry at or before a row; undefined before the first row was seen. */
  before(row: number): IndexEntry | undefined {
    return this.#entry(Math.min(Math.floor(row / this.#stride), this.#count - 1));
  }

  /** The last entry whose record begins on a line or before it. */
  beforeLine(line: number): IndexEntry | undefined {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#lines[middle]! <= line) low = middle + 1;
      else high = middle;
    }
    return this.#entry(Math.max(0, low - 1));
  }

  #entry(at: number): IndexEntry | undefined {
    if (at < 0 || at >= this.#count) return undefined;
    return { row: at * this.#stride, offset: this.#offsets[at]!, line: this.#lines[at]! };
  }

  record(): IndexRecord {
    return {
      rows: this.#rows,
      stride: this.#stride,
      offsets: [...this.#offsets.subarray(0, this.#count)],
      lines: [...this.#lines.subarray(0, this.#count)],
    };
  }

  /** Undefined where the record doesn't fit a file of `size` bytes: it was damaged. */
  static from(record: unknown, size: number): SparseIndex | undefined {
    if (typeof record !== 'object' || record === null) return undefined;
    const { rows, stride, offsets, lines } = record as Partial<Record<keyof IndexRecord, unknown>>;
    if (!isCount(rows) || !isCount(stride) || stride < 1 || !Array.isArray(offsets) || !Array.isArray(lines))
      return undefined;
    const count = Math.ceil(rows / stride);
    if (offsets.length !== count || lines.length !== count || count > mostEntries) return undefined;
    const climbs = (list: readonly unknown[], most: number): boolean =>
      list.every(
        (value, i) => isCount(value) && value <= most && (i === 0 || value >= (list[i - 1] as number)),
      );
    if (!climbs(offsets, size) || !climbs(lines, size + 1)) return undefined;
    const index = new SparseIndex();
    index.#offsets.set(offsets as number[]);
    index.#lines.set(lines as number[]);
    index.#count = count;
    index.#stride = stride;
    index.#rows = rows;
    return index;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
