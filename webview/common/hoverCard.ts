/** @file The card beside the pointer: all series at one point of the axis. */
import type { ColorName } from './theme.ts';

export interface CardRow {
  readonly label: string;
  readonly value: string;
  readonly color: ColorName;
  readonly dashed: boolean;
}

/** Pixels between the pointer and the card. */
const distance = 16;

/** A row's swatch, label and value. */
function rowElements({ label, value, color, dashed }: CardRow): [HTMLElement, HTMLElement] {
  const name = document.createElement('dt');
  name.className = `entry ${color}${dashed ? ' dashed' : ''}`;
  name.textContent = label;
  const number = document.createElement('dd');
  number.textContent = value;
  return [name, number];
}

export class HoverCard {
  readonly #box = document.createElement('div');
  readonly #title = document.createElement('strong');
  readonly #rows = document.createElement('dl');

  constructor() {
    this.#box.className = 'card';
    this.#box.hidden = true;
    // The plots say the same to a screen reader, at their own place.
    this.#box.setAttribute('aria-hidden', 'true');
    this.#box.append(this.#title, this.#rows);
    document.body.append(this.#box);
  }

  /** `place` is the pointer's, from the window's corner; the card stays inside the window. */
  show(
    title: string,
    rows: readonly CardRow[],
    { left, top }: { readonly left: number; readonly top: number },
  ): void {
    this.#title.textContent = title;
    this.#rows.replaceChildren(...rows.flatMap(rowElements));
    this.#box.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.#box;
    const beside = left + distance + width > innerWidth ? left - distance - width : left + distance;
    this.#box.style.transform = `translate(${Math.max(4, beside)}px, ${Math.max(4, Math.min(top + distance, innerHeight - height - 4))}px)`;
  }

  hide(): void {
    this.#box.hidden = true;
  }
}
