/** @file Answers of several runs side by side: the same question once, the newest answer of each. */
import { expect, test } from 'vitest';
import type { Samples } from '../../../runtime/contract/run.ts';
import { compareAnswers } from '../../../runtime/runs/compareAnswers.ts';

const question = (row: number, prompt = `ask ${row}`) => ({ row, prompt, wanted: `want ${row}` });
const texts = (...all: string[]) => all.map((text) => ({ text }));

const first: Samples = {
  questions: [question(0), question(1)],
  base: texts('base 0', 'base 1'),
  given: [
    { step: 5, answers: texts('old', 'old') },
    { step: 10, answers: [{ text: 'new 0', cut: true }, { text: 'new 1' }] },
  ],
};

test('equal questions share a row, others have their own', () => {
  const second: Samples = {
    questions: [question(1), question(0, 'another template')],
    base: texts('base 1', 'base x'),
    given: [{ step: 7, answers: texts('its 1', 'its x') }],
  };
  expect(compareAnswers([first, undefined, second])).toEqual([
    { ...question(0), base: { text: 'base 0' }, given: [{ step: 10, text: 'new 0', cut: true }, null, null] },
    {
      ...question(1),
      base: { text: 'base 1' },
      given: [{ step: 10, text: 'new 1' }, null, { step: 7, text: 'its 1' }],
    },
    {
      ...question(0, 'another template'),
      base: { text: 'base x' },
      given: [null, null, { step: 7, text: 'its x' }],
    },
  ]);
});

test('a run whose adapter was not asked yet has the base’s answers alone', () => {
  expect(compareAnswers([{ ...first, given: [] }])[0]).toEqual({
    ...question(0),
    base: { text: 'base 0' },
    given: [null],
  });
  expect(compareAnswers([undefined, undefined])).toEqual([]);
});
