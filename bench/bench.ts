/**
 * @file `npm run bench`: speed and memory of training a real model, as one JSON; with `--peft PYTHON` in turns with PyTorch and PEFT.
 * Options: --steps N, --warmup N, --threads N, --memory fast|balanced|low, --rows 60-120, --rounds N, --settings a,b, --base, --data.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { MemoryPolicy } from '../runtime/contract/config.ts';
import { prepareJob, supervisedIn, tokensIn, writeStart } from './job.ts';
import type { Job } from './job.ts';
import type { WorkerJob, WorkerResult } from './worker.ts';

const root = resolve(import.meta.dirname, '..');
const model = join(root, '../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
const SETTINGS = 'packed,padded,packed-checkpoint,padded-checkpoint,packed-compile,padded-compile';
const RANK = 16;

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '2' },
    threads: { type: 'string', default: String(Math.min(2, cpus().length)) },
    memory: { type: 'string', default: 'balanced' },
    rows: { type: 'string' },
    peft: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    settings: { type: 'string', default: SETTINGS },
    base: { type: 'string', default: model },
    data: { type: 'string', default: join(root, '../shared/data/gsm8k/train.jsonl') },
  },
});
const [threads, warmup] = [Number(values.threads), Number(values.warmup)];

/** What any side of the comparison measures. */
interface Measured {
  readonly seconds: readonly number[];
  readonly cpuSeconds: readonly number[];
  readonly losses: readonly number[];
  readonly peakBytes: number;
}

/** Runs a program with a job on its stdin, and reads the JSON on the last line of its stdout. */
async function ask<Result>(command: string, words: readonly string[], job: unknown): Promise<Result> {
  const child = spawn(command, words, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  const said = [text(child.stdout), text(child.stderr)] as const;
  child.stdin.end(JSON.stringify(job));
  const code = await new Promise((done) => child.on('close', done));
  const [out, err] = await Promise.all(said);
  if (code !== 0)
    throw new Error(`${command} ${words.join(' ')} ended with ${String(code)}:\n${err.slice(-2000)}`);
  return JSON.parse(out.trimEnd().split('\n').at(-1)!) as Result;
}

const ours = (job: Job, roofline: boolean): Promise<WorkerResult> =>
  ask(process.execPath, [join(root, 'bench/worker.ts')], {
    configFile: job.configFile,
    threads,
    warmup,
    roofline,
  } satisfies WorkerJob);

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
};
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Rates over the measured steps. */
function rates({ batches }: Job, { seconds }: Measured): { total: number; supervised: number } {
  const measured = batches.slice(warmup);
  return {
    total: sum(measured.map(tokensIn)) / sum(seconds),
    supervised: sum(measured.map(supervisedIn)) / sum(seconds),
  };
}

function facts(job: Job): object {
  const { spec } = job.setup.base;
  const measured = job.batches.slice(warmup);
  const lengths = measured.flat().map(({ ids }) => ids.length);
  return {
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem(), threads },
    provider: 'cpu',
    dtype: 'float32',
    model: job.setup.base.name,
    shapes: {
      layers: spec.layers.length,
      hidden: spec.hidden,
      heads: spec.heads,
      kvHeads: spec.kvHeads,
      vocab: spec.vocab,
    },
    method: { kind: 'lora', rank: RANK, targets: 'all-linear', trainable: job.setup.trainable },
    memory: job.config.memory,
    packing: job.config.data.packing,
    steps: { warmup, measured: measured.length },
    tokensPerStep: {
      total: sum(measured.map(tokensIn)) / measured.length,
      supervised: sum(measured.map(supervisedIn)) / measured.length,
    },
    rows: {
      perStep: lengths.length / measured.length,
      shortest: Math.min(...lengths),
      longest: Math.max(...lengths),
    },
  };
}

function oursReport(job: Job, result: WorkerResult): object {
  const { seconds, peakBytes, roofline, losses, versions } = result;
  const { estimate } = job;
  return {
    tokensPerSecond: rates(job, result),
    cpuSecondsPerStep: median(result.cpuSeconds),
    secondsPerStep: { min: Math.min(...seconds), median: median(seconds), all: seconds },
    peakBytes,
    estimate,
    estimateOverPeak: estimate.total / peakBytes,
    ...(roofline && { roofline: { ...roofline, share: roofline.gemmSeconds / median(seconds) } }),
    losses,
    versions,
  };
}

/** Our process and the peer's settings in turns, each with identical rows, labels and start values. */
async function compare(job: Job, python: string, folder: string): Promise<object> {
  const start = writeStart(job, join(folder, 'start.safetensors'));
  const own: WorkerResult[] = [];
  const peers: Record<string, Measured[]> = {};
  const failed: Record<string, string> = {};
  for (let round = 0; round < Number(values.rounds); round++) {
    own.push(await ours(job, round === 0));
    for (const setting of values.settings.split(',')) {
      if (setting in failed) continue;
      console.error(
        `round ${round + 1}: ours ${rates(job, own.at(-1)!).supervised.toFixed(0)} tokens/s; now ${setting}`,
      );
      try {
        const result = await ask<Measured>(python, [join(root, 'bench/peft.py')], {
          model: job.config.base,
          threads,
          warmup,
          steps: job.batches.length - warmup,
          rank: RANK,
          alpha: 2 * RANK,
          learningRate: job.config.training.learningRate,
          setting,
          batches: job.batches,
          start,
        });
        (peers[setting] ??= []).push(result);
      } catch (error) {
        failed[setting] = String(error);
      }
    }
  }
  const supervised = (results: readonly Measured[]): number =>
    median(results.map((r) => rates(job, r).supervised));
  const cpuSeconds = (results: readonly Measured[]): number => median(results.flatMap((r) => r.cpuSeconds));
  const peak = (results: readonly Measured[]): number => median(results.map((r) => r.peakBytes));
  const lossDifference = (peer: Measured): number =>
    Math.max(...peer.losses.map((loss, i) => Math.abs(loss - own[0]!.losses[i]!)));
  const settings = Object.fromEntries(
    Object.entries(peers).map(([setting, results]) => [
      setting,
      {
        supervisedTokensPerSecond: supervised(results),
        tokensPerSecond: median(results.map((r) => rates(job, r).total)),
        peakBytes: peak(results),
        cpuSecondsPerStep: cpuSeconds(results),
        cpuRatio: cpuSeconds(results) / cpuSeconds(own),
        speedRatio: supervised(own) / supervised(results),
        peakRatio: peak(own) / peak(results),
        largestLossDifference: Math.max(...results.map(lossDifference)),
        seconds: results.map((r) => r.seconds),
      },
    ]),
  );
  const summary = { supervisedTokensPerSecond: supervised(own), peakBytes: peak(own) };
  return { ours: { ...summary, rounds: own.map((r) => oursReport(job, r)) }, peft: settings, failed };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-bench-'));
  try {
    const lengths = values.rows?.split('-').map(Number) as [number, number] | undefined;
    const job = await prepareJob(
      {
        base: resolve(values.base),
        data: resolve(values.data),
        lengths,
        memory: values.memory as MemoryPolicy,
        rank: RANK,
        steps: Number(values.steps),
        warmup,
      },
      folder,
    );
    using _ = job.setup;
    const measured =
      values.peft === undefined
        ? oursReport(job, await ours(job, true))
        : await compare(job, values.peft, folder);
    console.log(JSON.stringify({ ...facts(job), ...measured }, null, 2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
