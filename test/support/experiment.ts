/** @file A small study with made-up results, for what plans, judges and reports experiments. */
import type { Arm, Done, Study, TrialResult } from '../../bench/experiments/experiment.ts';

export const armOf = (name: string, changes: Partial<Arm> = {}): Arm => ({
  name,
  method: { kind: 'lora', rank: 4 },
  rates: { first: 0.001, factor: 10, count: 3, extend: 1 },
  ...changes,
});

export const studyOf = (changes: Partial<Study> = {}): Study => ({
  name: 'toy',
  task: {
    name: 'toy',
    title: 'toy rows on a toy base',
    base: 'base',
    data: { train: 'train.jsonl' },
    measures: [],
    seconds: { step: 2, evaluation: 3, rest: 5 },
  },
  arms: [armOf('LoRA'), armOf('other')],
  training: { steps: 10, evaluateEvery: 5 },
  seeds: [0, 1, 2],
  tuningSeeds: 2,
  shown: [],
  questions: [],
  ...changes,
});

/** A result whose validation loss is `loss`, twice that at step 5. */
export const resultOf = (loss: number, changes: Partial<TrialResult> = {}): TrialResult => ({
  trainable: 1000,
  losses: [],
  evaluations: [
    { step: 5, loss: 2 * loss },
    { step: 10, loss },
  ],
  measured: {},
  seconds: { step: 1, total: 20 },
  code: 'now',
  ...changes,
});

export const doneOf = (
  arm: string,
  k: number,
  seed: number,
  loss: number,
  changes: Partial<TrialResult> = {},
): Done => ({
  trial: { arm, k, seed },
  key: `${arm} ${k} ${seed}`,
  result: resultOf(loss, changes),
});
