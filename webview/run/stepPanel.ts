/** @file Beside the plots: the rows of a chosen step, the costliest first, each with its tokens' losses. */
import * as l10n from '@vscode/l10n';
import type { StepRow, StepRows } from '../../runtime/contract/api/runDetails.ts';
import { formatCount, formatNumber } from '../../runtime/contract/format.ts';
import { linkButton } from '../common/controls.ts';
import { element } from '../common/elements.ts';
import { heatRamp, heatLevel } from '../../runtime/contract/heat.ts';
import type { RowAction } from './protocol.ts';

export interface StepPanelActions {
  readonly act: (step: number, row: number, action: RowAction) => void;
  readonly closed: () => void;
}

/** A page draws this many tokens of a row. */
const mostTokens = 400;

export const percent = (share: number): string => {
  const value = share * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
};

/** One box a token, coloured by its loss; the same scale in every row. */
function tokenStrip(losses: readonly number[]): HTMLElement {
  const worst = losses.reduce((best, loss, i) => (loss > losses[best]! ? i : best), 0);
  const strip = element('div', { className: 'tokens' });
  strip.setAttribute('role', 'img');
  strip.setAttribute(
    'aria-label',
    l10n.t(
      '{0} tokens; the highest loss is {1} at token {2}',
      losses.length,
      formatNumber(losses[worst] ?? 0),
      worst + 1,
    ),
  );
  for (const [i, loss] of losses.slice(0, mostTokens).entries()) {
    const box = element('span', { title: l10n.t('token {0}: {1}', i + 1, formatNumber(loss)) });
    box.style.backgroundColor = heatRamp[heatLevel(loss)]!;
    strip.append(box);
  }
  if (losses.length > mostTokens) strip.append(` + ${formatCount(losses.length - mostTokens)}`);
  return strip;
}

export class StepPanel {
  readonly element = element('aside', { className: 'step', hidden: true });
  readonly #actions: StepPanelActions;
  readonly #title = element('h2');
  readonly #note = element('p', { className: 'note' });
  readonly #list = element('ol', { className: 'rows' });

  constructor(actions: StepPanelActions) {
    this.#actions = actions;
    this.element.setAttribute('aria-label', l10n.t('Rows of a step'));
    const close = linkButton(l10n.t('Close'), () => {
      this.close();
    });
    this.#title.tabIndex = -1;
    const header = element('header', {}, [this.#title, close]);
    this.element.append(header, this.#note, this.#list);
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
  }

  close(): void {
    this.element.hidden = true;
    this.#actions.closed();
  }

  /** While the rows are being read, and where they can't be. */
  message(title: string, text: string): void {
    this.element.hidden = false;
    this.#title.textContent = title;
    this.#note.textContent = text;
    this.#list.replaceChildren();
  }

  show(title: string, { step, rows }: StepRows): void {
    this.message(
      title,
      rows.length === 1
        ? l10n.t('1 row by its part of the summed loss')
        : l10n.t('{0} rows by their part of the summed loss', formatCount(rows.length)),
    );
    this.#list.replaceChildren(...rows.map((row) => this.#row(step, row)));
    this.#title.focus();
  }

  #row(
    step: number,
    { row, line, text, loss, share, tokens, supervised, tokenLosses }: StepRow,
  ): HTMLElement {
    const act = (action: RowAction) => () => {
      this.#actions.act(step, row, action);
    };
    const name = linkButton(
      line === undefined ? l10n.t('row {0}', formatCount(row + 1)) : l10n.t('line {0}', formatCount(line)),
      act('tokens'),
    );
    name.className = 'link name';
    name.title = l10n.t('Open the row with the losses of its tokens');
    const bar = element('div', { className: 'share' });
    bar.style.setProperty('--share', String(share));
    const facts = element('p', { className: 'note' }, [
      l10n.t(
        'loss {0} · {1} of {2} tokens trained',
        loss === null ? l10n.t('not finite') : formatNumber(loss),
        formatCount(supervised),
        formatCount(tokens),
      ),
    ]);
    const buttons = element('p', { className: 'actions' }, [
      linkButton(l10n.t('Open line'), act('open')),
      linkButton(l10n.t('Exclude row'), act('exclude')),
      linkButton(l10n.t('Copy'), act('copy')),
    ]);
    const head = element('div', { className: 'head' }, [
      name,
      element('span', { className: 'percent', textContent: percent(share) }),
    ]);
    const item = element('li', {}, [head, bar, facts]);
    if (text !== undefined) item.append(element('p', { className: 'text', textContent: text }));
    if (tokenLosses !== undefined && tokenLosses.length > 0) item.append(tokenStrip(tokenLosses));
    item.append(buttons);
    return item;
  }
}
