/** @file Everything a training run needs, opened and checked in the order in which mistakes are cheapest to find. */
import type { DataConfig, MethodConfig, ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { openDataset, readingOptions } from '../data/dataset.ts';
import type { TokenDataset } from '../data/dataset.ts';
import { loadTokenizer } from '../data/loadTokenizer.ts';
import { selectRows, splitRows } from '../data/split.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { linearsOf } from '../model/adapted.ts';
import { smallerBaseOf } from '../methods/index.ts';
import type { Adapter } from '../model/adapted.ts';
import { openBase } from '../model/base.ts';
import type { Base, LinearSpec } from '../model/decoder.ts';
import type { EngineOptions } from '../train/engine.ts';
import { adapterNumbers, estimateMemory, HEAD_ROWS, largestBatch } from '../train/estimate.ts';
import type { MemoryEstimate } from '../train/estimate.ts';
import { optimizers } from '../train/optimizers/index.ts';
import { Sampler } from '../train/sampler.ts';
import { adapterFromPeft, requireKind, requireTrainable } from '../model/peftAdapter.ts';
import { adaptedFromConfig } from '../config/attachments.ts';
import { withDataClasses } from '../config/classes.ts';
import { withAdapterClasses } from '../model/adapterClasses.ts';
import type { TensorLookup } from '../model/peftAdapter.ts';
import { answeredPositions } from './evaluate.ts';
import type { SharedParts } from './sharedParts.ts';
import { smallerSpec } from './smallerSpec.ts';

export interface TrainingSetup extends Disposable {
  readonly base: Base;
  readonly tokenizer: Tokenizer | undefined;
  readonly adapted: Adapter;
  /** The config's method; of an adapter that is continued, its own rank, alpha, scale rule and targets. */
  readonly method: MethodConfig;
  /** Values of an adapter to continue from. */
  readonly start: TensorLookup;
  readonly train: TokenDataset;
  readonly validation: TokenDataset | undefined;
  readonly sampler: Sampler;
  readonly steps: number;
  readonly trainable: number;
  /** Numbers of the adapter that stay as they start. */
  readonly frozen: number;
  readonly estimate: MemoryEstimate;
}

export interface SetupOptions {
  /** Day that templates may write; a resumed run gives the day it began. */
  readonly now?: Date;
  readonly onProgress?: (done: number, total: number, stage: 'hash' | 'rows') => void;
  /** Where base, tokenizer and data are opened and kept for the next run; absent, the setup closes them itself. */
  readonly parts?: SharedParts;
}

/** Opens base, data and `from`; nothing large is read but the data. Throws a `UserError` for what a person can mend. */
export async function setUpTraining(
  config: ResolvedConfig,
  options: SetupOptions = {},
): Promise<TrainingSetup> {
  const { parts } = options;
  const opened = parts ? parts.base(config.base) : openBase(config.base);
  const { base, adapted, method, start } = await adaptedOf(config, opened);
  const smaller = smallerBaseOf(config.method);
  const spec = smaller ? smallerSpec(base, smaller) : base.spec;
  const tokenizer = tokenizerOf(config, parts);
  const [train, validation] = await openData(config, base, tokenizer, options);
  const rows = Array.from({ length: train.rows }, (_, row) => row);
  const sampler = new Sampler(rows, (row) => train.length(row), {
    ...config.training,
    shuffle: config.data.shuffle,
  });
  const numbers = adapterNumbers(spec, adapted);
  const estimate = estimateMemory({
    spec,
    adapted,
    policy: config.memory,
    lengths: largestBatch(config.training, train),
    headRows: HEAD_ROWS,
    labelled: train.totals.supervised / train.totals.tokens,
    stateVectors: optimizers[config.training.optimizer].state.length,
    samples: config.training.samples,
  });
  return {
    base,
    tokenizer,
    adapted,
    method,
    start,
    train,
    validation,
    sampler,
    steps: sampler.totalSteps(),
    trainable: numbers.trained,
    frozen: numbers.frozen,
    estimate,
    [Symbol.dispose]: () => {
      if (parts) return;
      train.close();
      validation?.close();
      base.tensors.close();
    },
  };
}

type AdaptedSetup = Pick<TrainingSetup, 'base' | 'adapted' | 'method' | 'start'>;

/** What is trained on which base: one that classifies learns the classes of its adapter or of the rows. */
async function adaptedOf(config: ResolvedConfig, opened: Base): Promise<AdaptedSetup> {
  const { method } = config;
  if (method.from === undefined) {
    const base = await withDataClasses(opened, config.data);
    return { base, ...freshAdapter(config, base), method };
  }
  const peft = openPeftAdapter(method.from);
  try {
    requireTrainable(peft);
    const base = await withDataClasses(withAdapterClasses(opened, peft), config.data);
    const { adapted, values } = adapterFromPeft(peft, base);
    requireKind(peft, adapted, method.kind);
    const own = peft.config;
    const read = new Map<string, Float32Array | undefined>();
    const names = [
      ...adapted.saved,
      ...linearsOf(base.spec).flatMap((linear) => tensorNames(adapted, linear)),
    ];
    for (const name of names) read.set(name, values(name));
    return {
      base,
      adapted: { ...adapted, dropout: method.dropout ?? 0 },
      method: {
        ...method,
        rank: own.rank,
        alpha: own.alpha,
        rankStabilized: own.rankStabilized,
        targets: own.targets ?? [...adapted.linears.keys()],
      },
      start: (name) => read.get(name),
    };
  } finally {
    peft.close();
  }
}

/** Tensors that are trained as a whole begin as the base has them, a tied head as the embedding. */
function freshAdapter(
  { method, training }: ResolvedConfig,
  { spec, tensors }: Base,
): { adapted: Adapter; start: TensorLookup } {
  const adapted = adaptedFromConfig(method, training, spec);
  refuseLayers(adapted, spec);
  const start: TensorLookup = (name) => {
    if (!adapted.saved.has(name)) return undefined;
    return tensors.readFloat32(tensors.names.has(name) ? name : `${spec.names.embedding}.weight`);
  };
  return { adapted, start };
}

/** Layers that the method can't take: what the config's check says at its place. Throws `layer-refused`. */
function refuseLayers({ linears }: Adapter, spec: Base['spec']): void {
  for (const linear of linearsOf(spec)) {
    const attachment = linears.get(linear.path);
    const why = attachment?.method.refuse?.(attachment.options, linear);
    if (why !== undefined)
      throw new UserError('layer-refused', `${linear.path} ${why}.`, {
        place: { what: linear.path },
        hint: 'Choose a smaller rank, or leave the layer out of method.targets.',
      });
  }
}

function tensorNames({ linears }: Adapter, linear: LinearSpec): string[] {
  const attachment = linears.get(linear.path);
  if (!attachment) return [];
  const specs = attachment.method.params(attachment.options, linear);
  return Object.values(specs).map(({ tensor }) => `${linear.path}.${tensor}`);
}

/** The base's tokenizer; tokenised rows need none, and rows of text are refused without one when they are read. */
export function tokenizerOf({ base, data }: ResolvedConfig, parts?: SharedParts): Tokenizer | undefined {
  try {
    return parts ? parts.tokenizer(base) : loadTokenizer(base);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (data.format === 'tokenised' || error.code === 'tokenizer-missing') return undefined;
    throw error;
  }
}

async function openData(
  config: ResolvedConfig,
  base: Base,
  tokenizer: Tokenizer | undefined,
  { now, onProgress, parts }: SetupOptions,
): Promise<[TokenDataset, TokenDataset | undefined]> {
  const { data, training } = config;
  const reading = { ...readingOptions(config, base.spec, tokenizer), now, onProgress };
  const open = (file: string, exclude?: DataConfig['exclude']): Promise<TokenDataset> => {
    const options = { ...reading, file, exclude };
    return parts ? parts.data(config.base, options) : openDataset(options);
  };
  const all = await open(data.train, data.exclude);
  if (typeof data.validation === 'string') return [all, await open(data.validation)];
  if (data.validation === 0 || all.rows < 2) return [all, undefined];
  const split = splitRows(all.rows, data.validation, training.seed);
  return [selectRows(all, split.train), selectRows(all, split.validation)];
}

export function engineOptions(
  config: ResolvedConfig,
  { base, train, validation }: Pick<TrainingSetup, 'base' | 'train' | 'validation'>,
): Omit<EngineOptions, 'device'> {
  const longest = Math.max(train.totals.longest, validation?.totals.longest ?? 0);
  const trained = Math.min(longest, base.spec.maxPositions, config.data.length);
  // an answer may be longer than the one that is wanted
  const answered = Math.min(answeredPositions(trained), base.spec.maxPositions);
  return {
    policy: config.memory,
    span: 1,
    headRows: HEAD_ROWS,
    longest: Math.max(trained, config.training.samples > 0 ? answered : 0) + 1,
  };
}
