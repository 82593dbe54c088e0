/**
 * @file LoRA-SB (arXiv:2411.19557): as LoRA-XS, but A, B and the first R are the best rank-r part of the first step that full
 * fine-tuning would take, so that the plain gradient of R is the best projection of the full one and no scale needs tuning.
 */
import { gradientRowsKey } from './inits/index.ts';
import { firstUpdate, loraSbStart } from './inits/loraSb.ts';
import { defineMethod } from './method.ts';
import type { MethodOptions } from './method.ts';
import { addInner, innerParams, refuseRank, storedInner } from './parts/inner.ts';
import { dropoutKey } from './parts/lowRank.ts';
import { flatSpectrum } from './parts/randomisedSvd.ts';

export interface LoraSbMethodOptions extends MethodOptions {
  readonly initR: 'svd' | 'zero';
  /** Learning rate of the estimated first step; the schedule's own where absent. */
  readonly firstStepRate?: number;
}

export const loraSb = defineMethod<LoraSbMethodOptions>({
  kind: 'lora-sb',
  title: 'LoRA-SB',
  paper: 'arXiv:2411.19557',
  doc: "Trains r² numbers a linear, within the best rank-r part of full fine-tuning's first step.",
  formula: 'y = x Wᵀ + ((x Aᵀ) Rᵀ) Bᵀ, with B R A ≈ -rate sign(gradient) at first, only R trained',
  keys: {
    ...dropoutKey,
    ...gradientRowsKey,
    firstStepRate: {
      type: 'number',
      above: 0,
      maximum: 1,
      doc: "Learning rate of the estimated first step, the size of R at first; the schedule's own first rate where absent.",
    },
    initR: {
      type: 'string',
      default: 'svd',
      oneOf: ['svd', 'zero'],
      doc: "R begins as the estimated step's singular values, or at zero: then the first loss is the base's.",
    },
  },
  layerOptions: (config, { rank }) => ({
    rank,
    alpha: rank,
    initR: config['initR'] as 'svd' | 'zero',
    ...(typeof config['firstStepRate'] === 'number' ? { firstStepRate: config['firstStepRate'] } : {}),
  }),
  scale: () => 1,
  refuse: (options, layer) => refuseRank('LoRA-SB', options, layer),
  start: ({ rank, initR, firstStepRate }) => ({
    reads: 'gradient',
    fresh: initR === 'zero' ? 'equal' : 'moved',
    compute: async ({ gradient, sources, optimizer, firstStepRate: scheduled }) => {
      const known = gradient();
      if (known.kind !== 'full') throw new Error('signs need the whole gradient, not a sketch of it');
      // the mean over the micro-batches has the signs of the sum
      const rate = firstStepRate ?? scheduled;
      const update = firstUpdate(known.G, { optimizer, firstStepRate: rate, count: 1 });
      const { A, B, R, captured } = await loraSbStart(
        update,
        { rank, scale: 1, initR, svd: flatSpectrum(rank) },
        sources,
      );
      return { tensors: { A, B, R }, facts: { captured } };
    },
  }),
  params: innerParams,
  apply: addInner,
  stored: storedInner,
});
