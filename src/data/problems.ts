/** @file Lints of one document by line, kept in place while lines come and go. */
import type { RowLint } from '../../runtime/contract/api/data.ts';

/** What a change of the document does to its lines: those from `first` to `last` became `lines` lines. */
export interface LineChange {
  readonly first: number;
  readonly last: number;
  readonly lines: number;
}

export class Problems {
  #byLine = new Map<number, readonly RowLint[]>();
  /** Of all rows of the file, when it was last looked at as a whole: how many have lints beyond those kept here. */
  more = 0;

  set(line: number, lints: readonly RowLint[]): void {
    if (lints.length === 0) this.#byLine.delete(line);
    else this.#byLine.set(line, lints);
  }

  get(line: number): readonly RowLint[] {
    return this.#byLine.get(line) ?? [];
  }

  /** In the order of lines. */
  all(): readonly (readonly [line: number, lints: readonly RowLint[]])[] {
    return [...this.#byLine].sort(([a], [b]) => a - b);
  }

  /** Lines behind a change move; those within it are looked at anew. */
  shift({ first, last, lines }: LineChange): void {
    const moved = new Map<number, readonly RowLint[]>();
    const by = lines - (last - first + 1);
    for (const [line, lints] of this.#byLine)
      if (line < first) moved.set(line, lints);
      else if (line > last) moved.set(line + by, lints);
    this.#byLine = moved;
  }

  /** Whatever the whole file showed, in place of all that was known. */
  replace(lints: ReadonlyMap<number, readonly RowLint[]>, more: number): void {
    this.#byLine = new Map(lints);
    this.more = more;
  }
}
