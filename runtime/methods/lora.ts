/**
 * @file LoRA (arXiv:2106.09685): y = x Wᵀ + s (x Aᵀ) Bᵀ, s = alpha / r, or alpha / sqrt r rank-stabilised (arXiv:2312.03732).
 * Its relatives are values here: LoRA+ (arXiv:2402.12354) is a rate of B, LoRA-FA (arXiv:2308.03303) and FFA-LoRA
 * (arXiv:2403.12313) a frozen A; PiSSA, OLoRA and LoRA-GA are start values that a frozen branch -s B0 A0 takes back.
 */
import type { MethodConfig, TrainingConfig } from '../contract/config.ts';
import { initialiser, initKeys, initOptions } from './inits/index.ts';
import type { InitName, InitOptions } from './inits/index.ts';
import { defineMethod } from './method.ts';
import type { Conflict, LayerTensors, ParamSpec, StoredForm } from './method.ts';
import { roundedFactors } from './parts/matrix.ts';
import type { Factors } from './parts/matrix.ts';
import { doubledAlpha, doubledFactors, withoutStart } from './parts/negativeBranch.ts';
import {
  addBranch,
  addDifference,
  dropoutKey,
  loraNames,
  loraScale,
  scaleKeys,
  storedAs,
} from './parts/lowRank.ts';
import type { Scale } from './parts/lowRank.ts';
import { matrixOf, tensorOf } from './parts/storedMatrix.ts';

export interface LoraOptions extends Scale {
  /** PEFT's lora_bias: B carries a bias that is scaled with it. */
  readonly bias: boolean;
  /** LoRA+: B learns this many times as fast as A. */
  readonly loraPlus?: number;
  /** LoRA-FA: A stays as it starts. */
  readonly frozenA?: boolean;
  /** Start values that the base, or a frozen branch, takes back. */
  readonly init?: InitOptions & { readonly name: InitName; readonly mutateBase: boolean };
}

export const lora = defineMethod<LoraOptions>({
  kind: 'lora',
  title: 'LoRA',
  paper: 'arXiv:2106.09685',
  doc: 'Adds a trained product B A of a small rank to each frozen weight.',
  formula: 'y = x Wᵀ + s (x Aᵀ) Bᵀ, with s = alpha / r',
  peft: 'LoraConfig',
  keys: {
    ...scaleKeys,
    ...dropoutKey,
    ...initKeys,
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
    ...(typeof config['loraPlus'] === 'number' && config['loraPlus'] !== 1
      ? { loraPlus: config['loraPlus'] }
      : {}),
    ...(config['frozenA'] === true ? { frozenA: true } : {}),
    ...chosenInit(config),
  }),
  scale: loraScale,
  refuse: ({ rank, init }, layer) => init && initialiser(init.name).refuse?.(rank, layer),
  conflicts,
  start: (options) => {
    const { init } = options;
    if (!init) return undefined;
    const { reads, compute } = initialiser(init.name);
    return {
      reads,
      fresh: 'nearly',
      compute: async (input) => {
        const { facts, ...factors } = await compute(input, {
          ...init,
          rank: options.rank,
          scale: loraScale(options),
        });
        // what is taken back must be the very numbers that are there
        const { A, B } = roundedFactors(factors);
        return { tensors: { A, B, A0: A, B0: B }, ...(facts && { facts }) };
      },
    };
  },
  params: ({ rank, bias, loraPlus = 1, frozenA = false, init }, { inputs, outputs }) => {
    const [a, b] = init ? (['computed', 'computed'] as const) : (['kaiming-uniform', 'zeros'] as const);
    const A: ParamSpec = { tensor: loraNames.A, shape: [rank, inputs], init: a, decays: true };
    const B: ParamSpec = { tensor: loraNames.B, shape: [outputs, rank], init: b, decays: true };
    return {
      A: frozenA ? { ...A, frozen: true } : A,
      B: loraPlus === 1 ? B : { ...B, rate: loraPlus },
      ...(init && {
        A0: { ...A, tensor: 'lora_A0.weight', frozen: true } as const,
        B0: { ...B, tensor: 'lora_B0.weight', frozen: true } as const,
      }),
      ...(bias && {
        bias: { tensor: loraNames.bias, shape: [outputs], init: 'zeros', decays: false } as const,
      }),
    };
  },
  apply: (context, { A, B, A0, B0, bias }, options) => {
    const { op } = context;
    const scale = loraScale(options);
    const adapted =
      A0 && B0 && options.init?.mutateBase === false
        ? addDifference(context, { A: A!, B: B!, A0, B0 }, scale)
        : addBranch(context, A!, B!, scale);
    return bias ? op.add(adapted, op.mul(bias, scale)) : adapted;
  },
  rebase: (options) =>
    options.init?.mutateBase === true
      ? (weight, tensors) => withoutStart(weight, startOf(tensors), loraScale(options))
      : undefined,
  stored: (tensors, options) =>
    options.init
      ? doubled(tensors, options)
      : { ...storedAs(tensors, loraNames, options), bias: options.bias },
});

function chosenInit(config: MethodConfig): Pick<LoraOptions, 'init'> {
  const name = config['init'] ?? 'default';
  if (name === 'default') return {};
  const mutateBase = config['mutateBase'] === true;
  return { init: { name: name as InitName, mutateBase, ...initOptions(config) } };
}

const startOf = ({ A0, B0 }: LayerTensors): Factors => ({ A: matrixOf(A0!), B: matrixOf(B0!) });

/** [B, -B0] and [A; A0] on the untouched base, of twice the rank and the same scale. */
function doubled(tensors: LayerTensors, options: LoraOptions): StoredForm {
  const { A, B } = doubledFactors(
    { A: matrixOf(tensors['A']!), B: matrixOf(tensors['B']!) },
    startOf(tensors),
  );
  const scale = { ...options, rank: 2 * options.rank, alpha: doubledAlpha(options) };
  return storedAs({ A: tensorOf(A), B: tensorOf(B) }, loraNames, scale);
}

/** Start values that are taken back stand still only while nothing else pulls at them. */
function conflicts(config: MethodConfig, training: TrainingConfig): Conflict[] {
  const name = config['init'] ?? 'default';
  const found = unusedInitKeys(config, name as InitName | 'default');
  if (name === 'default') return found;
  const { title } = initialiser(name as InitName);
  if (training.weightDecay > 0)
    found.push({
      section: 'training',
      key: 'weightDecay',
      message: `Weight decay pulls A and B to zero, and with ${title} that is away from the base, not back to it.`,
      instead: 0,
    });
  if ((config.dropout ?? 0) > 0 && (name === 'lora-ga' || config['mutateBase'] === true))
    found.push({
      section: 'method',
      key: 'dropout',
      message: `With dropout ${title} doesn't start as the base: what is dropped isn't what is taken back.`,
      instead: 0,
    });
  if (config['frozenA'] === true)
    found.push({
      section: 'method',
      key: 'frozenA',
      message: `${title} gives A start values that are meant to be trained with B.`,
      instead: false,
    });
  if (name === 'lora-ga' && config.rankStabilized !== true)
    found.push({
      section: 'method',
      key: 'rankStabilized',
      message:
        "LoRA-GA's paper scales by alpha / sqrt(rank); with alpha / rank the first step is so many times shorter.",
      instead: true,
      severity: 'information',
    });
  return found;
}

/** Keys that say how something is done which isn't. */
function unusedInitKeys(config: MethodConfig, name: InitName | 'default'): Conflict[] {
  const unused = Object.entries(initKeys).filter(
    ([key, spec]) =>
      key !== 'init' &&
      !(key === 'mutateBase' ? name !== 'default' : name === 'lora-ga') &&
      config[key] !== spec.default,
  );
  return unused.map(([key]) => ({
    section: 'method',
    key,
    message: `"${key}" has no effect while "init" is "${name}".`,
    severity: 'warning',
  }));
}
