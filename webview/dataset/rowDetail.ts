/** @file One row as a conversation: roles, the template's words, special tokens, and what of it is trained. */
import * as l10n from '@vscode/l10n';
import type { RenderedRow } from '../../runtime/contract/api/data.ts';
import { formatCount } from '../../runtime/contract/format.ts';
import { visibleText } from '../../runtime/contract/visibleText.ts';
import { element } from '../common/elements.ts';
import type { ShownRow } from './protocol.ts';
import { rowCounts } from './words.ts';

export interface DetailOptions {
  readonly unit: 'line' | 'row';
  /** Tokens at which rows are cut. */
  readonly length: number | undefined;
  /** Leaves the row out of training, or takes it in again; absent where no config trains on the file. */
  readonly exclude: ((excluded: boolean) => void) | undefined;
  readonly excluded: boolean;
}

function turnElement({ role, segments }: RenderedRow['turns'][number]): HTMLElement {
  const text = element('div', { className: 'text' });
  for (const { text: written, state, kind } of segments) {
    const span = element('span', { className: `${state} ${kind}`, textContent: visibleText(written) });
    if (state === 'trained') span.title = l10n.t('trained');
    if (state === 'cut') span.title = l10n.t('cut off');
    text.append(span);
  }
  const trained = segments.some(({ state }) => state === 'trained');
  const words = [element('strong', { textContent: role })];
  if (trained) words.push(element('strong', { className: 'mark', textContent: l10n.t('trained') }));
  return element('section', { className: 'turn' }, [element('header', {}, words), text]);
}

/** Fills the right side of the page. */
export function showRow(box: HTMLElement, row: ShownRow, options: DetailOptions): void {
  const { line, rendered, lints, text } = row;
  const { unit, length, exclude, excluded } = options;
  const title = element('h2', {
    textContent:
      unit === 'line' ? l10n.t('Line {0}', formatCount(line)) : l10n.t('Row {0}', formatCount(line)),
  });
  const counts = element('span', { className: 'counts' });
  if (rendered !== null) counts.textContent = rowCounts(rendered, length);
  const top = element('header', { className: 'head' }, [title, counts]);
  if (exclude !== undefined) {
    const words = excluded ? l10n.t('Include Row') : l10n.t('Exclude Row');
    const button = element('button', { className: 'secondary', textContent: words });
    button.onclick = () => {
      exclude(!excluded);
    };
    top.append(button);
  }
  const notes = lints.map(({ message, hint, severity }) =>
    element('p', {
      className: `note ${severity}`,
      textContent: hint === undefined ? message : `${message} ${hint}`,
    }),
  );
  if (rendered?.shortened === true)
    notes.push(
      element('p', {
        className: 'note',
        textContent: l10n.t('The row goes on: its first characters are shown.'),
      }),
    );
  const body =
    rendered === null
      ? [element('pre', { className: 'text raw', textContent: visibleText(text) })]
      : rendered.turns.map(turnElement);
  box.classList.toggle('plain', rendered?.tokens === 0);
  box.replaceChildren(top, ...notes, ...body);
}
