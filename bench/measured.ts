/** @file A training in a process of its own, measured: start values and a smaller base included. `configFile steps` in, one JSON out. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfig } from '../runtime/config/check.ts';
import { peakBytes } from '../runtime/pipelines/peakMemory.ts';
import { SharedParts } from '../runtime/pipelines/sharedParts.ts';
import { onSmallerBase } from '../runtime/pipelines/smallerBase.ts';
import { openTrainer } from '../runtime/pipelines/trainer.ts';
import { setUpTraining } from '../runtime/pipelines/training.ts';
import { supervisedTokens } from '../runtime/train/loop.ts';

export interface MeasuredTraining {
  readonly peak: number;
  /** Bytes of frozen weights that are held after the steps. */
  readonly held: number;
  /** Until the first step can begin. */
  readonly opening: number;
  /** Processor seconds, of all threads, and the wall's, a step. */
  readonly processor: readonly number[];
  readonly wall: readonly number[];
}

/** Runs it in a child. Throws an Error where that fails. */
export function measureInChild(configFile: string, steps: number): MeasuredTraining {
  const { stdout, status } = spawnSync(process.execPath, [import.meta.filename, configFile, String(steps)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('the measurement ended early');
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as MeasuredTraining;
}

async function measure(configFile: string, steps: number): Promise<MeasuredTraining> {
  const { config } = checkConfig(readFileSync(configFile, 'utf8'), configFile);
  if (!config) throw new Error(`${configFile} is refused`);
  const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-measured-'));
  try {
    await using parts = new SharedParts();
    using given = await setUpTraining(config, { parts });
    const started = performance.now();
    using smaller = await onSmallerBase({ config, setup: given, parts, folder, emit: () => undefined });
    const setup = smaller ?? given;
    using trainer = await openTrainer(config, setup, parts, { own: smaller !== undefined });
    const opening = (performance.now() - started) / 1000;
    const [processor, wall]: [number[], number[]] = [[], []];
    for (let t = 0; t < steps; t++) {
      const rows = setup.sampler.step(t).rows[0]!.map((row) => setup.train.read(row));
      const supervised = rows.reduce((sum, row) => sum + supervisedTokens(row), 0);
      const [before, at] = [process.cpuUsage(), performance.now()];
      await trainer.engine.accumulate(rows, { token: 1 / supervised, auxiliary: 0 }, true);
      await trainer.updater.step(trainer.parameters, t + 1, 1e-4, 1);
      const { user, system } = process.cpuUsage(before);
      processor.push((user + system) / 1e6);
      wall.push((performance.now() - at) / 1000);
    }
    return { peak: peakBytes(), held: trainer.engine.weights.heldBytes, opening, processor, wall };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const [configFile, steps] = process.argv.slice(2);
  console.log(JSON.stringify(await measure(configFile!, Number(steps))));
}
