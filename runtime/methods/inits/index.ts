/** @file LoRA's initialisers by their name in the config; each says what it reads, and whether the base lacks what it adds. */
import type { MethodConfig } from '../../contract/config.ts';
import type { Keys } from '../../contract/optionSpec.ts';
import type { LayerShape, StartInput } from '../method.ts';
import type { Factors } from '../parts/matrix.ts';
import { sketchedEnergy, svdOfSketch } from '../parts/gradientSketch.ts';
import { loraGaFromGradient, loraGaFromSvd } from './loraGa.ts';
import type { LoraGaOptions } from './loraGa.ts';
import { oloraStart } from './olora.ts';
import { pissaStart } from './pissa.ts';

/** The keys of an initialiser that a layer's options keep. */
export type InitOptions = Omit<LoraGaOptions, 'rank' | 'scale'>;

interface Initialiser {
  readonly title: string;
  readonly paper: string;
  /** What it does, in a line. */
  readonly doc: string;
  /** The start values, in a line. */
  readonly formula: string;
  /** PEFT's value of `init_lora_weights`. */
  readonly peft: string;
  readonly reads: 'weight' | 'gradient-or-sketch';
  /** Factors that s B A equals what is subtracted at the start. */
  readonly compute: (
    input: StartInput,
    options: { readonly rank: number; readonly scale: number } & InitOptions,
  ) => Promise<Factors & { readonly facts?: Readonly<Record<string, number>> }>;
  readonly refuse?: (rank: number, layer: LayerShape) => string | undefined;
}

export const initialisers = {
  pissa: {
    title: 'PiSSA',
    paper: 'arXiv:2404.02948',
    doc: 'Trains the principal part of the weight itself; what is left stays frozen.',
    formula: 's B0 A0 = U_r S_r V_rᵀ of W, taken back by the base',
    peft: 'pissa',
    reads: 'weight',
    compute: ({ weight, sources }, { rank, scale }) => pissaStart(weight(), { rank, scale }, sources),
  },
  olora: {
    title: 'OLoRA',
    paper: 'arXiv:2406.01775',
    doc: 'Starts with orthonormal columns: the first r of the QR factors of the weight.',
    formula: 'B0 = Q_r, A0 = R_r of W = Q R, taken back by the base',
    peft: 'olora',
    reads: 'weight',
    compute: ({ weight }, { rank }) => Promise.resolve(oloraStart(weight(), rank)),
  },
  'lora-ga': {
    title: 'LoRA-GA',
    paper: 'arXiv:2407.05000',
    doc: "Starts along the gradient: the first step follows the gradient's best part of rank 2r.",
    formula:
      'A0 = c V[1..r]ᵀ, B0 = c U[r+1..2r] of the gradient U S Vᵀ, c = outputs^(1/4) / sqrt(gamma), taken back by the base',
    peft: 'lora_ga',
    reads: 'gradient-or-sketch',
    compute: async ({ weight, gradient, sources }, options) => {
      const known = gradient();
      const { A, B, gain, captured } =
        known.kind === 'full'
          ? await loraGaFromGradient(known.G, weight(), options, sources)
          : await loraGaFromSvd(
              { svd: svdOfSketch(known.sketch, known.basis), energy: sketchedEnergy(known.sketch) },
              weight(),
              options,
              sources,
            );
      return { A, B, facts: { captured, ...(gain === undefined ? {} : { gain }) } };
    },
    // each factor takes r singular vectors that the other doesn't
    refuse: (rank, { inputs, outputs }) =>
      2 * rank > Math.min(inputs, outputs)
        ? `is ${outputs} x ${inputs}; LoRA-GA needs twice the rank, ${2 * rank}, within its smaller side`
        : undefined,
  },
} as const satisfies Readonly<Record<string, Initialiser>>;

export type InitName = keyof typeof initialisers;

/** Widened, so that what one initialiser lacks reads as absent. */
export const initialiser = (name: InitName): Initialiser => initialisers[name];

export const gradientRowsKey = {
  gradientRows: {
    type: 'integer',
    default: 32,
    minimum: 1,
    maximum: 1_000_000,
    doc: 'Training rows, the first of the file, whose gradient decides the start values; read batch by batch.',
  },
} as const satisfies Keys;

/** LoRA's keys that belong to initialisers. */
export const initKeys = {
  init: {
    type: 'string',
    default: 'default',
    oneOf: ['default', ...Object.keys(initialisers)],
    about: {
      default: 'A at random, B = 0: the adapter adds nothing at first.',
      ...Object.fromEntries(
        Object.entries(initialisers).map(([name, { title, doc }]) => [name, `${title}: ${doc}`]),
      ),
    },
    doc: 'Start values: random A and B = 0, or singular vectors of the weight (pissa), its QR factors (olora), or of its gradient (lora-ga).',
    peft: 'init_lora_weights',
  },
  direction: {
    type: 'string',
    default: 'ArB2r',
    oneOf: ['ArB2r', 'A2rBr', 'ArBr', 'random'],
    doc: "LoRA-GA: which of the gradient's first 2r singular vectors A and B take.",
    peft: 'lora_ga_config.direction',
  },
  initScale: {
    type: 'string',
    default: 'stable',
    oneOf: ['stable', 'unit', 'gd', 'weightS'],
    doc: 'LoRA-GA: how long these vectors are; "gd" makes the first SGD step as long as that of full fine-tuning.',
    peft: 'lora_ga_config.scale',
  },
  gamma: {
    type: 'number',
    default: 16,
    above: 0,
    doc: 'LoRA-GA: divides what the adapter adds at first (scale "stable"); larger is gentler.',
    peft: 'lora_ga_config.stable_gamma',
  },
  normClip: {
    type: 'boolean',
    default: false,
    doc: "LoRA-GA: shrink the start values until none is larger than the weight's largest.",
  },
  initVariant: {
    type: 'string',
    default: 'paper',
    oneOf: ['paper', 'peft'],
    doc: "LoRA-GA: the paper's rule, or PEFT's, whose first step depends on the gradient's size; for comparisons.",
  },
  ...gradientRowsKey,
  mutateBase: {
    type: 'boolean',
    default: false,
    doc: 'Subtract the start values from the weights in memory, as PEFT does, instead of a frozen branch that takes them back.',
  },
} as const satisfies Keys;

export function initOptions(config: MethodConfig): InitOptions {
  return {
    direction: config['direction'] as InitOptions['direction'],
    factor: config['initScale'] as InitOptions['factor'],
    gamma: config['gamma'] as number,
    normClip: config['normClip'] === true,
    variant: config['initVariant'] as InitOptions['variant'],
  };
}
