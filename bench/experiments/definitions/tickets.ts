/** @file Tickets: does each method learn the quick start's task within four times its steps? */
import type { Arm, Experiment } from '../experiment.ts';
import { tickets } from '../tasks.ts';
import { changed, grid, of } from './arms.ts';

const RANK = 16;
const LEAST = 0.8;
/** The quick start takes 200. */
const STEPS = 200;

const three = (first: number): ReturnType<typeof grid> => grid(first, 3, 1);

const methods = (): Arm[] => {
  const lora = of('LoRA', { kind: 'lora', rank: RANK, alpha: 2 * RANK }, three(1.2e-3));
  // six layers: one stays whole at each end
  const smaller = { rank: RANK, alpha: 2 * RANK, ratio: 0.25, firstLayers: 1, lastLayers: 1 };
  const long = { training: { steps: 2 * STEPS, evaluateEvery: 100 } };
  const longest = { training: { steps: 4 * STEPS, evaluateEvery: 200 } };
  return [
    lora,
    changed(lora, 'rsLoRA', { rankStabilized: true, alpha: RANK }),
    of('LoRA+', { kind: 'lora', rank: RANK, alpha: RANK, loraPlus: 16 }, three(4e-4), long),
    changed(lora, 'LoRA-FA', { frozenA: true }, long),
    of('DoRA', { kind: 'dora', rank: RANK, alpha: 2 * RANK }, three(1.2e-3), { cost: 1.2 }),
    of('PiSSA', { kind: 'lora', rank: RANK, alpha: RANK, init: 'pissa' }, grid(8e-4, 2, 0), {
      ...longest,
      cost: 1.1,
    }),
    of('OLoRA', { kind: 'lora', rank: RANK, alpha: RANK, init: 'olora' }, three(3e-4), { cost: 1.1 }),
    of(
      'LoRA-GA',
      { kind: 'lora', rank: RANK, alpha: RANK, init: 'lora-ga', rankStabilized: true },
      three(2e-4),
      { ...long, cost: 1.2 },
    ),
    of('LoRA-XS', { kind: 'lora-xs', rank: 48 }, grid(1.6e-3, 2, 0), longest),
    of('LoRA-SB', { kind: 'lora-sb', rank: 48 }, three(2e-3), longest),
    of('ALLoRA', { kind: 'allora', rank: RANK, eta: 2 }, three(1.2e-3), { ...long, cost: 1.1 }),
    of(
      'LoRAMoE',
      { kind: 'loramoe', rank: 4, alpha: 32, experts: 6, balance: 0, targets: 'all-linear' },
      three(5e-4),
      { cost: 1.6 },
    ),
    of('LoRAM', { kind: 'loram', ...smaller }, three(1.2e-3), long),
    of('QLoRAM', { kind: 'qloram', ...smaller }, three(1.2e-3), {
      ...longest,
      device: 'cpu',
      rateOf: 'LoRAM',
    }),
  ];
};

export function ticketsForAll(): Experiment {
  const arms = methods();
  return {
    name: 'tickets',
    title: 'Each method learns tickets on the tiny base',
    claim: {
      text: `Each method answers at least ${100 * LEAST} % of 100 held-out messages exactly, within four times the steps of the quick start (800).`,
      source: 'our own: row 4 of the acceptance table for the methods',
    },
    studies: [
      {
        name: 'tickets',
        task: tickets(),
        training: { steps: STEPS, batch: 8, warmup: 0.05, schedule: 'cosine', evaluateEvery: 50 },
        seeds: [0, 1, 2],
        tuningSeeds: 1,
        arms,
        shown: ['exact match'],
        questions: arms.map(({ name }) => ({ kind: 'each', arm: name, at: 'exact match', least: LEAST })),
      },
    ],
    leftOut: [
      'The settings are for reaching the mark, not for a comparison: ranks differ, LoRA+, LoRA-FA, LoRA-GA, ALLoRA and LoRAM take 400 steps, PiSSA, LoRA-XS (two rates each), LoRA-SB and QLoRAM (the rate of LoRAM) 800, the others 200; three rates each, a fourth where the best is at an edge. With half their steps some seeds stayed below the mark (LoRA-GA at 51 %, PiSSA at 64 %, LoRA-XS at 55 %, QLoRAM at 77 %) or came near it (LoRA-SB at 83 %, LoRA+ and ALLoRA at 84 %).',
      'LoRAM and QLoRAM leave out a quarter of the neurons of the four inner layers; the original answers.',
      'LoRAMoE runs without its balancing loss: tickets are of one kind.',
    ],
  };
}
