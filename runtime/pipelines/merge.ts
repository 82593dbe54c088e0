/** @file Merges an adapter into its base: a folder in transformers' layout that computes what base and adapter compute together. */
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { writeFolder } from '../formats/atomicFolder.ts';
import { withKeys } from '../formats/jsonChanges.ts';
import { readJsonObject, readSmallFile } from '../formats/jsonFile.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { writeSafetensors } from '../formats/safetensors.ts';
import { weightsFile } from '../formats/safetensorsFolder.ts';
import { writeText } from '../formats/textFile.ts';
import type { AdapterMethod } from '../methods/method.ts';
import { mergeRow } from '../methods/merge.ts';
import { addLowRank, loraScale } from '../methods/parts/lowRank.ts';
import { elementCount, hasBias, linearsOf, unadapted } from '../model/adapted.ts';
import type { Adapted, Attachment } from '../model/adapted.ts';
import { describeConfig, openBase } from '../model/base.ts';
import { ConfigReader } from '../model/configReader.ts';
import type { Base, DecoderSpec, LinearSpec } from '../model/decoder.ts';
import { linearTensors, specTensors } from '../model/specTensors.ts';
import { Device } from '../ort/device.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import { Weights } from '../train/weights.ts';
import { withAdapterClasses } from '../model/adapterClasses.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import { startValues } from './adapterModel.ts';
import { layerTensors } from './storedAdapter.ts';
import type { AdapterModel, TensorLookup } from '../model/peftAdapter.ts';

export interface MergeOptions {
  readonly base: string;
  readonly adapter: string;
  /** A folder that does not exist yet. */
  readonly output: string;
  readonly threads: number;
}

export interface Merged {
  /** Linears (and the embedding) whose weight has changed, and modules replaced whole. */
  readonly changed: number;
  readonly bytes: number;
  /** Largest difference of the logits to base + adapter, relative to the largest logit. */
  readonly difference: number;
}

/** What a folder in transformers' layout may hold beside config and weights. */
const companions = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'tokenizer.model',
  'spiece.model',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
];

/** PEFT's own limit for a float32 round trip. */
const TOLERANCE = 1e-4;

/** No weight does the work of a method that decides token by token. Throws `merge-method`. */
function refuseUnmergeable({ adapted }: AdapterModel, { adapter }: MergeOptions): void {
  for (const { method } of adapted.linears.values())
    if (method.unmergeable !== undefined)
      throw new UserError(
        'merge-method',
        `is a ${method.title} adapter: ${method.unmergeable}, so that no single weight does its work.`,
        {
          place: { file: adapter },
          hint: 'Use base and adapter side by side, or `export` it.',
        },
      );
}

/**
 * Writes config, weights (float32) and the tokenizer's files, opens the folder again and compares its logits.
 * Throws `merge-output`, `merge-config`, `merge-bias`, `merge-differs` (nothing is left then) and what opening base and adapter throws.
 */
export async function mergeAdapter(options: MergeOptions): Promise<Merged> {
  const { output } = options;
  if (existsSync(output))
    throw new UserError('merge-output', 'exists already.', {
      place: { file: output },
      hint: 'Name a folder that does not exist yet.',
    });
  const opened = openBase(options.base);
  try {
    const peft = openPeftAdapter(options.adapter);
    try {
      const base = withAdapterClasses(opened, peft);
      const model = adapterFromPeft(peft, base);
      refuseUnmergeable(model, options);
      return await writeMerged(base, model, options);
    } finally {
      peft.close();
    }
  } finally {
    opened.tensors.close();
  }
}

/** Where config.json lies: in the base's folder, for a .gguf file beside it. Throws `merge-config`. */
function companionFolder({ path }: Base): string {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  if (existsSync(join(folder, 'config.json'))) return folder;
  throw new UserError('merge-config', 'has no config.json beside it, which a merged folder needs.', {
    place: { file: path },
    hint: 'Name the folder with the safetensors of this base, or put its config.json beside the .gguf file.',
  });
}

async function writeMerged(base: Base, model: AdapterModel, options: MergeOptions): Promise<Merged> {
  const companion = companionFolder(base);
  const configFile = join(companion, 'config.json');
  const { changes, spec } = mergedConfig(base, model, configFile);
  await using device = new Device({ provider: 'cpu', threads: options.threads });
  const expected = await logitsOf(device, base, model);
  let merged: Merged | undefined;
  await writeFolder(options.output, async (folder) => {
    // readers that tell 1.0 from 1 find it as it was
    const stored = Buffer.from(readSmallFile(configFile)).toString('utf8');
    writeText(join(folder, 'config.json'), withKeys(stored.replace(/^\uFEFF/, ''), changes));
    for (const name of companions)
      if (existsSync(join(companion, name))) copyFileSync(join(companion, name), join(folder, name));
    const weights = join(folder, weightsFile);
    const changed = writeWeights(weights, { base, model, device, spec });
    const difference = await differenceTo(expected, device, folder);
    if (!(difference <= TOLERANCE))
      throw new UserError('merge-differs', `computes other logits, by ${difference.toExponential(1)}.`, {
        place: { file: options.output },
        hint: 'This is a mistake of the program: please report it with the adapter.',
      });
    merged = { changed, bytes: statSync(weights).size, difference };
  });
  return merged!;
}

type Config = Record<string, unknown>;

/** Keys that give linears of a block a bias, in every family that has such a key. */
const biasChoices: readonly Config[] = [
  {},
  { attention_bias: true },
  { mlp_bias: true },
  { attention_bias: true, mlp_bias: true },
];

/** The base's config.json for float32, with the biases and the head of its own that the adapter needs. Throws `merge-bias`. */
function mergedConfig(base: Base, model: AdapterModel, file: string): { changes: Config; spec: DecoderSpec } {
  const stored = readJsonObject(file);
  const own: Config = {
    ['dtype' in stored ? 'dtype' : 'torch_dtype']: 'float32',
    ...headKeys(base, model),
  };
  const biased = [...model.adapted.linears]
    .filter(([, attachment]) => hasBias(attachment))
    .map(([path]) => path);
  for (const choice of biasChoices) {
    const changes = { ...own, ...choice };
    const spec = withOwnHead(describeConfig(new ConfigReader({ ...stored, ...changes }, file)), base, model);
    const places = new Set(linearsOf(spec).flatMap(({ path, bias }) => (bias ? [path] : [])));
    if (biased.every((path) => places.has(path))) return { changes, spec };
  }
  const { modelType } = base.spec;
  throw new UserError('merge-bias', `adds biases, for which a ${modelType} model has no place.`, {
    place: { file, what: biased.join(', ') },
    hint: 'Use base and adapter side by side.',
  });
}

/** Keys that say what the head is: a table of its own, T5's scale (which otherwise hangs on that), the classes. */
function headKeys(base: Base, model: AdapterModel): Config {
  const { task, labels = [], logitScale } = base.spec;
  if (task === 'seq2seq') return { scale_decoder_outputs: logitScale !== 1 };
  if (task === 'classification')
    return {
      architectures: ['BertForSequenceClassification'],
      id2label: Object.fromEntries(labels.entries()),
      label2id: Object.fromEntries(labels.map((name, id) => [name, id])),
    };
  return !base.spec.tied || untiesHead(base, model) ? { tie_word_embeddings: false } : {};
}

/** T5's description calls every head tied; one of its own is known by its tensor alone. */
const withOwnHead = (spec: DecoderSpec, base: Base, model: AdapterModel): DecoderSpec =>
  spec.task === 'seq2seq' ? { ...spec, tied: base.spec.tied && !untiesHead(base, model) } : spec;

/** A tied head goes on reading the base's table: where the embedding changes, or the head itself, the two part. */
function untiesHead({ spec }: Base, { adapted, overrides }: AdapterModel): boolean {
  const [head, table] = [`${spec.names.head.path}.weight`, `${spec.names.embedding}.weight`];
  const parts =
    adapted.linears.has(spec.names.head.path) ||
    adapted.embedding !== undefined ||
    [head, table].some((name) => adapted.saved.has(name)) ||
    overrides.has(head);
  return spec.tied && parts;
}

interface Writing {
  readonly base: Base;
  readonly model: AdapterModel;
  readonly device: Device;
  /** Of the merged model. */
  readonly spec: DecoderSpec;
}

/** All tensors of the merged model's description, one in memory at a time. @returns how many an adapter changes. */
function writeWeights(path: string, { base, model, device, spec }: Writing): number {
  const { adapted, overrides, values } = model;
  const weights = new Weights(base, device, overrides);
  const linears = new Map(
    linearsOf(spec).flatMap((linear) => linearTensors(linear).map(({ name }) => [name, linear] as const)),
  );
  let changed = 0;
  const count = (data: Float32Array): Float32Array => {
    changed++;
    return data;
  };
  const data = (name: string, shape: readonly number[]): Float32Array => {
    if (adapted.saved.has(name)) return count(values(name)!);
    const linear = linears.get(name);
    const attachment = linear && adapted.linears.get(linear.path);
    const isBias = linear !== undefined && name.endsWith('.bias');
    // a bias that the base lacks was zero
    const own = isBias && !base.tensors.names.has(name) ? new Float32Array(elementCount(shape)) : undefined;
    const frozen = own ?? weights.values(name);
    if (isBias)
      return attachment && hasBias(attachment)
        ? count(mergeBias(frozen, linear.path, attachment, values))
        : frozen;
    if (attachment) return count(mergeLinear(frozen.slice(), linear, attachment, values));
    const { embedding } = spec.names;
    if (name === `${embedding}.weight` && adapted.embedding)
      return count(mergeTable(frozen.slice(), embedding, adapted.embedding, values));
    return frozen;
  };
  writeSafetensors(
    path,
    specTensors(spec).map(({ name, shape }) => ({
      name,
      dtype: 'F32' as const,
      shape,
      data: () => data(name, shape),
    })),
    { format: 'pt' },
  );
  return changed;
}

/** b + s b', b' being PEFT's lora_B.bias. */
function mergeBias(
  frozen: Float32Array,
  path: string,
  { method, options }: Attachment<AdapterMethod>,
  values: TensorLookup,
): Float32Array {
  const added = values(`${path}.lora_B.bias`)!;
  const scale = method.scale(options);
  return frozen.map((b, i) => b + scale * added[i]!);
}

/** The merged weight in the frozen one's layout and place. */
function mergeLinear(
  weight: Float32Array,
  layer: LinearSpec,
  attachment: Attachment<AdapterMethod>,
  values: TensorLookup,
): Float32Array {
  const { inputs, outputs, transposed, path } = layer;
  const { method, options } = attachment;
  const shapes = new Map(
    Object.values(method.params(options, layer)).map(({ tensor, shape }) => [`${path}.${tensor}`, shape]),
  );
  const tensors = layerTensors(attachment, layer, (name) => ({
    shape: shapes.get(name)!,
    data: values(name)!,
  }));
  const form = method.stored(tensors, options, layer);
  const row = new Float64Array(inputs);
  const [first, next] = transposed ? [1, outputs] : [inputs, 1];
  for (let output = 0; output < outputs; output++) {
    for (let i = 0; i < inputs; i++) row[i] = weight[output * first + i * next]!;
    mergeRow(row, output, form);
    for (let i = 0; i < inputs; i++) weight[output * first + i * next] = row[i]!;
  }
  return weight;
}

/** Row v of the table gets s Σ_k A[k, v] B[:, k]: a linear's rule with A and B in each other's place. */
function mergeTable(
  table: Float32Array,
  path: string,
  { options }: NonNullable<Adapted['embedding']>,
  values: TensorLookup,
): Float32Array {
  const [A, B] = [values(`${path}.lora_embedding_A`)!, values(`${path}.lora_embedding_B`)!];
  const { rank } = options;
  const scale = loraScale(options);
  const [vocab, hidden] = [A.length / rank, B.length / rank];
  const across = transpose(B, hidden, rank);
  const down = transpose(A, rank, vocab);
  const row = new Float64Array(hidden);
  for (let id = 0; id < vocab; id++) {
    row.set(table.subarray(id * hidden, (id + 1) * hidden));
    addLowRank(row, id, { A: across, B: down }, { rank, scale });
    table.set(row, id * hidden);
  }
  return table;
}

/** [rows, columns] -> [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(elementCount([rows, columns]));
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = values[i * columns + j]!;
  return turned;
}

/** Ids from the whole vocabulary, in an order without a pattern. */
function testRow({ vocab, maxPositions, task }: Base['spec']): TokenRow {
  const length = Math.min(32, maxPositions);
  const ids = Uint32Array.from({ length }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0).map(
    (x) => x % vocab,
  );
  // an encoder-decoder writes the second half about the first
  const second = task === 'seq2seq' && ids.map((_, i) => (2 * i < length ? 0 : 1));
  return { ids, mask: new Uint8Array(length), ...(second && { second: Uint8Array.from(second) }) };
}

async function logitsOf(
  device: Device,
  base: Base,
  { adapted, overrides, values }: AdapterModel,
): Promise<Float32Array> {
  const row = testRow(base.spec);
  const longest = row.ids.length;
  using engine = new Engine(base, adapted, {
    device,
    policy: 'low',
    span: 1,
    headRows: longest,
    longest,
    overrides,
  });
  await startValues(await engine.model.parameters(), values, 0);
  return (await engine.logits([row])).logits.slice();
}

async function differenceTo(expected: Float32Array, device: Device, folder: string): Promise<number> {
  const base = openBase(folder);
  try {
    const nothing: AdapterModel = { adapted: unadapted, overrides: new Map(), values: () => undefined };
    const found = await logitsOf(device, base, nothing);
    let [worst, largest] = [0, 0];
    for (let i = 0; i < expected.length; i++) {
      const difference = Math.abs(found[i]! - expected[i]!);
      worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
      largest = Math.max(largest, Math.abs(expected[i]!));
    }
    return worst / largest;
  } finally {
    base.tensors.close();
  }
}
