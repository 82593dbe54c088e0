/** @file Judges a base with and without an adapter on held-out rows: loss, and answers that it writes itself. */

import { availableParallelism } from 'node:os';
import { UserError } from '../contract/errors.ts';
import { isJson } from '../data/isJson.ts';
import { loadTokenizer } from '../data/loadTokenizer.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import type { Provider } from '../graph/lower.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { unadapted } from '../model/adapted.ts';
import { openBase } from '../model/base.ts';
import type { Base } from '../model/decoder.ts';
import { withAdapterClasses } from '../model/adapterClasses.ts';
import { Device } from '../ort/device.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import { generate, greedy, noGeneration } from '../train/generator.ts';
import { evaluate } from '../train/loop.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import { startValues } from './adapterModel.ts';
import { readRows } from './readRows.ts';
import type { AdapterModel } from '../model/peftAdapter.ts';
import { cacheBytesPerToken, HEAD_ROWS, LARGEST_CACHES } from '../train/estimate.ts';

export type Measure = 'loss' | 'exact-match' | 'json';

export interface EvaluateOptions {
  readonly base: string;
  readonly adapter?: string;
  readonly data: string;
  readonly measures: readonly Measure[];
  readonly length: number;
  readonly provider: Provider;
  readonly columns?: Readonly<Record<string, string>>;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One row answered. */
export interface Answer {
  readonly prompt: string;
  readonly wanted: string;
  readonly given: string;
  /** The model had not ended it when it was stopped. */
  readonly cut: boolean;
}

export interface Evaluation {
  readonly rows: number;
  readonly loss?: number;
  /** Shares, 0..1. */
  readonly exact?: number;
  readonly json?: number;
  readonly answers: readonly Answer[];
}

/** Evaluates one base, with the adapter if one is named. */
export async function evaluateModel(options: EvaluateOptions): Promise<Evaluation> {
  const opened = openBase(options.base);
  const tokenizer = loadTokenizer(opened.path);
  const peft = options.adapter === undefined ? undefined : openPeftAdapter(options.adapter);
  try {
    const base = peft ? withAdapterClasses(opened, peft) : opened;
    const { rows, longest } = await readRows(base, tokenizer, {
      file: options.data,
      length: options.length,
      trainOn: 'last',
      columns: options.columns,
    });
    await using device = new Device({ provider: options.provider, threads: availableParallelism() });
    using engine = await adaptedEngine(
      base,
      peft && adapterFromPeft(peft, base),
      device,
      answeredPositions(longest),
    );
    return await measure(engine, tokenizer, rows, options);
  } finally {
    peft?.close();
    opened.tensors.close();
  }
}

/** An engine that only runs: weights once, adapter values set. */
export async function adaptedEngine(
  base: Base,
  model: AdapterModel | undefined,
  device: Device,
  longest: number,
  weights?: Engine['weights'],
): Promise<Engine> {
  const engine = new Engine(base, model?.adapted ?? unadapted, {
    device,
    policy: 'balanced',
    span: 1,
    headRows: HEAD_ROWS,
    longest: Math.min(longest, base.spec.maxPositions),
    ...(model && { overrides: model.overrides }),
    ...(weights && { weights }),
  });
  await startValues(await engine.model.parameters(), model?.values ?? (() => undefined), 0);
  return engine;
}

/** Loss over the trained tokens, and greedy answers in the place of each row's last trained span. */
export async function measure(
  engine: Engine,
  tokenizer: Tokenizer,
  rows: readonly TokenRow[],
  { measures, onProgress }: Pick<EvaluateOptions, 'measures' | 'onProgress'>,
): Promise<Evaluation> {
  if (engine.spec.task === 'classification') return measureClasses(engine, rows, measures);
  const loss = measures.includes('loss') ? (await evaluate(engine, rows)).loss : undefined;
  const written = measures.some((name) => name !== 'loss');
  const answers = written ? await answer(engine, tokenizer, rows, Infinity, onProgress) : [];
  const share = (good: (item: Answer) => boolean): number => answers.filter(good).length / answers.length;
  return {
    rows: rows.length,
    ...(loss !== undefined && { loss }),
    ...(measures.includes('exact-match') && { exact: share(({ wanted, given }) => wanted === given) }),
    ...(measures.includes('json') && { json: share(({ given }) => isJson(given)) }),
    answers,
  };
}

/** Loss, and the share of rows whose class is right in the place of exact matches. */
async function measureClasses(
  engine: Engine,
  rows: readonly TokenRow[],
  measures: readonly Measure[],
): Promise<Evaluation> {
  if (measures.includes('json')) throw noGeneration();
  const { loss, accuracy = 0 } = await evaluate(engine, rows);
  return {
    rows: rows.length,
    ...(measures.includes('loss') && { loss }),
    ...(measures.includes('exact-match') && { exact: accuracy }),
    answers: [],
  };
}

interface Question {
  readonly prompt: Uint32Array;
  readonly wanted: string;
  readonly tokens: number;
}

/** The last run of trained tokens is what should be written, all before it the prompt. */
function question({ ids, mask }: TokenRow, tokenizer: Tokenizer): Question {
  const end = mask.lastIndexOf(1) + 1;
  const start = mask.lastIndexOf(0, end - 1) + 1;
  if (end === 0 || start === 0)
    throw new UserError('no-answer', 'a row has no answer to compare with.', {
      hint: 'Give rows with an assistant turn or a completion.',
    });
  const wanted = tokenizer.decode(ids.subarray(start, end), { skipSpecial: true }).trim();
  return { prompt: ids.slice(0, start), wanted, tokens: end - start };
}

/** Tokens beyond the longest wanted answer that show a rambling one as wrong, without waiting for its end. */
const RAMBLE = 16;

/** Positions that prompts and answers of rows of up to `longest` tokens can take. */
export const answeredPositions = (longest: number): number => 2 * longest + RAMBLE;

/** Greedy answers in the place of each row's last trained span. Throws `no-answer`. */
export async function answer(
  engine: Engine,
  tokenizer: Tokenizer,
  rows: readonly TokenRow[],
  mostTokens: number,
  onProgress?: EvaluateOptions['onProgress'],
): Promise<Answer[]> {
  const questions = rows.map((row) => question(row, tokenizer));
  const order = [...questions.keys()].sort(
    (a, b) => questions[a]!.prompt.length - questions[b]!.prompt.length,
  );
  const answers: Answer[] = [];
  const most = Math.min(mostTokens, Math.max(...questions.map(({ tokens }) => tokens)) + RAMBLE);
  const perToken = cacheBytesPerToken(engine.spec);
  let at = 0;
  while (at < order.length) {
    const longest = (count: number): number =>
      questions[order[Math.min(order.length, at + count) - 1]!]!.prompt.length;
    let count = 1;
    while (
      at + count < order.length &&
      longest(count + 1) + most <= engine.longest &&
      (count + 1) * (longest(count + 1) + most) * perToken < LARGEST_CACHES
    )
      count++;
    const batch = order.slice(at, at + count);
    const prompts = batch.map((i) => questions[i]!.prompt);
    // a row that reaches the base's last positions is answered alone: there is room for what it wants
    const maxTokens = Math.min(most, engine.longest - longest(count));
    const given = await generate(engine, prompts, { maxTokens, stop: tokenizer.endIds, sampling: greedy });
    batch.forEach((i, row) => {
      const { prompt, wanted } = questions[i]!;
      answers[i] = {
        prompt: tokenizer.decode(prompt, { skipSpecial: false }),
        wanted,
        given: tokenizer.decode(given[row]!, { skipSpecial: true }).trim(),
        cut: given[row]!.length >= maxTokens,
      };
    });
    at += count;
    onProgress?.(at, order.length);
  }
  return answers;
}
