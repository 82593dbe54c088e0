/** @file What the plots of a page share: the part of the axis they show, one cursor, one card with all values, one frame. */
import * as l10n from '@vscode/l10n';
import { inside, moved, sameRange, zoomed } from './axisRange.ts';
import type { Range } from './axisRange.ts';
import { HoverCard } from './hoverCard.ts';
import type { CardRow } from './hoverCard.ts';
import { xText } from './ticks.ts';
import type { AxisUnit } from './ticks.ts';

/** A plot as its group sees it. */
export interface Member {
  draw(): void;
  /** The cursor has moved to `x`, or is gone. */
  showCursor(x: number | undefined): void;
  /** Its values at the cursor, for the card. */
  rows(x: number): readonly CardRow[];
}

export interface GroupOptions {
  /** The point that a cursor at `x` means. */
  readonly snap: (x: number) => number;
  /** First line of the card. */
  readonly title: (x: number) => string;
  /** A point was chosen, by click or Enter. */
  readonly picked?: (x: number) => void;
}

export class PlotGroup {
  readonly #options: GroupOptions;
  readonly #members: Member[] = [];
  readonly #card = new HoverCard();
  #full: Range = [0, 1];
  /** Absent shows all, also what is still to come. */
  #view: Range | undefined;
  #cursor: number | undefined;
  #scheduled = false;
  unit: AxisUnit = 'step';

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  add(member: Member): void {
    this.#members.push(member);
  }

  get range(): Range {
    return this.#view ?? this.#full;
  }

  get full(): Range {
    return this.#full;
  }

  get cursor(): number | undefined {
    return this.#cursor;
  }

  get isZoomed(): boolean {
    return this.#view !== undefined;
  }

  /** From the first to the last point of all plots; the view stays where it is inside of that. */
  setFull(full: Range): void {
    if (sameRange(full, this.#full)) return;
    this.#full = full;
    if (this.#view !== undefined) this.#view = inside(this.#view, full);
    this.draw();
  }

  show(range: Range | undefined): void {
    const view = range === undefined ? undefined : inside(range, this.#full);
    this.#view = view !== undefined && sameRange(view, this.#full) ? undefined : view;
    this.draw();
  }

  zoom(factor: number, x?: number): void {
    const { range } = this;
    this.show(zoomed(range, this.#full, x ?? this.#cursor ?? (range[0] + range[1]) / 2, factor));
  }

  move(share: number): void {
    this.show(moved(this.range, this.#full, share));
  }

  /** The cursor at the point that `x` means; with the page's place of the pointer also the card. */
  point(x: number | undefined, place?: { readonly left: number; readonly top: number }): void {
    const [from, to] = this.range;
    const snapped = x === undefined ? undefined : this.#options.snap(Math.min(to, Math.max(from, x)));
    this.#cursor = snapped;
    for (const member of this.#members) member.showCursor(snapped);
    if (snapped === undefined || place === undefined) this.#card.hide();
    else {
      const rows = this.#members.flatMap((member) => [...member.rows(snapped)]);
      this.#card.show(this.#options.title(snapped), rows, place);
    }
  }

  pick(x: number | undefined): void {
    if (x !== undefined) this.#options.picked?.(this.#options.snap(x));
  }

  /** A point of the axis in words. */
  text(x: number): string {
    return this.unit === 'step' ? l10n.t('step {0}', xText(x, 'step')) : xText(x, this.unit);
  }

  /** All plots, once before the next frame. */
  draw(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      for (const member of this.#members) member.draw();
    });
  }
}
