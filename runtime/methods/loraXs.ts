/** @file LoRA-XS (arXiv:2405.17604): A and B are the weight's singular vectors and stay so, only R between them is trained. */
import { loraXsStart } from './inits/loraXs.ts';
import { defineMethod } from './method.ts';
import type { MethodOptions } from './method.ts';
import { addInner, innerParams, refuseRank, storedInner } from './parts/inner.ts';
import { dropoutKey } from './parts/lowRank.ts';

export const loraXs = defineMethod<MethodOptions>({
  kind: 'lora-xs',
  title: 'LoRA-XS',
  paper: 'arXiv:2405.17604',
  doc: 'Trains r² numbers a linear, between frozen singular vectors of the weight.',
  formula: 'y = x Wᵀ + ((x Aᵀ) Rᵀ) Bᵀ, with W ≈ B A the best of rank r, only R trained',
  keys: dropoutKey,
  layerOptions: (_config, { rank }) => ({ rank, alpha: rank }),
  scale: () => 1,
  refuse: (options, layer) => refuseRank('LoRA-XS', options, layer),
  start: ({ rank }) => ({
    reads: 'weight',
    // R is of the size 1e-5 at first
    fresh: 'moved',
    compute: async ({ weight, sources }) => {
      const { A, B, R } = await loraXsStart(weight(), rank, sources);
      return { tensors: { A, B, R } };
    },
  }),
  params: innerParams,
  apply: addInner,
  stored: storedInner,
});
