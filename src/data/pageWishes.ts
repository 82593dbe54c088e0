/** @file Where a dataset's page is asked to go: visible pages hear it at once, others when they load. Pure. */

export interface Wish {
  /** Row to show, from 1. */
  readonly row?: number;
  /** Go to the lengths. */
  readonly statistics?: boolean;
}

export interface WishPage {
  /** It is visible and has loaded: a hidden page is gone until it is shown again, and hears nothing. */
  readonly hears: () => boolean;
  /** It is the editor in front. */
  readonly isActive: () => boolean;
  readonly tell: (wish: Wish) => void;
}

export class PageWishes {
  readonly #waiting = new Map<string, Wish>();

  /** Tells the file's pages, then shows the file; the one that is shown and didn't hear takes the wish when it loads. */
  async ask(
    file: string,
    wish: Wish,
    pages: readonly WishPage[],
    show: () => PromiseLike<unknown>,
  ): Promise<void> {
    const told = pages.filter((page) => page.hears());
    for (const page of told) page.tell(wish);
    if (told.length === 0 || told.length < pages.length)
      this.#waiting.set(file, { ...this.#waiting.get(file), ...wish });
    await show();
    if (told.some((page) => page.isActive())) this.#waiting.delete(file);
  }

  /** What waits for a page of the file; it is heard once. */
  take(file: string): Wish {
    const wish = this.#waiting.get(file) ?? {};
    this.#waiting.delete(file);
    return wish;
  }
}
