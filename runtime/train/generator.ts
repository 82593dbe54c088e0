/** @file Generation with a key-value cache: whole prompts once, then one token a row and call. */
import { UserError } from '../contract/errors.ts';
import { cacheInputs } from '../model/generationSegments.ts';
import { windowsOf } from '../model/segments.ts';
import { Buffers } from '../ort/device.ts';
import { hostTensor } from '../ort/session.ts';
import type { Tensor } from '../ort/session.ts';
import { prepareBatch } from './batch.ts';
import type { TokenRow } from './batch.ts';
import type { CompiledGeneration } from './compiled.ts';
import type { Engine } from './engine.ts';
import { hashKey, uniform } from './random.ts';

export interface Sampling {
  /** 0 takes the likeliest token always. */
  readonly temperature: number;
  /** Smallest set of tokens whose probabilities reach this share; 1 = all. */
  readonly topP: number;
  readonly seed: number;
}

export interface GenerateOptions {
  readonly maxTokens: number;
  /** Ids that end an answer; the id itself is left out of the result. */
  readonly stop: ReadonlySet<number>;
  readonly sampling: Sampling;
  /** Called with a row and each of its tokens as it comes. */
  readonly onToken?: (row: number, id: number) => void;
}

export const greedy: Sampling = { temperature: 0, topP: 1, seed: 0 };

interface Caches {
  readonly keys: Tensor[];
  readonly values: Tensor[];
}

/** A base that classifies is asked to write. */
export const noGeneration = (): UserError =>
  new UserError('no-generation', 'the base classifies texts, it writes none.', {
    hint: 'Use evaluate --by exact-match for the share of rows whose class is right.',
  });

/** Answers to prompts (at least one token each), all in one batch. Throws `no-generation` for a base that only classifies. */
export async function generate(
  engine: Engine,
  prompts: readonly Uint32Array[],
  options: GenerateOptions,
): Promise<number[][]> {
  const { task } = engine.spec;
  if (task === 'classification') throw noGeneration();
  if (task === 'seq2seq') return generateTargets(engine, prompts, options);
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  const capacity = Math.ceil((longest + options.maxTokens + 1) / 8) * 8;
  const generation = await engine.model.generation();
  const homes = generation.map(() => [new Buffers(), new Buffers()] as const);
  const work = new Buffers();
  const answers: number[][] = prompts.map(() => []);
  const open = new Set(prompts.keys());
  const take = (logits: Float32Array): number[] =>
    prompts.map((_, row) => {
      const vocab = engine.spec.vocab;
      const id = sample(
        logits.subarray(row * vocab, (row + 1) * vocab),
        options.sampling,
        row,
        answers[row]!.length,
      );
      if (!open.has(row)) return id;
      if (options.stop.has(id)) open.delete(row);
      else {
        answers[row]!.push(id);
        options.onToken?.(row, id);
        if (answers[row]!.length >= options.maxTokens) open.delete(row);
      }
      return id;
    });
  try {
    const caches = generation.map((): Caches => ({ keys: [], values: [] }));
    let next = take(await prefill(engine, generation, caches, homes, prompts, capacity));
    for (let step = 0; open.size > 0; step++) {
      const lengths = prompts.map((prompt) => prompt.length + step);
      const batch = decodeInputs(engine, next, lengths, capacity);
      next = take(await decode(engine, generation, caches, homes, work, batch, step));
    }
  } finally {
    for (const buffers of [...homes.flat(), work]) buffers[Symbol.dispose]();
  }
  return answers;
}

/** Targets of sources, one token of each open row a pass; every pass reads source and target anew. */
async function generateTargets(
  engine: Engine,
  sources: readonly Uint32Array[],
  { maxTokens, stop, sampling, onToken }: GenerateOptions,
): Promise<number[][]> {
  const width = engine.spec.names.head.outputs;
  const answers: number[][] = sources.map(() => []);
  let open = [...sources.keys()];
  while (open.length > 0) {
    const { logits } = await engine.logits(open.map((row) => asTarget(sources[row]!, answers[row]!)));
    let end = 0;
    open = open.filter((row) => {
      const answer = answers[row]!;
      // the output at a target's last place says the token that stands there
      end += answer.length + 1;
      const id = sample(logits.subarray((end - 1) * width, end * width), sampling, row, answer.length);
      if (stop.has(id)) return false;
      answer.push(id);
      onToken?.(row, id);
      return answer.length < maxTokens;
    });
  }
  return answers;
}

/** A source and what is written about it so far, with a place for the next token. */
function asTarget(source: Uint32Array, answer: readonly number[]): TokenRow {
  const ids = Uint32Array.from([...source, ...answer, 0]);
  const second = new Uint8Array(ids.length).fill(1, source.length);
  return { ids, mask: new Uint8Array(ids.length), second };
}

async function prefill(
  engine: Engine,
  generation: readonly CompiledGeneration[],
  caches: readonly Caches[],
  homes: readonly (readonly [Buffers, Buffers])[],
  prompts: readonly Uint32Array[],
  capacity: number,
): Promise<Float32Array> {
  const rows = prompts.map((ids) => ({ ids, mask: new Uint8Array(ids.length) }));
  const batch = prepareBatch(rows, engine.spec, { chunk: capacity, count: 1 });
  const filled = new Float32Array(prompts.length * capacity);
  prompts.forEach(({ length }, row) => filled.fill(1, row * capacity, row * capacity + length));
  const own = { ...batch.feeds, filled: hostTensor(filled, [prompts.length, 1, capacity, 1]) };
  let x = await engine.embed(own, batch.sizes);
  for (const [i, { prefill: graph, prefillProgram, parameters }] of generation.entries()) {
    const feeds = await engine.feeds(own, graph.weights, parameters, x);
    const out = await engine.device.run(prefillProgram, feeds, batch.sizes, homes[i]![0]);
    keep(caches[i]!, graph, out);
    x = out[graph.output]!;
  }
  const last = BigInt64Array.from(prompts, ({ length }, row) =>
    BigInt(batch.layout.starts[row]! + length - 1),
  );
  return engine.headLogits(own, batch.sizes, x, last);
}

function keep(
  caches: Caches,
  graph: CompiledGeneration['prefill'],
  out: Readonly<Record<string, Tensor>>,
): void {
  graph.caches.forEach(({ keys, values }, i) => {
    caches.keys[i] = out[keys]!;
    caches.values[i] = out[values]!;
  });
}

interface DecodeInputs {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly sizes: Readonly<Record<string, number>>;
}

/** One token a row at position lengths[row], which is also its slot. */
function decodeInputs(
  engine: Engine,
  ids: readonly number[],
  lengths: readonly number[],
  capacity: number,
): DecodeInputs {
  const rows = ids.length;
  const slot = new Float32Array(rows * capacity);
  lengths.forEach((length, row) => (slot[row * capacity + length] = 1));
  const feeds: Record<string, Tensor> = {
    ids: hostTensor(BigInt64Array.from(ids, BigInt), [rows]),
    positions: hostTensor(BigInt64Array.from(lengths, BigInt), [rows, 1]),
    slot: hostTensor(slot, [rows, 1, capacity, 1]),
  };
  for (const window of windowsOf(engine.spec)) {
    const mask = new Float32Array(rows * capacity).fill(-1e9);
    lengths.forEach((length, row) => {
      const first = window === undefined ? 0 : Math.max(0, length - window + 1);
      mask.fill(0, row * capacity + first, row * capacity + length + 1);
    });
    feeds[`mask${window ?? ''}`] = hostTensor(mask, [rows, 1, 1, capacity]);
  }
  return { feeds, sizes: { tokens: rows, slots: capacity } };
}

async function decode(
  engine: Engine,
  generation: readonly CompiledGeneration[],
  caches: readonly Caches[],
  homes: readonly (readonly [Buffers, Buffers])[],
  work: Buffers,
  { feeds: own, sizes }: DecodeInputs,
  step: number,
): Promise<Float32Array> {
  let x = await engine.embed(own, sizes);
  for (const [i, { decode: graph, decodeProgram, parameters }] of generation.entries()) {
    const feeds = await engine.feeds(own, graph.weights, parameters, x);
    caches[i]!.keys.forEach((keys, block) => {
      const names = cacheInputs(block);
      feeds[names.keys] = keys;
      feeds[names.values] = caches[i]!.values[block]!;
    });
    const home = homes[i]![1 - (step % 2)]!;
    const out = await engine.device.run(decodeProgram, feeds, sizes, home);
    keep(caches[i]!, graph, out);
    x = out[graph.output]!;
  }
  return engine.headLogits(
    own,
    sizes,
    x,
    BigInt64Array.from({ length: sizes['tokens']! }, (_, i) => BigInt(i)),
    work,
  );
}

/** The next token's id from one row of logits. */
export function sample(
  logits: Float32Array,
  { temperature, topP, seed }: Sampling,
  row: number,
  step: number,
): number {
  if (temperature === 0) return largest(logits);
  const top = logits[largest(logits)]!;
  const weights = Float64Array.from(logits, (x) => Math.exp((x - top) / temperature));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const target = uniform(hashKey('sample', seed, row, step))();
  const order = topP < 1 ? Array.from(weights.keys()).sort((a, b) => weights[b]! - weights[a]!) : undefined;
  const count = order ? nucleus(order, weights, topP * total) : weights.length;
  let kept = 0;
  for (let i = 0; i < count; i++) kept += weights[order ? order[i]! : i]!;
  let left = target * kept;
  for (let i = 0; i < count; i++) {
    const id = order ? order[i]! : i;
    left -= weights[id]!;
    if (left < 0) return id;
  }
  return order ? order[count - 1]! : largest(logits);
}

function nucleus(order: readonly number[], weights: Float64Array, share: number): number {
  let sum = 0;
  for (let i = 0; i < order.length; i++) {
    sum += weights[order[i]!]!;
    if (sum >= share) return i + 1;
  }
  return order.length;
}

function largest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}
