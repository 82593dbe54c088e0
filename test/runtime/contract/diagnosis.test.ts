/** @file Each finding comes with its numbers, and a run that learns as it should has none. */
import { expect, test } from 'vitest';
import { diagnose } from '../../../runtime/contract/diagnosis.ts';
import type { RunNumbers } from '../../../runtime/contract/diagnosis.ts';

/** Noise that repeats: within 1. */
const noise = (i: number): number => Math.sin(i * 12.9898) * Math.cos(i * 4.1414);

function run(steps: number, lossOf: (step: number) => number, more: Partial<RunNumbers> = {}): RunNumbers {
  const step = Array.from({ length: steps }, (_, i) => i + 1);
  return {
    step,
    loss: step.map(lossOf),
    gradNorm: step.map(() => 1),
    learningRate: step.map(() => 1e-3),
    evaluations: [],
    status: 'running',
    ...more,
  };
}
const codes = (numbers: RunNumbers): string[] => diagnose(numbers).map(({ code }) => code);
const falling = (i: number): number => 8 * Math.exp(-i / 60) + 0.5 + 0.1 * noise(i);

test('a run that learns has no finding, nor has one that is too young', () => {
  expect(diagnose(run(200, falling))).toEqual([]);
  expect(diagnose(run(20, () => 3))).toEqual([]);
  expect(diagnose(run(0, () => 3))).toEqual([]);
  const evaluations = [50, 100, 150].map((step) => ({ step, loss: falling(step) }));
  expect(diagnose(run(200, falling, { evaluations, status: 'done' }))).toEqual([]);
});

test('flat', () => {
  const [finding] = diagnose(run(100, (i) => 4 + 0.05 * noise(i)));
  expect(finding).toMatchObject({ code: 'run-flat', key: 'training.learningRate', severity: 'warning' });
  expect(finding!.evidence).toMatch(/^Mean loss 4\.\d+ in steps 1 to 10, [34]\.\d+ in steps 91 to 100/);
});

test('diverging', () => {
  const [finding] = diagnose(run(200, (i) => (i < 100 ? falling(i) : falling(100) + (i - 100) / 20)));
  expect(finding).toMatchObject({ code: 'run-diverging', step: 181 });
  expect(finding!.evidence).toMatch(/Mean loss 2\.\d+ in steps 81 to 100, .* in steps 181 to 200/);
});

test('a run that is almost at zero and trembles there does not diverge', () => {
  expect(codes(run(400, (i) => 0.01 + 8 * Math.exp(-i / 20) + 0.009 * noise(i)))).toEqual([]);
});

test('over-fitting says from where to where', () => {
  const evaluations = [50, 100, 150, 200].map((step, i) => ({ step, loss: [2, 1.2, 1.4, 1.9][i]! }));
  const [finding] = diagnose(run(200, falling, { evaluations, status: 'done' }));
  expect(finding).toMatchObject({ code: 'run-overfitting', step: 100, key: 'training.epochs' });
  expect(finding!.evidence).toContain('rose from 1.20 at step 100 to 1.90 at step 200');
  // one worse evaluation is no trend
  expect(codes(run(150, falling, { evaluations: evaluations.slice(0, 3) }))).toEqual([]);
});

test('a spike is named with its step; many speak of the learning rate', () => {
  const one = run(200, (i) => falling(i) + (i === 87 ? 20 : 0));
  expect(diagnose(one)).toMatchObject([{ code: 'run-spikes', step: 87, key: 'data.train' }]);
  const many = run(200, (i) => falling(i) + ([87, 120, 150, 180].includes(i) ? 20 : 0));
  expect(diagnose(many)).toMatchObject([{ code: 'run-spikes', key: 'training.learningRate' }]);
});

test('a dead adapter, by the gradient that never comes', () => {
  const numbers = run(40, () => 3, { gradNorm: new Array<number>(40).fill(0) });
  expect(diagnose(numbers)).toMatchObject([
    { code: 'run-dead-adapter', severity: 'error', key: 'method.targets' },
  ]);
});

test.each([
  ['loss-not-finite', 'run-not-finite', 'training.learningRate'],
  ['no-supervised-token', 'run-all-masked', 'data.trainOn'],
])('a failure %s is %s', (code, finding, key) => {
  const failure = { message: 'step 41 stopped.', code };
  const [only, ...rest] = diagnose(run(40, falling, { status: 'failed', failure }));
  expect(only).toMatchObject({ code: finding, key, severity: 'error' });
  expect(only!.evidence).toContain('step 41 stopped.');
  expect(rest).toEqual([]);
});

test('a failure of the machine is no finding of the run', () => {
  expect(diagnose(run(40, falling, { failure: { message: 'disk full', code: 'disk-full' } }))).toEqual([]);
});
