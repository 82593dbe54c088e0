/** @file The bench's work: rows of real chats by length, the config that trains on them, and the same for a peer. */
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkConfig } from '../runtime/config/check.ts';
import type { MemoryPolicy, ResolvedConfig } from '../runtime/contract/config.ts';
import { writeSafetensors } from '../runtime/formats/safetensors.ts';
import { fillInitial } from '../runtime/methods/init.ts';
import { elementCount, linearsOf } from '../runtime/model/adapted.ts';
import { setUpTraining } from '../runtime/pipelines/training.ts';
import type { TrainingSetup } from '../runtime/pipelines/training.ts';
import type { MemoryEstimate } from '../runtime/train/estimate.ts';
import { supervisedTokens } from '../runtime/train/loop.ts';
import { hashKey, uniform } from '../runtime/train/random.ts';

export interface JobOptions {
  readonly base: string;
  /** JSONL with `question` and `answer`. */
  readonly data: string;
  /** Shortest and longest row in tokens. */
  readonly lengths: readonly [number, number] | undefined;
  readonly memory: MemoryPolicy;
  readonly rank: number;
  /** Steps that count, after `warmup` that don't. */
  readonly steps: number;
  readonly warmup: number;
}

export interface Row {
  readonly ids: readonly number[];
  readonly mask: readonly number[];
}

export interface Job {
  readonly configFile: string;
  readonly config: ResolvedConfig;
  /** The rows of each step. */
  readonly batches: readonly (readonly Row[])[];
  readonly estimate: MemoryEstimate;
  readonly setup: TrainingSetup;
}

const TOKENS = 1024;
const SEED = 1;
/** Rows of the usual mix come from the file's first lines; rare lengths are looked for in all of it. */
const USUAL_LINES = 400;

const supervisedOf = (row: Row): number => row.mask.slice(1).reduce((n, bit) => n + bit, 0);

export const tokensIn = (batch: readonly Row[]): number => batch.reduce((n, { ids }) => n + ids.length, 0);
export const supervisedIn = (batch: readonly Row[]): number =>
  batch.reduce((n, row) => n + supervisedOf(row), 0);

async function firstLines(path: string, count: number): Promise<string> {
  const lines: string[] = [];
  const input = createReadStream(path);
  for await (const line of createInterface({ input })) {
    if (lines.push(line) === count) break;
  }
  input.destroy();
  return `${lines.join('\n')}\n`;
}

function resolved(file: string, values: object): ResolvedConfig {
  const text = JSON.stringify(values, null, 2);
  writeFileSync(file, text);
  const { config, diagnostics } = checkConfig(text, file);
  if (!config) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return config;
}

function configOf(options: JobOptions, folder: string, data: object): object {
  return {
    base: options.base,
    data: { validation: 0, length: TOKENS, shuffle: false, ...data },
    method: { kind: 'lora', rank: options.rank, alpha: 2 * options.rank },
    training: {
      steps: options.warmup + options.steps,
      tokens: TOKENS,
      learningRate: 1e-4,
      schedule: 'constant',
      warmup: 0,
      weightDecay: 0,
      clip: 1,
      seed: SEED,
      checkpointEvery: 0,
    },
    memory: options.memory,
    output: join(folder, 'runs'),
  };
}

/** Tokenises chats by the base's own template, keeps those of the wanted lengths, and writes as many as the steps take. */
async function writeRows(options: JobOptions, folder: string): Promise<string> {
  const lines = options.lengths ? Number.POSITIVE_INFINITY : USUAL_LINES;
  const chats = join(folder, 'chats.jsonl');
  writeFileSync(chats, await firstLines(options.data, lines));
  const columns = { prompt: 'question', completion: 'answer' };
  const data = { train: chats, format: 'prompt-completion', columns };
  using setup = await setUpTraining(
    resolved(join(folder, 'chats.adapter.json'), configOf(options, folder, data)),
  );
  const [least, most] = options.lengths ?? [1, TOKENS];
  const wanted = TOKENS * (options.warmup + options.steps);
  const rows: string[] = [];
  let tokens = 0;
  for (let row = 0; row < setup.train.rows && tokens < wanted; row++) {
    const length = setup.train.length(row);
    if (length < least || length > most) continue;
    const { ids, mask } = setup.train.read(row);
    if (supervisedTokens({ ids, mask }) === 0) continue;
    tokens += length;
    const labels = Array.from(ids, (id, i) => (mask[i] === 1 ? id : -100));
    rows.push(`${JSON.stringify({ input_ids: Array.from(ids), labels })}\n`);
  }
  if (tokens < TOKENS) throw new Error(`the data has only ${tokens} tokens in rows of ${least} to ${most}`);
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, rows.join(''));
  return path;
}

/** Prepares everything in `folder`; dispose the setup. */
export async function prepareJob(options: JobOptions, folder: string): Promise<Job> {
  mkdirSync(folder, { recursive: true });
  const train = await writeRows(options, folder);
  const configFile = join(folder, 'bench.adapter.json');
  const config = resolved(configFile, configOf(options, folder, { train, format: 'tokenised' }));
  const setup = await setUpTraining(config);
  const batches = Array.from({ length: setup.steps }, (_, t) =>
    setup.sampler.step(t).rows.flatMap((micro) =>
      micro.map((row) => {
        const { ids, mask } = setup.train.read(row);
        return { ids: Array.from(ids), mask: Array.from(mask) };
      }),
    ),
  );
  return { configFile, config, batches, estimate: setup.estimate, setup };
}

/** The start values that our own run draws from its seed, as safetensors by PEFT's names without prefix. */
export function writeStart({ setup, config }: Job, path: string): string {
  const tensors = linearsOf(setup.base.spec).flatMap((linear) => {
    const attachment = setup.adapted.linears.get(linear.path);
    if (!attachment) return [];
    return Object.values(attachment.method.params(attachment.options, linear)).map(
      ({ tensor, shape, init }) => {
        const name = `${linear.path}.${tensor}`;
        const data = new Float32Array(elementCount(shape));
        fillInitial(data, init, shape[1] ?? 1, uniform(hashKey('init', config.training.seed, name)));
        return { name, dtype: 'F32' as const, shape, data };
      },
    );
  });
  writeSafetensors(path, tensors, { format: 'pt' });
  return path;
}
