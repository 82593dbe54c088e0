/** @file LoRAMoE: what does the balancing loss do to routing, and to the loss of each kind of task? */
import type { Arm, Experiment, Question, Study } from '../experiment.ts';
import { kinds, mixed } from '../tasks.ts';
import { changed, grid, lora, of } from './arms.ts';

const TARGETS = '.*[.](gate_proj|up_proj|down_proj)';
/** Of the first group of experts in the routing of other tasks' and of knowledge's rows, over the steps since the last evaluation. */
const SHARES = ['end: share0', 'end: share1'] as const;

const moe = (name: string, balance: number, rates: ReturnType<typeof grid>, rateOf?: string): Arm =>
  of(name, { kind: 'loramoe', targets: TARGETS, rank: 4, alpha: 32, experts: 6, balance }, rates, {
    cost: 1.6,
    ...(rateOf !== undefined && { rateOf }),
  });

/** Six experts of rank 4 with their router have as many numbers as rank 26.5; scale 2. */
const plain = (rates: ReturnType<typeof grid>): Arm =>
  changed(lora(27, rates), 'LoRA, r 27', { targets: TARGETS, alpha: 54 });

function study(
  name: string,
  task: Study['task'],
  choices: Pick<Study, 'seeds' | 'tuningSeeds' | 'training'>,
  count: number,
): Study {
  const rates = grid(2e-4, count, count > 3 ? 2 : 0);
  const [g0Other, g0Knowledge] = SHARES;
  const arms = [
    plain(grid(5e-4, count, count > 3 ? 2 : 0)),
    moe('LoRAMoE, no balance', 0, rates),
    moe('LoRAMoE, balance 0.1', 0.1, rates),
    moe('LoRAMoE, balance 1', 1, rates, 'LoRAMoE, balance 0.1'),
  ];
  const losses = kinds.map((kind) => `loss of ${kind}`);
  const balanced = ['LoRAMoE, balance 0.1', 'LoRAMoE, balance 1'];
  return {
    name,
    task,
    ...choices,
    arms,
    shown: [...losses, ...SHARES, 'end: balance'],
    questions: [
      ...balanced.flatMap((arm): Question[] => [
        // the sign in section 1.4 of the specification: the matching group gets less
        { kind: 'side', arm, at: g0Knowledge, claim: 'less', than: 0.5 },
        { kind: 'side', arm, at: g0Other, claim: 'more', than: 0.5 },
        { kind: 'compare', arm, than: 'LoRAMoE, no balance', at: g0Knowledge, claim: 'less' },
        { kind: 'compare', arm, than: 'LoRAMoE, no balance', at: g0Other, claim: 'more' },
      ]),
      ...losses.flatMap((at): Question[] => [
        { kind: 'compare', arm: 'LoRAMoE, balance 0.1', than: 'LoRAMoE, no balance', at, claim: 'less' },
        { kind: 'compare', arm: 'LoRAMoE, balance 0.1', than: 'LoRA, r 27', at, claim: 'less' },
      ]),
    ],
  };
}

export function loramoe(folder: string): Experiment {
  return {
    name: 'loramoe',
    title: 'LoRAMoE: what its balancing loss does, against LoRA with as many trained numbers',
    claim: {
      text: 'The localised balancing loss splits the experts into a group for knowledge and one for other tasks, and improves both over a single LoRA.',
      source:
        'arXiv:2312.09979, section 3.3 and table 2; the sign follows from the formula: experts of the matching group get (1 - delta)/N',
    },
    studies: [
      study(
        'mixed-tiny-clerk',
        mixed(folder, 'tiny-clerk'),
        {
          seeds: [0, 1, 2, 3, 4],
          tuningSeeds: 1,
          training: { steps: 60, batch: 8, warmup: 0.05, schedule: 'cosine', evaluateEvery: 20 },
        },
        5,
      ),
      study(
        'mixed-smollm2',
        mixed(folder, 'smollm2'),
        {
          seeds: [0, 1, 2],
          tuningSeeds: 1,
          training: { steps: 24, batch: 8, warmup: 0.1, schedule: 'cosine', evaluateEvery: 12 },
        },
        2,
      ),
    ],
    leftOut: [
      'The paper trains Llama-2-7B on 3 million rows and reports accuracies of knowledge that is forgotten; runs this short forget nothing, so only routing and losses are measured.',
      'Shares (share0 of other tasks, share1 of knowledge: how much of the routing the first half of the experts gets) are means over all adapted layers and the training rows since the last evaluation but one; 0.5 is an even split.',
      'On SmolLM2 two rates, three seeds and 24 steps.',
    ],
  };
}
