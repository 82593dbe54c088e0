/** @file LoRA-SB: as good as LoRA with r² numbers a layer, and better than LoRA-XS at the same r? */
import type { Arm, Experiment } from '../experiment.ts';
import { gsm8k, tickets } from '../tasks.ts';
import { changed, grid, lora, of } from './arms.ts';
import { less, noWorse } from './questions.ts';

const xs = (rank: number, rates = grid(1.28e-3)): Arm =>
  of(`LoRA-XS, r ${rank}`, { kind: 'lora-xs', rank }, rates, { cost: 1.1 });
const sb = (rank: number, rates = grid(5e-4), cost = 1.2): Arm =>
  of(`LoRA-SB, r ${rank}`, { kind: 'lora-sb', rank }, rates, { cost });
/** LoRA of this rank, scale 2. */
const plain = (rank: number, rates = grid(8e-4)): Arm =>
  changed(lora(rank, rates), `LoRA, r ${rank}`, { alpha: 2 * rank });

export function loraSb(folder: string): Experiment {
  const few = (first: number, extend = 1): ReturnType<typeof grid> => grid(first, 3, extend);
  return {
    name: 'lora-sb',
    title: 'LoRA-SB against LoRA-XS at the same rank and LoRA with the same number of trained values',
    claim: {
      text: 'With A and B frozen at the best rank-r part of the first update, r² numbers a layer reach the quality of LoRA with many times as many, and beat LoRA-XS at the same r.',
      source: 'arXiv:2411.19557, tables 1 to 3',
    },
    studies: [
      {
        // 42 layers whose sizes add up to 20,352: r² numbers a layer with r = 22 are 20,328, LoRA of rank 1 has 20,352
        name: 'tickets',
        task: tickets(),
        training: { steps: 100, batch: 8, warmup: 0.05, schedule: 'cosine', evaluateEvery: 20 },
        seeds: [0, 1, 2, 3, 4],
        tuningSeeds: 1,
        arms: [
          xs(22),
          sb(22),
          changed(sb(22), 'LoRA-SB, r 22, R = 0', { initR: 'zero' }),
          plain(1),
          xs(44),
          sb(44),
          plain(4),
          plain(16),
        ],
        shown: ['validation@20', 'exact match', 'start: captured'],
        questions: [
          less('LoRA-SB, r 22', 'LoRA-XS, r 22'),
          less('LoRA-SB, r 44', 'LoRA-XS, r 44'),
          less('LoRA-SB, r 22', 'LoRA, r 1'),
          less('LoRA-SB, r 44', 'LoRA, r 4'),
          less('LoRA-SB, r 22', 'LoRA-SB, r 22, R = 0'),
          noWorse('LoRA-SB, r 44', 'LoRA, r 16', 0.05),
        ],
      },
      {
        // 210 layers whose sizes add up to 305,280: r = 38 makes 303,240
        name: 'gsm8k',
        task: gsm8k(folder),
        training: { steps: 24, batch: 4, warmup: 0.1, schedule: 'cosine', evaluateEvery: 8 },
        seeds: [0, 1, 2],
        tuningSeeds: 1,
        // the last is LoRA-GA's baseline too: its trainings are known from there
        arms: [
          xs(38, few(1.28e-3)),
          sb(38, few(1.28e-3, 2), 1.3),
          plain(1, few(8e-4)),
          plain(8, few(8e-4, 0)),
        ],
        shown: ['validation@8', 'start: captured'],
        questions: [
          less('LoRA-SB, r 38', 'LoRA-XS, r 38'),
          less('LoRA-SB, r 38', 'LoRA, r 1'),
          noWorse('LoRA-SB, r 38', 'LoRA, r 8', 0.02),
        ],
      },
    ],
    leftOut: [
      'The paper trains models of 0.4 to 9 billion parameters on 50,000 to 170,000 rows and reports accuracies; here losses of small bases after short runs.',
      'The gradient before step 0 is that of 32 rows; the paper takes 0.1 % of its data (50 to 170 rows).',
      'On SmolLM2 three seeds, three rates (more where the best is at an edge) and 24 steps: whether the signs carry over.',
    ],
  };
}
