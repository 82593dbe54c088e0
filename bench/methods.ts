/**
 * @file `npm run bench:methods`: a step of each method over a step of LoRA, in turns on the same rows in one process.
 * Options: --rounds N, --only a,b, --base PATH, --data FILE. Medians of the rounds' ratios, by the wall and by processor seconds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { methodKeys } from '../runtime/config/options.ts';
import type { MethodConfig, ResolvedConfig } from '../runtime/contract/config.ts';
import { SharedParts } from '../runtime/pipelines/sharedParts.ts';
import { openTrainer } from '../runtime/pipelines/trainer.ts';
import type { Trainer } from '../runtime/pipelines/trainer.ts';
import { setUpTraining } from '../runtime/pipelines/training.ts';
import type { TrainingSetup } from '../runtime/pipelines/training.ts';
import { supervisedTokens } from '../runtime/train/loop.ts';
import { prepareJob } from './job.ts';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    base: {
      type: 'string',
      default: join(root, '../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf'),
    },
    data: { type: 'string', default: join(root, '../shared/data/gsm8k/train.jsonl') },
  },
});
const rounds = Number(values.rounds);
const RANK = 16;

/** What is measured, and the largest ratio that is wanted. */
const variants: Readonly<Record<string, { readonly method: object; readonly limit?: number }>> = {
  allora: { method: { kind: 'allora' }, limit: 1.15 },
  'lora-ga': {
    method: { kind: 'lora', init: 'lora-ga', rankStabilized: true, gradientRows: 4 },
    limit: 1.15,
  },
  'lora-sb': { method: { kind: 'lora-sb', gradientRows: 4 }, limit: 1.15 },
  dora: { method: { kind: 'dora' }, limit: 1.3 },
  loramoe: { method: { kind: 'loramoe', experts: 6, rank: 4 }, limit: 1.6 },
  'lora-xs': { method: { kind: 'lora-xs' } },
  pissa: { method: { kind: 'lora', init: 'pissa' } },
  'lora+': { method: { kind: 'lora', loraPlus: 16 } },
  'lora-fa': { method: { kind: 'lora', frozenA: true } },
};

/** The usual config with another method, its own keys at their defaults. */
function withMethod(config: ResolvedConfig, method: object): ResolvedConfig {
  const given = method as MethodConfig;
  const defaults = Object.entries(methodKeys(given.kind)).flatMap(([name, spec]) =>
    'default' in spec ? [[name, spec.default] as const] : [],
  );
  const usual: Record<string, unknown> = { ...Object.fromEntries(defaults), rank: RANK };
  return { ...config, method: { ...usual, ...given } };
}

interface Runner {
  readonly setup: TrainingSetup;
  readonly trainer: Trainer;
  readonly step: (t: number) => Promise<{ wall: number; processor: number }>;
}

async function open(config: ResolvedConfig, parts: SharedParts): Promise<Runner> {
  const setup = await setUpTraining(config, { parts });
  const trainer = await openTrainer(config, setup, parts);
  const step = async (t: number): Promise<{ wall: number; processor: number }> => {
    const rows = setup.sampler.step(t % setup.steps).rows[0]!.map((row) => setup.train.read(row));
    const supervised = rows.reduce((sum, row) => sum + supervisedTokens(row), 0);
    const [started, before] = [performance.now(), process.cpuUsage()];
    await trainer.engine.accumulate(rows, { token: 1 / supervised, auxiliary: 1 }, true);
    await trainer.updater.step(trainer.parameters, t + 1, 1e-4, 1);
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - started) / 1000, processor: (user + system) / 1e6 };
  };
  return { setup, trainer, step };
}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};

const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-methods-'));
try {
  const { base, data } = values;
  const job = await prepareJob(
    { base, data, lengths: undefined, memory: 'balanced', rank: RANK, steps: 4, warmup: 0 },
    folder,
  );
  const chosen = values.only?.split(',') ?? Object.keys(variants);
  console.log(
    `${cpus()[0]?.model ?? ''}, ${cpus().length} cores; LoRA rank ${RANK} on all linears of ${job.setup.base.name}`,
  );
  for (const name of chosen) {
    const { method, limit } = variants[name]!;
    await using parts = new SharedParts();
    const plain = await open(withMethod(job.config, { kind: 'lora', alpha: 2 * RANK }), parts);
    const other = await open(withMethod(job.config, method), parts);
    const ratios: { wall: number; processor: number }[] = [];
    const seconds: number[] = [];
    for (let round = -1; round < rounds; round++) {
      // who begins changes from round to round
      const order = round % 2 === 0 ? [plain, other] : [other, plain];
      const [first, second] = [await order[0]!.step(round + 1), await order[1]!.step(round + 1)];
      const [lora, own] = order[0] === plain ? [first, second] : [second, first];
      if (round < 0) continue;
      ratios.push({ wall: own.wall / lora.wall, processor: own.processor / lora.processor });
      seconds.push(own.wall);
    }
    const wall = median(ratios.map((ratio) => ratio.wall));
    const processor = median(ratios.map((ratio) => ratio.processor));
    const { trainable } = other.setup;
    console.log(
      `${name.padEnd(8)} ${wall.toFixed(2)} x LoRA (processor ${processor.toFixed(2)}${limit === undefined ? '' : `, limit ${limit}`})   ${median(seconds).toFixed(2)} s a step   ${trainable.toLocaleString('en')} trained numbers`,
    );
    plain.trainer[Symbol.dispose]();
    other.trainer[Symbol.dispose]();
  }
  job.setup[Symbol.dispose]();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
