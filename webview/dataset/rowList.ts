/** @file The list of rows: as many elements as fit on the screen, whatever the file's size; keys as in any list of VS Code. */
import * as l10n from '@vscode/l10n';
import type { RowItem } from '../../runtime/contract/api/data.ts';
import { formatCount } from '../../runtime/contract/format.ts';
import { element } from '../common/elements.ts';
import { lastTop, rowWindow, scrollHeight, scrollTopAt, topAt, topShowing } from './rowWindow.ts';
import type { ListSize } from './rowWindow.ts';

export interface RowListOptions {
  /** Row numbers of places, from 1. */
  readonly rowAt: (index: number) => number;
  /** Undefined while it is on its way. */
  readonly item: (row: number) => RowItem | undefined;
  /** The places that are on the screen now. */
  readonly shown: (first: number, end: number) => void;
  readonly choose: (index: number) => void;
}

const rowHeight = 24;
const margin = 6;

export class RowList {
  readonly box = element('div', { className: 'list', tabIndex: 0 });
  readonly #spacer = element('div', { className: 'spacer' });
  readonly #layer = element('div', { className: 'layer' });
  readonly #options: RowListOptions;
  #rows = 0;
  #chosen = 0;
  #top = 0;
  /** What we set the scroll bar to: a scroll event with another value is the person's. */
  #bar = 0;

  constructor(options: RowListOptions) {
    this.#options = options;
    const { box } = this;
    box.setAttribute('role', 'listbox');
    box.setAttribute('aria-label', l10n.t('Rows'));
    this.#layer.setAttribute('role', 'presentation');
    this.#spacer.setAttribute('role', 'presentation');
    this.#spacer.append(this.#layer);
    box.append(this.#spacer);
    box.addEventListener('scroll', () => {
      if (Math.abs(box.scrollTop - this.#bar) < 1) return;
      this.#bar = box.scrollTop;
      this.#top = topAt(this.#size(), box.scrollTop);
      this.draw();
    });
    // In a long list one pixel of the bar is many rows: the wheel moves by the pixels that it says.
    box.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? rowHeight : 1;
        this.#moveTo(this.#top + event.deltaY * unit);
      },
      { passive: false },
    );
    box.addEventListener('keydown', (event) => {
      this.#key(event);
    });
    box.addEventListener('click', ({ target }) => {
      const row = target instanceof Element ? target.closest<HTMLElement>('[role=option]') : null;
      if (row !== null) options.choose(Number(row.dataset['index']));
    });
    new ResizeObserver(() => {
      this.#moveTo(this.#top);
    }).observe(box);
  }

  #size(): ListSize {
    return { rows: this.#rows, rowHeight, height: this.box.clientHeight };
  }

  #moveTo(top: number): void {
    const size = this.#size();
    this.#top = Math.max(0, Math.min(top, lastTop(size)));
    this.box.scrollTop = scrollTopAt(size, this.#top);
    this.#bar = this.box.scrollTop;
    this.draw();
  }

  /** A list of other rows, or the same with more of them. */
  update(rows: number, chosen: number): void {
    this.#rows = rows;
    this.#chosen = chosen;
    this.#spacer.style.height = `${scrollHeight(this.#size())}px`;
    this.#top = Math.min(this.#top, lastTop(this.#size()));
    this.draw();
  }

  /** Chooses a place and brings it into view. */
  reveal(index: number): void {
    this.#chosen = index;
    this.#moveTo(topShowing(this.#size(), this.#top, index));
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.box.clientHeight / rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowUp: this.#chosen - 1,
      ArrowDown: this.#chosen + 1,
      PageUp: this.#chosen - page,
      PageDown: this.#chosen + page,
      Home: 0,
      End: this.#rows - 1,
    };
    const to = moves[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#options.choose(Math.max(0, Math.min(to, this.#rows - 1)));
  }

  draw(): void {
    const { first, end, offset } = rowWindow(this.#size(), this.#top, margin);
    const rows = Array.from({ length: end - first }, (_, i) => this.#row(first + i));
    this.#layer.style.transform = `translateY(${offset}px)`;
    this.#layer.replaceChildren(...rows);
    const active = document.getElementById(`row-${this.#chosen}`);
    if (active === null) this.box.removeAttribute('aria-activedescendant');
    else this.box.setAttribute('aria-activedescendant', active.id);
    this.#options.shown(first, end);
  }

  #row(index: number): HTMLElement {
    const number = this.#options.rowAt(index);
    const item = this.#options.item(number);
    const parts = [
      element('span', { className: 'number', textContent: formatCount(item?.line ?? number) }),
      element('span', { className: 'excerpt', textContent: item?.excerpt ?? '' }),
    ];
    if (item !== undefined && item.lints.length > 0) {
      const lint = element('span', { className: 'lint', title: item.lints.join(', ') });
      lint.textContent = '\u26a0\ufe0e';
      lint.setAttribute('aria-label', item.lints.join(', '));
      lint.setAttribute('role', 'img');
      parts.push(lint);
    }
    const { tokens } = item ?? {};
    parts.push(
      element('span', { className: 'tokens', textContent: tokens === undefined ? '' : formatCount(tokens) }),
    );
    const row = element('div', { className: 'row', id: `row-${index}` }, parts);
    row.dataset['index'] = String(index);
    row.setAttribute('role', 'option');
    row.setAttribute('aria-setsize', String(this.#rows));
    row.setAttribute('aria-posinset', String(index + 1));
    row.setAttribute('aria-selected', String(index === this.#chosen));
    if (item?.excluded === true) row.classList.add('excluded');
    return row;
  }
}
