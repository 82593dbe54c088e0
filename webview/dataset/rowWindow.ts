/** @file Which rows of a list are on the screen. All rows are equally high, and a list may be higher than a browser lets an element be. */

/** Browsers stop at some 16 or 33 million pixels; up to here one pixel of the bar is one pixel of the list. */
export const highestList = 8_000_000;

export interface ListSize {
  readonly rows: number;
  readonly rowHeight: number;
  /** Of what is visible. */
  readonly height: number;
}

/** Height of the element that scrolls. */
export const scrollHeight = ({ rows, rowHeight }: ListSize): number =>
  Math.min(rows * rowHeight, highestList);

/** Pixels of the list for one pixel of the scroll bar. */
function scaleOf(size: ListSize): number {
  const bar = scrollHeight(size) - size.height;
  return bar <= 0 ? 1 : Math.max(1, (size.rows * size.rowHeight - size.height) / bar);
}

/** The highest place in the list at which its end is in view. */
export const lastTop = ({ rows, rowHeight, height }: ListSize): number =>
  Math.max(0, rows * rowHeight - height);

/** Place in the list, in pixels, at a place of the scroll bar; and back. */
export const topAt = (size: ListSize, scrollTop: number): number =>
  Math.min(scrollTop * scaleOf(size), lastTop(size));
export const scrollTopAt = (size: ListSize, top: number): number => top / scaleOf(size);

/** Rows from `first` to before `end`, from 0, with `margin` more on either side; `offset` is where the first one begins. */
export function rowWindow(
  { rows, rowHeight, height }: ListSize,
  top: number,
  margin: number,
): { first: number; end: number; offset: number } {
  const first = Math.max(0, Math.floor(top / rowHeight) - margin);
  const end = Math.min(rows, Math.ceil((top + height) / rowHeight) + margin);
  return { first, end: Math.max(first, end), offset: first * rowHeight - top };
}

/** Where to move so that a row is in view: as little as possible. */
export function topShowing(size: ListSize, top: number, index: number): number {
  const begin = index * size.rowHeight;
  if (begin < top) return begin;
  const end = begin + size.rowHeight;
  return Math.min(lastTop(size), end > top + size.height ? end - size.height : top);
}
