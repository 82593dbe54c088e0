/** @file The config's keys as data: types, defaults, bounds and one line each. Check, schema, hovers and help read this list. */
import type { DataConfig, DeviceName, ResolvedConfig, TrainingConfig } from '../contract/config.ts';
import type { Keys, OptionSpec } from '../contract/optionSpec.ts';
import { methods } from '../methods/index.ts';
import type { AdapterMethod } from '../methods/method.ts';

const data = {
  train: { type: 'path', required: true, doc: 'File with the training rows: JSONL, JSON, CSV or Parquet.' },
  validation: {
    type: 'either',
    default: 0,
    doc: 'Rows to evaluate on: a file, or the share of the training rows to hold out; 0 evaluates never.',
    of: [
      { type: 'number', minimum: 0, below: 1, doc: 'Share of the training rows.' },
      { type: 'path', doc: 'A file.' },
    ],
  },
  length: {
    type: 'integer',
    default: 512,
    minimum: 2,
    maximum: 1_048_576,
    doc: 'Rows are cut at this many tokens.',
    peft: 'max_length',
  },
  packing: {
    type: 'boolean',
    default: true,
    doc: 'Lay rows end to end without padding; documents never see each other.',
  },
  shuffle: {
    type: 'boolean',
    default: true,
    doc: 'A new order of the rows for each epoch; false keeps the order of the file.',
  },
  format: {
    type: 'string',
    oneOf: [
      'chat',
      'chat-split',
      'prompt-completion',
      'text',
      'alpaca',
      'sharegpt',
      'preference',
      'classification',
      'tokenised',
    ],
    doc: 'Shape of a row; recognised from its keys where absent.',
  },
  columns: {
    type: 'map',
    of: { type: 'string', doc: "The file's column." },
    doc: 'Field of the format -> column of the file, e.g. { "prompt": "question", "completion": "answer" }.',
  },
  template: {
    type: 'either',
    doc: '"none" joins prompt and completion as they are; a path reads a Jinja chat template; absent uses the one of the base.',
    of: [
      { type: 'string', oneOf: ['none'], doc: 'No template.' },
      { type: 'path', doc: 'A Jinja file.' },
    ],
    peft: 'chat_template',
  },
  trainOn: {
    type: 'string',
    default: 'assistant',
    oneOf: ['assistant', 'last', 'all'],
    doc: 'Tokens that carry the loss: all assistant turns, the last one, or everything.',
  },
  exclude: {
    type: 'list',
    of: {
      type: 'either',
      of: [
        { type: 'integer', minimum: 1, doc: 'A row.' },
        { type: 'string', doc: 'Rows, from first to last: "12-20".' },
      ],
      doc: 'A row, or "first-last".',
    },
    doc: 'Rows of the training file to leave out, numbered as messages do it: lines, or rows of a Parquet file.',
  },
} as const satisfies Record<keyof DataConfig, OptionSpec>;

/** What the config's keys need to know of a method. */
export type KnownMethod = Pick<AdapterMethod, 'kind' | 'title' | 'doc' | 'keys'>;

/** Keys of `method` that every kind has. */
const common = {
  kind: { type: 'string', default: 'lora', doc: 'The adapter method.', peft: 'peft_type' },
  rank: {
    type: 'integer',
    default: 16,
    minimum: 1,
    doc: 'Rank of the update B A.',
    peft: 'r',
  },
  targets: {
    type: 'either',
    default: 'all-linear',
    doc: '"all-linear", a list of module names or their dotted endings, or a regular expression on whole module paths.',
    of: [
      { type: 'string', doc: '"all-linear" or a regular expression.' },
      { type: 'list', of: { type: 'string', doc: 'A name.' }, doc: 'Names.' },
    ],
    peft: 'target_modules',
  },
  layers: {
    type: 'list',
    of: { type: 'integer', minimum: 0, doc: 'A block, counted from 0.' },
    doc: 'Blocks that get an adapter, counted from 0; absent means all.',
    peft: 'layers_to_transform',
  },
  rankPattern: {
    type: 'map',
    default: {},
    of: { type: 'integer', minimum: 1, doc: 'Rank.' },
    doc: 'Regular expression on the end of module paths -> rank there.',
    peft: 'rank_pattern',
  },
  modulesToSave: {
    type: 'list',
    default: [],
    of: { type: 'string', doc: 'A name.' },
    doc: 'Modules trained and saved as a whole, such as "lm_head" or "embed_tokens".',
    peft: 'modules_to_save',
  },
  from: { type: 'path', doc: 'Folder of an adapter to continue from.' },
} as const satisfies Keys;

const training = {
  epochs: {
    type: 'number',
    default: 3,
    above: 0,
    maximum: 1e6,
    doc: 'Passes over the rows; parts are allowed.',
  },
  steps: {
    type: 'integer',
    minimum: 1,
    maximum: 1e9,
    doc: 'Optimiser steps; stands in the place of epochs.',
    peft: 'max_steps',
  },
  batch: {
    type: 'integer',
    default: 4,
    minimum: 1,
    maximum: 1e6,
    doc: 'Rows a micro-batch, packed or not.',
    peft: 'per_device_train_batch_size',
  },
  tokens: {
    type: 'integer',
    minimum: 1,
    maximum: 1e9,
    doc: 'Budget of whole rows in tokens a micro-batch; stands in the place of batch.',
  },
  accumulate: {
    type: 'integer',
    default: 1,
    minimum: 1,
    maximum: 1e6,
    doc: 'Micro-batches a step; the loss is the mean over all their supervised tokens.',
    peft: 'gradient_accumulation_steps',
  },
  optimizer: { type: 'string', default: 'adamw', oneOf: ['adamw', 'sgd'], doc: 'Optimiser.', peft: 'optim' },
  learningRate: {
    type: 'number',
    default: 2e-4,
    above: 0,
    doc: 'Largest learning rate of the schedule.',
    peft: 'learning_rate',
  },
  betas: {
    type: 'list',
    default: [0.9, 0.999],
    length: 2,
    of: { type: 'number', minimum: 0, below: 1, doc: 'Decay of a moment.' },
    doc: "AdamW's decay of the first and second moment.",
    peft: 'adam_beta1, adam_beta2',
  },
  eps: {
    type: 'number',
    default: 1e-8,
    above: 0,
    doc: "Added to the root of AdamW's second moment.",
    peft: 'adam_epsilon',
  },
  momentum: { type: 'number', default: 0, minimum: 0, below: 1, doc: "SGD's momentum." },
  weightDecay: {
    type: 'number',
    default: 0,
    minimum: 0,
    doc: 'Decoupled weight decay, biases and norms left out.',
    peft: 'weight_decay',
  },
  decayAll: { type: 'boolean', default: false, doc: 'Decay biases and norms too.' },
  schedule: {
    type: 'string',
    default: 'cosine',
    oneOf: ['constant', 'linear', 'cosine'],
    doc: 'Course of the learning rate after the warm-up.',
    peft: 'lr_scheduler_type',
  },
  warmup: {
    type: 'number',
    default: 0.03,
    minimum: 0,
    doc: 'Warm-up: below 1 a share of the steps, from 1 on a number of steps.',
    peft: 'warmup_ratio, warmup_steps',
  },
  clip: {
    type: 'number',
    default: 1,
    minimum: 0,
    doc: "Largest norm of the whole gradient; 0 doesn't clip.",
    peft: 'max_grad_norm',
  },
  seed: {
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 4_294_967_295,
    doc: 'Decides start values, order of rows and dropout.',
  },
  evaluateEvery: {
    type: 'integer',
    default: 50,
    minimum: 0,
    doc: 'Steps between evaluations; 0 evaluates only at the end.',
    peft: 'eval_steps',
  },
  checkpointEvery: {
    type: 'integer',
    default: 50,
    minimum: 0,
    doc: 'Steps between checkpoints; 0 writes one only at the end.',
    peft: 'save_steps',
  },
  patience: {
    type: 'integer',
    default: 0,
    minimum: 0,
    doc: 'Stop after this many evaluations without a better loss; 0 never stops.',
    peft: 'early_stopping_patience',
  },
  keepBest: {
    type: 'boolean',
    default: true,
    doc: 'Keep the adapter of the best evaluation instead of the last.',
    peft: 'load_best_model_at_end',
  },
  samples: {
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 64,
    doc: 'Held-out rows that base and adapter answer at each evaluation, to be read side by side.',
  },
} as const satisfies Record<keyof TrainingConfig, OptionSpec>;

/** Devices that have their place in the config, and why this version does not compute on them. */
export const notOffered: Readonly<Partial<Record<Exclude<DeviceName, 'auto'>, string>>> = {
  cuda: 'its libraries are not part of the npm package; WebGPU drives the same GPU.',
  dml: 'WebGPU drives the same GPU, and only that way has been tested.',
  coreml: 'WebGPU drives the same GPU, and only that way has been tested.',
};

/** The provider a config's device means; "auto" is the CPU until another has proved faster and right here. */
export const providerOf = (device: DeviceName): Exclude<DeviceName, 'auto'> =>
  device === 'auto' ? 'cpu' : device;

/** Sections and keys of the file in the order in which they are written; `variants` is handled beside them. */
export const options = {
  base: {
    type: 'string',
    required: true,
    doc: 'The model: a folder with safetensors, a .gguf file, or a downloaded Hugging Face hub id.',
    peft: 'base_model_name_or_path',
  },
  data: { type: 'section', required: true, keys: data, doc: 'What to learn from.' },
  method: { type: 'section', keys: common, doc: 'The adapter.' },
  training: { type: 'section', keys: training, doc: 'How to train.' },
  device: {
    type: 'string',
    default: 'auto',
    oneOf: ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'],
    doc: 'Where to compute; "auto" takes the fastest device that passed the self-test.',
  },
  memory: {
    type: 'string',
    default: 'balanced',
    oneOf: ['fast', 'balanced', 'low'],
    doc: 'What the step keeps: "fast" keeps all it can use again, "low" computes again and reads weights when needed.',
  },
  output: { type: 'path', default: 'runs', doc: 'Folder for the runs.' },
} as const satisfies Record<keyof ResolvedConfig, OptionSpec>;

export const variantsDoc =
  'Named overrides of this file, merged key by key: lists replace, null returns to the default.';

/** Keys of `method` for this kind; those of all kinds together where the kind is unknown. */
export function methodKeys(kind: unknown, list: readonly KnownMethod[] = methods): Keys {
  const known = list.find((method) => method.kind === kind);
  // what a kind says of a key that all have holds for that kind alone
  const own = known?.keys ?? {
    ...Object.fromEntries(list.flatMap(({ keys }) => Object.entries(keys))),
    ...common,
  };
  return { ...common, ...own, kind: kindKey(list) };
}

function kindKey(list: readonly KnownMethod[]): OptionSpec {
  return {
    ...common.kind,
    oneOf: list.map(({ kind }) => kind),
    about: Object.fromEntries(list.map(({ kind, title, doc }) => [kind, `${title}: ${doc}`])),
  };
}

/** The kinds that declare a key of their own by this name; none where all kinds have it. */
export function kindsWith(name: string, list: readonly KnownMethod[] = methods): string[] {
  if (Object.hasOwn(common, name)) return [];
  return list.filter(({ keys }) => Object.hasOwn(keys, name)).map(({ kind }) => kind);
}
