/** @file Held-out rows with the answers of base and runs beside each other. */
import * as l10n from '@vscode/l10n';
import type { ComparedAnswers, Comparison } from '../../runtime/contract/api/compare.ts';
import type { SampleAnswer } from '../../runtime/contract/run.ts';
import { formatCount } from '../../runtime/contract/format.ts';
import { element, table } from '../common/elements.ts';
import { answerElement } from '../common/wordDiff.ts';

function answerCell(wanted: string, answer: (SampleAnswer & { readonly step?: number }) | null): HTMLElement {
  if (answer === null) return element('span', { className: 'note', textContent: l10n.t('not asked') });
  const { text, cut, step } = answer;
  const words = [
    ...(step === undefined ? [] : [l10n.t('after step {0}', formatCount(step))]),
    ...(text === wanted ? [l10n.t('as wanted')] : []),
  ];
  const note = element('p', { className: 'note', textContent: words.join(' · ') });
  return element('div', {}, [answerElement(wanted, text, cut === true), note]);
}

function promptOf(row: number, prompt: string): HTMLElement {
  const box = element('details', { className: 'prompt' }, [
    element('summary', { textContent: formatCount(row + 1), title: l10n.t('Show the prompt') }),
    element('p', { className: 'answer', textContent: prompt }),
  ]);
  // what a person opened stays open for this row alone
  box.dataset['key'] = String(row);
  return box;
}

/** A row a question; the prompt unfolds below its number. */
export function answerTable({ runs }: Comparison, answers: readonly ComparedAnswers[]): HTMLElement {
  const columns = [
    { title: l10n.t('Row') },
    { title: l10n.t('Wanted') },
    { title: l10n.t('Base') },
    ...runs.map(({ label }) => ({ title: label })),
  ];
  const rows = answers.map(({ row, prompt, wanted, base, given }) => [
    promptOf(row, prompt),
    element('p', { className: 'answer', textContent: wanted }),
    answerCell(wanted, base),
    ...given.map((answer) => answerCell(wanted, answer)),
  ]);
  const built = table(l10n.t('Answers to held-out rows by run'), columns, rows);
  built.classList.add('answers');
  return built;
}
