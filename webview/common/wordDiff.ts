/** @file What an answer has that wasn't wanted, and what it lacks, word by word. */
import * as l10n from '@vscode/l10n';
import { diffWordsWithSpace } from 'diff';
import { element } from './elements.ts';

export interface WordPart {
  readonly kind: 'same' | 'missing' | 'extra';
  readonly text: string;
}

/** Beyond this many words that differ, two texts have nothing in common that a person would look for. */
const mostEdits = 400;

/** The parts that are `same` or `extra` make `given`, those that are `same` or `missing` make `wanted`. */
export function wordDiff(wanted: string, given: string): WordPart[] {
  const changes = diffWordsWithSpace(wanted, given, { maxEditLength: mostEdits }) ?? [
    { value: wanted, removed: true, added: false },
    { value: given, removed: false, added: true },
  ];
  return changes
    .map(({ value, added, removed }): WordPart => ({
      kind: added ? 'extra' : removed ? 'missing' : 'same',
      text: value,
    }))
    .filter(({ text }) => text !== '');
}

/** Characters of an answer below which what it shares with the wanted one is chance: marks would only cut it into pieces. */
const leastShared = 0.4;

/** The parts to show: an answer unlike the wanted one is unwanted as a whole. */
export function shownParts(wanted: string, given: string): WordPart[] {
  const parts = wordDiff(wanted, given);
  const shared = parts.reduce((sum, { kind, text }) => sum + (kind === 'same' ? text.length : 0), 0);
  const isAlike = shared >= leastShared * Math.max(wanted.length, given.length);
  return isAlike || given === '' ? parts : [{ kind: 'extra', text: given }];
}

/** The answer with its differences as `ins` and `del`, which screen readers name. */
export function answerElement(wanted: string, given: string, isCut: boolean): HTMLElement {
  const parts = shownParts(wanted, given).map(({ kind, text }) =>
    kind === 'same'
      ? text
      : element(kind === 'extra' ? 'ins' : 'del', {
          textContent: text,
          title: kind === 'extra' ? l10n.t('not wanted') : l10n.t('missing'),
        }),
  );
  const box = element('p', { className: 'answer' }, given === '' ? [nothing(), ...parts] : parts);
  if (isCut) box.append(element('span', { className: 'note', textContent: ` … ${l10n.t('stopped here')}` }));
  return box;
}

const nothing = (): HTMLElement =>
  element('span', { className: 'note', textContent: `${l10n.t('(empty)')} ` });
