/** @file ALLoRA: better than LoRA in short runs, at the same effective rate eta times the base rate? */
import type { Arm, Experiment } from '../experiment.ts';
import { commonsense, tickets } from '../tasks.ts';
import { changed, grid, lora, of } from './arms.ts';
import { less } from './questions.ts';

const RANK = 16;
const DROPOUT = 0.05;

/** eta² as the paper tries it; at place k of the grid all have the same effective rate eta · base rate as LoRA. */
const rows = (squared: number, first: number, count: number, extend: number): Arm => {
  const eta = Math.sqrt(squared);
  return of(
    `ALLoRA, eta² ${squared}`,
    { kind: 'allora', rank: RANK, eta },
    grid(first / eta, count, extend),
    {
      cost: 1.1,
    },
  );
};

/** Scale 1, as ALLoRA has it. */
const plain = (first: number, count: number, extend: number): Arm =>
  changed(lora(RANK, grid(first, count, extend)), 'LoRA', { alpha: RANK });

const arms = (first: number, count: number, extend: number, squares: readonly number[]): Arm[] => {
  const base = plain(first, count, extend);
  return [
    base,
    changed(base, 'LoRA, dropout', { dropout: DROPOUT }),
    ...squares.map((squared) => rows(squared, first, count, extend)),
  ];
};

export function allora(folder: string): Experiment {
  const all = arms(1.28e-3, 5, 2, [1, 2, 4]);
  const same = [1, 2, 4].map((squared) =>
    changed(rows(squared, 1.28e-3, 5, 2), `ALLoRA, eta² ${squared}, LoRA's rate`, {}, { rateOf: 'LoRA' }),
  );
  return {
    name: 'allora',
    title: 'ALLoRA against LoRA with and without dropout in short runs',
    claim: {
      text: 'Without dropout and without a forward scale, gradients scaled by the row norms of BA learn faster in short runs than LoRA at the same effective rate, and dropout hurts there.',
      source: 'arXiv:2410.09692, tables 1 and 6, and section 3 on dropout',
    },
    studies: [
      {
        name: 'tickets',
        task: tickets(),
        training: { steps: 50, batch: 8, warmup: 0.05, schedule: 'cosine', evaluateEvery: 10 },
        seeds: [0, 1, 2, 3, 4],
        tuningSeeds: 1,
        arms: [...all, ...same],
        shown: ['validation@10', 'validation@20', 'exact match'],
        questions: [
          ...same.map(({ name }) => less(name, 'LoRA')),
          ...[1, 2, 4].map((squared) => less(`ALLoRA, eta² ${squared}`, 'LoRA')),
          less('ALLoRA, eta² 4', 'LoRA, dropout'),
          less('LoRA', 'LoRA, dropout'),
        ],
      },
      {
        name: 'commonsense',
        task: commonsense(folder),
        training: { steps: 30, batch: 8, warmup: 0.1, schedule: 'cosine', evaluateEvery: 10 },
        seeds: [0, 1, 2],
        tuningSeeds: 1,
        arms: arms(5e-4, 3, 0, [4]),
        shown: ['validation@10'],
        questions: [less('ALLoRA, eta² 4', 'LoRA'), less('LoRA', 'LoRA, dropout')],
      },
    ],
    leftOut: [
      'The paper trains classifiers of 450 to 500 million parameters for 2 epochs and reports accuracies; here a loss of answers after a fraction of an epoch to one epoch.',
      'The optimiser is AdamW, which the paper does not name; it sees a constant factor only in the rate, so eta multiplies the rate (`adamRate: "eta-scaled"`).',
      'ALLoRA with dropout, its variant by tokens (OD) and ASF-LoRA are not offered here.',
      'On SmolLM2 three seeds, three rates and 30 steps, eta² 4 alone.',
    ],
  };
}
