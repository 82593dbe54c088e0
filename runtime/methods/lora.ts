/**
 * @file LoRA (arXiv:2106.09685): y = x Wᵀ + s (x Aᵀ) Bᵀ, s = alpha / r, or alpha / sqrt r rank-stabilised (arXiv:2312.03732).
 * Its relatives are values here: LoRA+ (arXiv:2402.12354) is a rate of B, LoRA-FA (arXiv:2308.03303) and FFA-LoRA
 * (arXiv:2403.12313) a frozen A.
 */
import { defineMethod } from './method.ts';
import type { ParamSpec } from './method.ts';
import { addBranch, dropoutKey, loraNames, loraScale, scaleKeys, storedAs } from './parts/lowRank.ts';
import type { Scale } from './parts/lowRank.ts';

export interface LoraOptions extends Scale {
  /** PEFT's lora_bias: B carries a bias that is scaled with it. */
  readonly bias: boolean;
  /** LoRA+: B learns this many times as fast as A. */
  readonly loraPlus?: number;
  /** LoRA-FA: A stays as it starts. */
  readonly frozenA?: boolean;
}

export const lora = defineMethod<LoraOptions>({
  kind: 'lora',
  title: 'LoRA',
  paper: 'arXiv:2106.09685',
  keys: {
    ...scaleKeys,
    ...dropoutKey,
    loraPlus: {
      type: 'number',
      default: 1,
      above: 0,
      maximum: 1024,
      doc: 'LoRA+: B learns this many times as fast as A; its paper proposes 16 (arXiv:2402.12354).',
      peft: 'loraplus_lr_ratio',
    },
    frozenA: {
      type: 'boolean',
      default: false,
      doc: 'LoRA-FA: A stays as it starts, only B is trained (arXiv:2308.03303).',
    },
  },
  layerOptions: (config, { rank, alpha }) => ({
    rank,
    alpha,
    rankStabilized: config.rankStabilized === true,
    bias: false,
    ...(config['loraPlus'] !== undefined && config['loraPlus'] !== 1
      ? { loraPlus: config['loraPlus'] as number }
      : {}),
    ...(config['frozenA'] === true ? { frozenA: true } : {}),
  }),
  scale: loraScale,
  params: ({ rank, bias, loraPlus = 1, frozenA = false }, { inputs, outputs }) => {
    const A: ParamSpec = {
      tensor: loraNames.A,
      shape: [rank, inputs],
      init: 'kaiming-uniform',
      decays: true,
    };
    const B: ParamSpec = { tensor: loraNames.B, shape: [outputs, rank], init: 'zeros', decays: true };
    return {
      A: frozenA ? { ...A, frozen: true } : A,
      B: loraPlus === 1 ? B : { ...B, rate: loraPlus },
      ...(bias && {
        bias: { tensor: loraNames.bias, shape: [outputs], init: 'zeros', decays: false } as const,
      }),
    };
  },
  apply: (context, { A, B, bias }, options) => {
    const { op } = context;
    const scale = loraScale(options);
    const adapted = addBranch(context, A!, B!, scale);
    return bias ? op.add(adapted, op.mul(bias, scale)) : adapted;
  },
  stored: (tensors, options) => ({ ...storedAs(tensors, loraNames, options), bias: options.bias }),
});
