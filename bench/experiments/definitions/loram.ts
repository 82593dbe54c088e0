/** @file LoRAM: what does an adapter that was trained on a pruned base do for the original? */
import type { Arm, Experiment, Question } from '../experiment.ts';
import { storageTable } from '../storageTable.ts';
import { gsm8k, otherText, tickets } from '../tasks.ts';
import { changed, grid, lora, of } from './arms.ts';
import { differ, less, noWorse } from './questions.ts';

const RANK = 8;
const ALIGNED = 'LoRAM, structured 0.5, aligned on other text';
type Rates = ReturnType<typeof grid>;

/** LoRA on a pruned base; `whole` layers stay as they are at each end. */
const pruned = (name: string, rates: Rates, options: Arm['method'], cost = 1.1): Arm =>
  of(name, { kind: 'loram', rank: RANK, alpha: 16, ...options }, rates, { cost });

function ticketArms(folder: string): Arm[] {
  const rates = grid(2e-3, 3, 1);
  // six layers: one stays whole at each end
  const ends = { firstLayers: 1, lastLayers: 1 };
  const half = pruned('LoRAM, structured 0.5', rates, { ...ends, prune: 'structured', ratio: 0.5 });
  const aligned = { alignSteps: 20, alignRate: 1e-4 };
  return [
    lora(RANK, rates),
    changed(half, 'LoRAM, structured 0.25', { ratio: 0.25 }),
    half,
    changed(half, 'LoRAM, structured 0.75', { ratio: 0.75 }),
    changed(half, 'LoRAM, structured 0.5, aligned', aligned, { cost: 1.4 }),
    changed(half, ALIGNED, { ...aligned, alignData: otherText(folder) }, { cost: 1.4 }),
    changed(half, 'LoRAM, random 0.5', { prune: 'random' }),
    changed(half, 'LoRAM, semi 4:8', { prune: 'semi' }),
    changed(half, 'LoRAM, unstructured 0.5', { prune: 'unstructured' }),
    changed(half, 'QLoRAM, structured 0.5', { kind: 'qloram' }, { device: 'cpu' }),
  ];
}

function smolArms(folder: string): Arm[] {
  const rates = grid(8e-4, 2, 0);
  const half = pruned('LoRAM, structured 0.5', rates, { prune: 'structured', ratio: 0.5 }, 1.3);
  return [
    lora(RANK, rates),
    half,
    changed(half, ALIGNED, { alignSteps: 12, alignRate: 1e-4, alignData: otherText(folder) }, { cost: 2 }),
    changed(half, 'QLoRAM, structured 0.5', { kind: 'qloram' }, { device: 'cpu' }),
  ];
}

const shared: readonly Question[] = [
  less('LoRA', 'LoRAM, structured 0.5'),
  less(ALIGNED, 'LoRAM, structured 0.5'),
  noWorse('QLoRAM, structured 0.5', 'LoRAM, structured 0.5', 0.05),
];

export function loram(folder: string): Experiment {
  return {
    name: 'loram',
    title: 'LoRAM and QLoRAM: adapters trained on a pruned base, used on the original',
    claim: {
      text: 'An adapter trained on a pruned, aligned and quantised copy of the base and recovered to the original shapes serves the original nearly as well as one trained on it, with a fraction of the memory; alignment matters.',
      source: 'arXiv:2502.13533, tables 1 to 6 and figure 5',
    },
    studies: [
      {
        name: 'tickets',
        task: tickets(),
        training: { steps: 100, batch: 8, warmup: 0.05, schedule: 'cosine', evaluateEvery: 20 },
        seeds: [0, 1, 2, 3, 4],
        tuningSeeds: 1,
        arms: ticketArms(folder),
        shown: ['loss on the smaller base', 'exact match'],
        questions: [
          ...shared,
          less('LoRAM, structured 0.5, aligned', 'LoRAM, structured 0.5'),
          less('LoRAM, structured 0.25', 'LoRAM, structured 0.5'),
          less('LoRAM, structured 0.5', 'LoRAM, structured 0.75'),
          ...['LoRAM, random 0.5', 'LoRAM, semi 4:8', 'LoRAM, unstructured 0.5'].map((name) =>
            differ(name, 'LoRAM, structured 0.5'),
          ),
        ],
      },
      {
        name: 'gsm8k',
        task: gsm8k(folder),
        training: { steps: 24, batch: 4, warmup: 0.1, schedule: 'cosine', evaluateEvery: 12 },
        seeds: [0, 1, 2],
        tuningSeeds: 1,
        arms: smolArms(folder),
        shown: ['validation@12', 'loss on the smaller base'],
        questions: shared,
      },
    ],
    tables: () => [storageTable()],
    memory: { study: 'gsm8k', arms: ['LoRA', 'LoRAM, structured 0.5', 'QLoRAM, structured 0.5'] },
    leftOut: [
      'The losses are those of the original model with the recovered adapter; "loss on the smaller base" is that of the pruned model which was trained.',
      'The paper aligns on 105 million tokens of web text, here it is 20 and 12 batches of rows of many other tasks, all their tokens. Beside it, on the tiny base, the training rows themselves: the pruned base learns part of the task by them, which the original never sees.',
      'The paper prunes bases of 13 and 70 billion parameters, most of which is redundant for its tasks; a base of 2.75 million has nothing to spare.',
      'On SmolLM2 three seeds, two rates and 24 steps.',
      'The storage table counts every number of a 4-bit base at 4 bits, as the paper does; embeddings, norms and constants of blocks take more.',
    ],
  };
}
