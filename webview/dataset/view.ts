/** @file The dataset's page: rows on the left, the chosen one as a conversation on the right, lengths below. */
import * as l10n from '@vscode/l10n';
import type { RowItem, TokenCounts } from '../../runtime/contract/api/data.ts';
import { formatCount } from '../../runtime/contract/format.ts';
import { element } from '../common/elements.ts';
import { drawHistogram } from './histogram.ts';
import type { PageView, ShownRow } from './protocol.ts';
import { showRow } from './rowDetail.ts';
import type { DetailOptions } from './rowDetail.ts';
import { RowList } from './rowList.ts';
import { listLength, rowAt } from './state.ts';
import type { DatasetState } from './state.ts';
import { listStatus, surveySummary } from './words.ts';

export interface Actions {
  readonly item: (row: number) => RowItem | undefined;
  readonly shown: (rows: readonly number[]) => void;
  readonly choose: (index: number) => void;
  readonly search: (text: string) => void;
  readonly filterLint: (code: string) => void;
  readonly filterLength: (least: number, most: number) => void;
  readonly goTo: (row: number) => void;
  readonly showAll: () => void;
  readonly checkAll: () => void;
  readonly chooseView: () => void;
}

export class DatasetView {
  readonly #actions: Actions;
  readonly #list: RowList;
  readonly #search = element('input', { type: 'search', placeholder: l10n.t('Search rows') });
  readonly #filter = element('select');
  readonly #goTo = element('input', { type: 'number', min: '1', placeholder: l10n.t('Row') });
  readonly #by = element('button', { className: 'secondary' });
  readonly #status = element('p', { className: 'status' });
  readonly #showAll = element('button', { className: 'link', textContent: l10n.t('Show All'), hidden: true });
  readonly #failure = element('p', { className: 'failure', hidden: true });
  readonly #detail = element('article', { className: 'detail', tabIndex: 0 });
  readonly #bottom = element('footer', { hidden: true, tabIndex: -1 });
  readonly #summary = element('p', { className: 'summary' });
  readonly #histogram = element('div', { className: 'histogram' });
  readonly #checkAll = element('button', { className: 'secondary', textContent: l10n.t('Check All Rows') });
  #state: DatasetState | undefined;
  #lints = '';
  #drawn: TokenCounts | undefined;

  constructor(parent: HTMLElement, actions: Actions) {
    this.#actions = actions;
    this.#list = new RowList({
      rowAt: (index) => (this.#state === undefined ? index + 1 : rowAt(this.#state, index)),
      item: actions.item,
      shown: (first, end) => {
        const state = this.#state;
        if (state !== undefined)
          actions.shown(Array.from({ length: end - first }, (_, i) => rowAt(state, first + i)));
      },
      choose: actions.choose,
    });
    this.#search.setAttribute('aria-label', l10n.t('Search rows'));
    this.#filter.setAttribute('aria-label', l10n.t('Filter rows by lint'));
    this.#goTo.setAttribute('aria-label', l10n.t('Go to row (Ctrl+G)'));
    this.#goTo.title = l10n.t('Go to row (Ctrl+G)');
    this.#status.setAttribute('role', 'status');
    this.#failure.setAttribute('role', 'alert');
    this.#detail.setAttribute('aria-label', l10n.t('Row'));
    this.#bottom.setAttribute('aria-label', l10n.t('Statistics'));
    this.#search.oninput = () => {
      actions.search(this.#search.value);
    };
    this.#filter.onchange = () => {
      actions.filterLint(this.#filter.value);
    };
    // Not its change: the same number once more goes there again.
    this.#goTo.onkeydown = ({ key }) => {
      if (key === 'Enter' && this.#goTo.value !== '') actions.goTo(this.#goTo.valueAsNumber);
    };
    this.#by.onclick = actions.chooseView;
    this.#checkAll.onclick = actions.checkAll;
    this.#showAll.title = l10n.t('Show all rows (Escape)');
    this.#showAll.onclick = actions.showAll;
    const bar = element('header', { className: 'bar-top' }, [
      this.#search,
      this.#filter,
      this.#goTo,
      this.#by,
    ]);
    const line = element('div', { className: 'list-line' }, [this.#status, this.#showAll]);
    const left = element('div', { className: 'left' }, [line, this.#list.box]);
    this.#bottom.append(
      element('div', { className: 'line' }, [this.#summary, this.#checkAll]),
      this.#histogram,
    );
    const middle = element('div', { className: 'middle' }, [left, this.#detail]);
    parent.replaceChildren(bar, this.#failure, middle, this.#bottom);
    this.#fillFilter(undefined);
    document.addEventListener('keydown', (event) => {
      const key = event.key.toLowerCase();
      if (key === 'escape' && !this.#showAll.hidden) actions.showAll();
      if (!(event.ctrlKey || event.metaKey) || (key !== 'g' && key !== 'f')) return;
      event.preventDefault();
      event.stopPropagation();
      const field = key === 'g' ? this.#goTo : this.#search;
      field.focus();
      field.select();
    });
  }

  focusList(): void {
    this.#list.box.focus();
  }

  focusStatistics(): void {
    this.#bottom.focus();
  }

  update(state: DatasetState, view: PageView | undefined): void {
    this.#state = state;
    this.#status.textContent = listStatus(state);
    this.#showAll.hidden = state.subset === undefined;
    this.#list.update(listLength(state), state.chosen);
    this.#by.textContent =
      view === undefined ? l10n.t('No config uses this file') : l10n.t('Mask by {0}', view.label);
    this.#by.disabled = view?.canChoose !== true;
    this.#fillFilter(state);
    const tokens = state.survey?.tokens;
    this.#bottom.hidden = tokens === undefined;
    if (state.survey === undefined || tokens === undefined) return;
    this.#summary.textContent = surveySummary(state.survey);
    this.#checkAll.hidden = state.survey.looked + state.survey.excluded >= state.survey.rows;
    // Bars that stay keep the keyboard's focus.
    if (tokens !== this.#drawn) drawHistogram(this.#histogram, tokens, this.#actions.filterLength);
    this.#drawn = tokens;
  }

  /** Lints with their counts; a file that was only sampled has to be looked at as a whole first. */
  #fillFilter(state: DatasetState | undefined): void {
    const survey = state?.survey;
    const lints = survey?.lints ?? [];
    const key = JSON.stringify(lints.map(({ code, count }) => [code, count]));
    if (key === this.#lints) return;
    this.#lints = key;
    const before = this.#filter.value;
    const words = lints.length === 0 ? l10n.t('No lints') : l10n.t('All rows');
    this.#filter.replaceChildren(
      element('option', { value: '', textContent: words }),
      ...lints.map(({ code, count }) =>
        element('option', { value: code, textContent: `${code} (${formatCount(count)})` }),
      ),
    );
    this.#filter.value = lints.some(({ code }) => code === before) ? before : '';
    this.#filter.disabled = lints.length === 0;
  }

  clearFilter(): void {
    this.#filter.value = '';
  }

  clearSearch(): void {
    this.#search.value = '';
  }

  reveal(index: number): void {
    this.#list.reveal(index);
  }

  redrawRows(): void {
    this.#list.draw();
  }

  showRow(row: ShownRow, options: DetailOptions): void {
    showRow(this.#detail, row, options);
    this.#detail.scrollTop = 0;
  }

  fail(message: string | undefined): void {
    this.#failure.hidden = message === undefined;
    this.#failure.textContent = message ?? '';
  }
}
