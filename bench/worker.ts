/** @file One training in a process of its own, so that its peak memory is its own. Job on stdin, one JSON on stdout. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { checkConfig } from '../runtime/config/check.ts';
import type { StepEvent } from '../runtime/contract/run.ts';
import { openBase } from '../runtime/model/base.ts';
import { finetune } from '../runtime/pipelines/finetune.ts';
import { peakBytes } from '../runtime/pipelines/peakMemory.ts';
import { versions } from '../runtime/pipelines/versions.ts';
import { measureRoofline } from './roofline.ts';
import type { Roofline } from './roofline.ts';

export interface WorkerJob {
  readonly configFile: string;
  readonly threads: number;
  readonly warmup: number;
  readonly roofline: boolean;
}

export interface WorkerResult {
  /** Steps after the warm-up. */
  readonly seconds: readonly number[];
  /** Of all threads, from the end of the step before on: less shaken by other programs than the wall's seconds. */
  readonly cpuSeconds: readonly number[];
  /** Of all steps. */
  readonly losses: readonly number[];
  /** When training was done and the adapter written and read back. */
  readonly peakBytes: number;
  readonly roofline?: Roofline;
  readonly versions: Readonly<Record<string, string>>;
}

async function work({ configFile, threads, warmup, roofline }: WorkerJob): Promise<WorkerResult> {
  const configText = readFileSync(configFile, 'utf8');
  const { config } = checkConfig(configText, configFile);
  if (!config) throw new Error(`${configFile} is refused`);
  const steps: StepEvent[] = [];
  const cpu: number[] = [];
  let before = process.cpuUsage();
  const { exitCode } = await finetune({
    config,
    configText,
    configFile,
    threads,
    onEvent: (event) => {
      if (event.event === 'step') {
        steps.push(event);
        const { user, system } = process.cpuUsage(before);
        cpu.push((user + system) / 1e6);
        before = process.cpuUsage();
      }
      if (event.event === 'failed') console.error(event.message);
    },
  });
  if (exitCode !== 0) throw new Error(`the training ended with ${exitCode}`);
  const measured = steps.slice(warmup);
  const mean = (of: (step: StepEvent) => number): number =>
    Math.round(measured.reduce((sum, step) => sum + of(step), 0) / measured.length);
  const result = {
    seconds: measured.map(({ seconds }) => seconds),
    cpuSeconds: cpu.slice(warmup),
    losses: steps.map(({ loss }) => loss),
    peakBytes: peakBytes(),
    versions: versions(),
  };
  if (!roofline) return result;
  const base = openBase(config.base);
  const [tokens, labelled] = [mean((step) => step.tokens), mean((step) => step.supervised)];
  const limit = await measureRoofline(base, tokens, labelled, config.memory, threads);
  base.tensors.close();
  return { ...result, roofline: limit };
}

const job = JSON.parse(await text(process.stdin)) as WorkerJob;
console.log(JSON.stringify(await work(job)));
