/** @file Rows that the page has seen, in memory up to a bound, asked for in pages: first as they stand there, then encoded. */
import type { RowItem } from '../../runtime/contract/api/data.ts';

export type AskRows = (first: number, count: number, encoded: boolean) => Promise<readonly RowItem[]>;

const pageSize = 64;
const mostPages = 32;

interface PageOfRows {
  items: ReadonlyMap<number, RowItem>;
  encoded: boolean;
}

export class RowStore {
  readonly #ask: AskRows;
  readonly #arrived: () => void;
  readonly #pages = new Map<number, PageOfRows>();
  readonly #pending = new Set<number>();
  #encodes = false;
  /** Goes up when all that was asked for is void. */
  #round = 0;

  constructor(ask: AskRows, arrived: () => void) {
    this.#ask = ask;
    this.#arrived = arrived;
  }

  /** Whether a config says with which tokenizer. */
  set encodes(encodes: boolean) {
    this.#encodes = encodes;
  }

  clear(): void {
    this.#pages.clear();
    this.#pending.clear();
    this.#round += 1;
  }

  /** Takes the first page, which came with the file. */
  begin(items: readonly RowItem[]): void {
    if (items.length > 0)
      this.#pages.set(0, { items: new Map(items.map((item) => [item.row, item])), encoded: false });
  }

  get(row: number): RowItem | undefined {
    return this.#pages.get(pageOf(row))?.items.get(row);
  }

  /** Asks for the pages of these rows that aren't here. */
  want(rows: readonly number[]): void {
    for (const page of new Set(rows.map(pageOf))) {
      const known = this.#pages.get(page);
      const isWhole =
        known !== undefined &&
        (known.encoded || !this.#encodes) &&
        rows.every((row) => pageOf(row) !== page || known.items.has(row));
      if (isWhole || this.#pending.has(page)) continue;
      this.#pending.add(page);
      void this.#load(page, this.#round);
    }
  }

  async #load(page: number, round: number): Promise<void> {
    try {
      if (!this.#pages.has(page)) await this.#read(page, round, false);
      if (this.#encodes) await this.#read(page, round, true);
    } finally {
      if (round === this.#round) this.#pending.delete(page);
    }
  }

  async #read(page: number, round: number, encoded: boolean): Promise<void> {
    const items = await this.#ask(page * pageSize + 1, pageSize, encoded);
    if (round !== this.#round) return;
    this.#pages.delete(page);
    this.#pages.set(page, { items: new Map(items.map((item) => [item.row, item])), encoded });
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= mostPages) break;
      this.#pages.delete(oldest);
    }
    this.#arrived();
  }
}

const pageOf = (row: number): number => Math.floor((row - 1) / pageSize);
