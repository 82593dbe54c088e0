/** @file Generation: tokens are drawn one a row and call, until each row has its answer. */
import { UserError } from '../contract/errors.ts';
import { textWriter } from './decoding.ts';
import type { Engine } from './engine.ts';
import { hashKey, uniform } from './random.ts';
import { targetWriter } from './targetWriter.ts';

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

/** A base that classifies is asked to write. */
export const noGeneration = (): UserError =>
  new UserError('no-generation', 'the base classifies texts, it writes none.', {
    hint: 'Use evaluate --by exact-match for the share of rows whose class is right.',
  });

/** Answers to prompts (at least one token each), all in one batch. Throws `no-generation` for a base that only classifies. */
export async function generate(
  engine: Engine,
  prompts: readonly Uint32Array[],
  { maxTokens, stop, sampling, onToken }: GenerateOptions,
): Promise<number[][]> {
  const { task, names } = engine.spec;
  const width = names.head.outputs;
  if (task === 'classification') throw noGeneration();
  const answers: number[][] = prompts.map(() => []);
  const open = new Set(prompts.keys());
  const take = (logits: Float32Array): number[] =>
    prompts.map((_, row) => {
      const own = logits.subarray(row * width, (row + 1) * width);
      const id = sample(own, sampling, row, answers[row]!.length);
      if (!open.has(row)) return id;
      if (stop.has(id)) open.delete(row);
      else {
        answers[row]!.push(id);
        onToken?.(row, id);
        if (answers[row]!.length >= maxTokens) open.delete(row);
      }
      return id;
    });
  const begin = task === 'seq2seq' ? targetWriter : textWriter;
  using writer = await begin(engine, prompts, maxTokens);
  let next = take(await writer.begin());
  while (open.size > 0) next = take(await writer.next(next));
  return answers;
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
