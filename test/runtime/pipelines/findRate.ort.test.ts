/** @file The learning-rate finder on the quick start: its suggestion trains well, its divergence is one, and it repeats itself. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { fullCheck } from '../../../runtime/config/fullCheck.ts';
import { readConfigText } from '../../../runtime/config/read.ts';
import type { ResolvedConfig } from '../../../runtime/contract/config.ts';
import { configHash, findRate } from '../../../runtime/pipelines/findRate.ts';
import type { FindRateResult } from '../../../runtime/pipelines/findRate.ts';
import { finetune } from '../../../runtime/pipelines/finetune.ts';
import { prepareQuickstart } from '../../../runtime/pipelines/quickstart.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const file = prepareQuickstart(join(scratch, 'quickstart'));

function configOf(...sets: string[]): ResolvedConfig {
  const { config } = fullCheck(readConfigText(file), file, { sets });
  if (config === undefined) throw new Error('the quick start is refused');
  return config;
}

const find = (config: ResolvedConfig, more: Partial<Parameters<typeof findRate>[0]> = {}) =>
  findRate({ config, configFile: file, steps: 50, low: 1e-6, high: 1, onPoint: () => undefined, ...more });

/** Validation loss after 25 steps. */
async function lossAfter(rate: number): Promise<number> {
  const config = configOf('training.steps=25', 'training.evaluateEvery=0', `training.learningRate=${rate}`);
  let loss = NaN;
  await finetune({
    config,
    configText: readConfigText(file),
    configFile: file,
    onEvent: (event) => {
      if (event.event === 'evaluation') loss = event.loss;
    },
  });
  return loss;
}

describe('on the quick start', () => {
  let result: FindRateResult;
  beforeAll(async () => {
    result = await find(configOf());
  });

  test('the suggestion comes within three times the loss of the rate that was measured to be good; a tenth of it stays far away', async () => {
    const suggestion = result.found.suggestion!;
    const [suggested, good, small] = [
      await lossAfter(suggestion),
      await lossAfter(3e-3),
      await lossAfter(suggestion / 10),
    ];
    expect(suggested).toBeLessThan(3 * good);
    expect(small).toBeGreaterThan(5 * suggested);
  });

  test('the rate at which it diverged is seen, and ends the test', () => {
    const { diverged, best, points } = result.found;
    expect(diverged).toBe(points.at(-1)![0]);
    expect(diverged).toBeGreaterThan(best!);
    expect(points.length).toBeLessThan(50);
  });

  test('it leaves one file and no run', () => {
    const { output } = configOf();
    expect(result.file).toBe(join(output, '.find-lr', 'tickets.json'));
    expect(JSON.parse(readFileSync(result.file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(result.found)));
    expect(result.found.config).toBe(configHash(configOf()));
    expect(result.found.config).not.toBe(configHash(configOf('method.rank=8')));
  });
});

test('equal seeds give equal curves, others do not; a variant has a file of its own', async () => {
  const short = { steps: 10, variant: 'rank 4' };
  const one = await find(configOf(), short);
  const again = await find(configOf(), short);
  const other = await find(configOf('training.seed=1'), short);
  expect(again.found.points).toEqual(one.found.points);
  expect(other.found.points).not.toEqual(one.found.points);
  expect(one.file.endsWith('tickets-rank-4.json')).toBe(true);
});

test('a method that trains on a smaller base is tried on that, which is gone afterwards', async () => {
  const config = configOf(
    ...['method.kind=loram', 'method.firstLayers=1', 'method.lastLayers=1', 'method.prune=random'],
    ...['training.steps=1', 'training.evaluateEvery=0', `output=${join(scratch, 'smaller')}`],
  );
  const left = (): string[] =>
    readdirSync(tmpdir()).filter((name) => name.startsWith('adapter-workbench-rate'));
  const before = left();
  const { found } = await find(config, { steps: 2 });
  expect(left()).toEqual(before);
  let loss = NaN;
  const text = { configText: readConfigText(file), configFile: file };
  await finetune({
    ...{ config, ...text },
    onEvent: (event) => {
      if (event.event === 'step') loss = event.loss;
    },
  });
  expect(found.points[0]![1]).toBe(loss);
});

test('stopped, it writes nothing', async () => {
  const abort = new AbortController();
  const config = configOf(`output=${join(scratch, 'stopped')}`);
  const stopped = find(config, {
    signal: abort.signal,
    onPoint: (_, step) => {
      if (step === 2) abort.abort();
    },
  });
  await expect(stopped).rejects.toThrow('was stopped');
  expect(existsSync(join(config.output, '.find-lr'))).toBe(false);
  expect(readdirSync(config.output)).toEqual(['.cache']);
});
