/** @file Statistics and verdicts against numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { Done, Question, Study } from '../../../bench/experiments/experiment.ts';
import { curve, pairedDifference, summary } from '../../../bench/experiments/statistics.ts';
import { digits, intervalText, verdict } from '../../../bench/experiments/verdict.ts';
import { armOf, doneOf, studyOf } from '../../support/experiment.ts';

const fixed = { first: 1, factor: 1, count: 1, extend: 0 };
const study: Study = studyOf({
  arms: [armOf('A', { rates: fixed }), armOf('B', { rates: fixed })],
  tuningSeeds: 1,
});
const runs = (arm: string, losses: readonly number[]): Done[] =>
  losses.map((loss, seed) => doneOf(arm, 0, seed, loss));
const compare = { kind: 'compare', arm: 'A', than: 'B', at: 'validation', claim: 'less' } as const;
const answer = (question: Question, a: readonly number[], b: readonly number[] = [1, 1, 1]): string =>
  verdict(study, question, [...runs('A', a), ...runs('B', b)]).answer;

describe('statistics', () => {
  it('means have the interval of Student for their seeds', () => {
    const { mean, half, n } = summary(runs('A', [1, 2, 3]), 'validation')!;
    // s = 1, t(0.975, 2) = 4.3027
    expect([n, mean]).toEqual([3, 2]);
    expect(half).toBeCloseTo(4.3027 / Math.sqrt(3), 10);
  });

  it('a seed that failed is never left out', () => {
    const failed = [...runs('A', [1, 2]), doneOf('A', 0, 2, 1, { failed: 'no number' })];
    expect(summary(failed, 'validation')).toBeUndefined();
    expect(pairedDifference(failed, runs('B', [1, 1, 1]), 'validation')).toBeUndefined();
  });

  it('differences pair equal seeds, whatever their order', () => {
    const paired = pairedDifference(
      runs('A', [1, 2, 3]),
      runs('B', [0.5, 1.5, 2.5]).reverse(),
      'validation',
    )!;
    expect(paired).toEqual({ n: 3, mean: 0.5, half: 0 });
    expect(pairedDifference(runs('A', [1, 2]), runs('B', [1]), 'validation')).toBeUndefined();
  });

  it('curves have a mean a step, of the runs that came so far', () => {
    const short = doneOf('A', 0, 1, 3, { evaluations: [{ step: 5, loss: 4 }] });
    const points = curve([doneOf('A', 0, 0, 1), short]);
    expect(points.map(({ step, mean, n }) => [step, mean, n])).toEqual([
      [5, 3, 2],
      [10, 1, 1],
    ]);
  });
});

describe('a claim of less', () => {
  it('holds where the intervals do not overlap, and does not the other way round', () => {
    expect(answer(compare, [0.5, 0.51, 0.49])).toBe('holds');
    expect(answer(compare, [1.5, 1.51, 1.49])).toBe('does not hold');
    expect(answer({ ...compare, claim: 'more' }, [1.5, 1.51, 1.49])).toBe('holds');
  });

  it('holds seed by seed where only the paired difference leaves out zero', () => {
    const [a, b] = [
      [0.9, 1.9, 2.9],
      [1, 2, 3],
    ];
    expect(answer(compare, a, b)).toBe('holds seed by seed');
    expect(answer(compare, b, a)).toBe('does not hold');
  });

  it('is not decided otherwise, and not with one seed', () => {
    expect(answer(compare, [0.5, 1.5, 1], [1.4, 0.7, 1])).toBe('not decided');
    const single = { ...study, seeds: [0] };
    const found = verdict(single, compare, [...runs('A', [0.1]), ...runs('B', [9])]);
    expect(found.answer).toBe('not decided');
  });

  it('is not measured while seeds are missing', () => {
    expect(answer(compare, [0.5, 0.5])).toBe('not measured');
    expect(answer({ ...compare, at: 'exact match' }, [1, 1, 1])).toBe('not measured');
  });

  it('says what it rests on', () => {
    const found = verdict(study, compare, [...runs('A', [0.5, 0.5, 0.5]), ...runs('B', [1, 1, 1])]);
    expect(found).toEqual({
      question: 'A: validation loss at the end below that of B',
      answer: 'holds',
      because: '0.5000 ± 0 against 1.000 ± 0; seed by seed -0.5000 ± 0',
    });
  });
});

describe('the other questions', () => {
  it('no worse: the upper end of the difference is within the margin', () => {
    const question = { kind: 'no worse', arm: 'A', than: 'B', at: 'validation', margin: 0.1 } as const;
    expect(answer(question, [1.05, 1.06, 1.05])).toBe('holds');
    expect(answer(question, [1.25, 1.26, 1.25])).toBe('does not hold');
    expect(answer(question, [0.9, 1.3, 1])).toBe('not decided');
  });

  it('differ: which of two is lower, with nothing claimed', () => {
    const question = { kind: 'differ', arm: 'A', than: 'B', at: 'validation' } as const;
    expect(answer(question, [0.5, 0.51, 0.49])).toBe('below');
    expect(answer(question, [1.5, 1.51, 1.49])).toBe('above');
    expect(answer(question, [0.5, 1.5, 1.1])).toBe('not decided');
  });

  it('side: of a number', () => {
    const question = { kind: 'side', arm: 'A', at: 'validation', claim: 'less', than: 0.5 } as const;
    expect(answer(question, [0.45, 0.46, 0.45])).toBe('holds');
    expect(answer(question, [0.55, 0.56, 0.55])).toBe('does not hold');
    expect(answer(question, [0.45, 0.56, 0.5])).toBe('not decided');
  });

  it('each: the worst seed decides', () => {
    const question = { kind: 'each', arm: 'A', at: 'validation', least: 0.8 } as const;
    expect(answer(question, [0.8, 0.9, 1])).toBe('holds');
    expect(answer(question, [0.79, 1, 1])).toBe('does not hold');
  });
});

describe('numbers in words', () => {
  it('keep as many digits as asked, without exponents where they can be read', () => {
    expect([0.0123456, 1.5, 1234.5, 0, 1e-7, 2e9].map((value) => digits(value))).toEqual([
      '0.01235',
      '1.500',
      '1235',
      '0',
      '1.000e-7',
      '2.000e+9',
    ]);
    expect(digits(-0.25, 2)).toBe('-0.25');
    expect(intervalText({ n: 1, mean: 2 })).toBe('2.000');
  });
});
