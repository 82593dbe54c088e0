/** @file A resolved config for tests of what records runs. */
import { join } from 'node:path';
import type { ResolvedConfig } from '../../runtime/contract/config.ts';

/** Ten steps of two rows on files that need not be there; runs go into `output`. */
export const runConfig = (
  output: string,
  training: Partial<ResolvedConfig['training']> = {},
): ResolvedConfig => ({
  base: join(output, 'base.gguf'),
  data: {
    train: join(output, 'rows.jsonl'),
    validation: 0,
    length: 64,
    packing: true,
    shuffle: true,
    trainOn: 'assistant',
  },
  method: {
    kind: 'lora',
    rank: 4,
    alpha: 8,
    dropout: 0,
    rankStabilized: false,
    targets: 'all-linear',
    rankPattern: {},
    alphaPattern: {},
    modulesToSave: [],
  },
  training: {
    epochs: 2,
    batch: 2,
    accumulate: 1,
    optimizer: 'adamw',
    learningRate: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    momentum: 0,
    weightDecay: 0,
    decayAll: false,
    schedule: 'constant',
    warmup: 0,
    clip: 1,
    seed: 7,
    evaluateEvery: 5,
    checkpointEvery: 5,
    patience: 0,
    keepBest: true,
    samples: 0,
    ...training,
  },
  device: 'cpu',
  memory: 'balanced',
  output,
});
