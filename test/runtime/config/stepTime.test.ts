/** @file The time of a step: scaled from the run that is most like it, else from the device, else unsaid. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bases } from '../../../runtime/config/bases.ts';
import { changesShapes, stepTime, tokensAStep } from '../../../runtime/config/stepTime.ts';
import type { Speeds } from '../../../runtime/config/stepTime.ts';
import type { ResolvedConfig } from '../../../runtime/contract/config.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import type { RunSpeed } from '../../../runtime/contract/run.ts';
import { methodOf } from '../../../runtime/methods/index.ts';
import { workPerToken } from '../../../runtime/train/flops.ts';
import { root } from '../../support/sourceFiles.ts';
import { runConfig } from '../../support/runConfig.ts';
import { usualMethod } from '../../support/usualOptions.ts';

const base = new Bases().open(join(root, 'media/base/tiny-clerk'));
if (base instanceof UserError) throw base;
const { spec } = base;
const rows = { rows: 400, meanLength: 100, labelled: 0.5, rowTokens: 120 };
const summary = { parameters: 160_000, frozen: 0, saved: 0 };
const config: ResolvedConfig = runConfig('runs', { batch: 8 });
const run: RunSpeed = {
  run: 'r',
  base: config.base,
  device: 'cpu',
  memory: 'balanced',
  method: config.method,
  adapter: 160_000,
  frozen: 0,
  secondsPerToken: 0.001,
  tokens: 800,
  labelled: 0.5,
  rowTokens: 120,
};
const time = (speeds: Speeds, changed: Partial<ResolvedConfig> = {}, of = summary) =>
  stepTime({ ...config, ...changed }, spec, of, rows, speeds);
const training = (changes: Partial<ResolvedConfig['training']>) => ({
  training: { ...config.training, ...changes },
});

test('a step has its rows, or a budget of tokens, and never more than the data', () => {
  const tokens = (changes: Partial<ResolvedConfig['training']>) =>
    tokensAStep({ ...config, ...training(changes) }, rows);
  expect(tokens({})).toBe(800);
  expect(tokens({ accumulate: 4 })).toBe(3200);
  expect(tokens({ batch: 1000 })).toBe(40_000);
  expect(tokens({ tokens: 1000, accumulate: 2 })).toBe(1900);
  // a row that is longer than the budget comes alone
  expect(tokens({ tokens: 20 })).toBe(100);
  expect(tokensAStep(config, { rows: 400 })).toBeUndefined();
});

test('a run of the same work says its own time, and it is named', () => {
  const found = time({ runs: [run], gigaflops: 1 });
  expect(found).toMatchObject({ tokens: 800, from: { run: 'r' } });
  expect(found?.seconds).toBeCloseTo(0.8, 10);
});

test('it is scaled by tokens, by the adapter and by what is computed twice', () => {
  const seconds = (changed: Partial<ResolvedConfig>, of = summary) =>
    time({ runs: [run] }, changed, of)!.seconds;
  expect(seconds(training({ accumulate: 4 }))).toBeCloseTo(3.2, 10);
  const token = { labelled: 0.5, rowTokens: 120, adapter: 160_000, frozen: 0, memory: 'balanced' } as const;
  const ratio = (more: object) => workPerToken(spec, { ...token, ...more }) / workPerToken(spec, token);
  expect(seconds({ memory: 'low' })).toBeCloseTo(0.8 * ratio({ memory: 'low' }), 10);
  expect(seconds({}, { ...summary, parameters: 10 * 160_000 })).toBeCloseTo(
    0.8 * ratio({ adapter: 10 * 160_000 }),
    10,
  );
  expect(seconds({}, { ...summary, saved: 393_216 })).toBeGreaterThan(0.8);
  expect(seconds({}, { ...summary, frozen: 10 * 160_000 })).toBeCloseTo(
    0.8 * ratio({ frozen: 10 * 160_000 }),
    10,
  );
});

test('of several the one whose step was most alike wins; of those that are alike the newest', () => {
  const named = (name: string, tokens: number): RunSpeed => ({ ...run, run: name, tokens });
  const runs = [named('far', 80), named('near', 700), named('equal', 800)];
  expect(time({ runs })?.from).toEqual({ run: 'near' });
  expect(time({ runs }, training({ batch: 1 }))?.from).toEqual({ run: 'far' });
});

test('a run of another base or device says nothing; the measured device does, the CPU alone', () => {
  const others = [
    { ...run, base: 'other.gguf' },
    { ...run, device: 'webgpu' },
  ];
  const found = time({ runs: others, gigaflops: 100 });
  expect(found?.from).toEqual({ gigaflops: 100 });
  const work =
    800 *
    workPerToken(spec, { memory: 'balanced', labelled: 0.5, rowTokens: 120, adapter: 160_000, frozen: 0 });
  expect(found?.seconds).toBeCloseTo(work / 0.6e11, 10);
  expect(time({ runs: others, gigaflops: 100 }, { device: 'webgpu' })?.from).toEqual({ run: 'r' });
  expect(time({ runs: [run], gigaflops: 100 }, { device: 'webgpu' })).toBeUndefined();
});

test('nothing measured, or rows unknown: nothing is said', () => {
  expect(time({ runs: [] })).toBeUndefined();
  expect(stepTime(config, spec, summary, { rows: 400 }, { runs: [run], gigaflops: 1 })).toBeUndefined();
});

test('runs on a smaller base say what the same smaller base takes, and nothing of the whole one', () => {
  const loram = { ...usualMethod(methodOf('loram')), ratio: 0.5 };
  const onSmaller: RunSpeed = { ...run, run: 'smaller', secondsPerToken: 0.0005, method: loram };
  const runs = [onSmaller, run];
  expect(time({ runs })).toMatchObject({ from: { run: 'r' } });
  expect(time({ runs }, { method: loram })).toMatchObject({ from: { run: 'smaller' } });
  // how it is aligned beforehand doesn't matter, how much is pruned does
  expect(time({ runs }, { method: { ...loram, alignSteps: 5 } })?.from).toEqual({ run: 'smaller' });
  expect(time({ runs }, { method: { ...loram, ratio: 0.25 } })).toBeUndefined();
  const stranger = { ...run, method: { ...config.method, kind: 'of a later version' } };
  expect(time({ runs: [stranger] })?.from).toEqual({ run: 'r' });
});

test('only units that go change shapes', () => {
  const shapes = (changes: object): boolean =>
    changesShapes({ ...usualMethod(methodOf('loram')), ...changes });
  expect([shapes({}), shapes({ prune: 'random' })]).toEqual([true, true]);
  expect([shapes({ prune: 'semi' }), shapes({ prune: 'unstructured' })]).toEqual([false, false]);
  expect(changesShapes(config.method)).toBe(false);
});
