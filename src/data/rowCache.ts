/** @file Previews of rows by their text: an edited row is another one, the rows around it stay known wherever they move. */
import type { RowPreview } from '../../runtime/contract/api/data.ts';

/** Several screens of rows. */
const mostRows = 1000;
/** In UTF-16 units: rows are long at times. */
const mostText = 4_000_000;

export class RowCache {
  readonly #rows = new Map<string, RowPreview>();
  #text = 0;

  get(text: string): RowPreview | undefined {
    return this.#rows.get(text);
  }

  /** Takes a row, and forgets the ones that were taken first. */
  set(text: string, preview: RowPreview): void {
    if (!this.#rows.has(text)) this.#text += text.length;
    this.#rows.set(text, preview);
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= mostRows && this.#text <= mostText) break;
      if (oldest === text) break;
      this.#rows.delete(oldest);
      this.#text -= oldest.length;
    }
  }

  clear(): void {
    this.#rows.clear();
    this.#text = 0;
  }
}
