/** @file The words and numbers above the plots. */
import { expect, test } from 'vitest';
import { packSteps } from '../../../runtime/contract/steps.ts';
import { headline } from '../../../webview/run/headline.ts';
import { emptyRun, reduce } from '../../../webview/common/runState.ts';
import { runSummary, stepEvent } from '../../support/runSummary.ts';

const running = reduce(
  emptyRun,
  packSteps([
    {
      event: 'started',
      run: 'one',
      steps: 200,
      rows: 9,
      trainable: 9,
      baseLoss: 8.7812,
      estimatedBytes: 1.3e9,
    },
    stepEvent(1),
    stepEvent(2),
    { event: 'evaluation', step: 2, loss: 4.1, tokens: 9, seconds: 1, best: true },
  ]),
);

test('a running run', () => {
  const top = headline(
    runSummary(
      { variant: 'rank 64', trainable: 325632 },
      { progress: { step: 2, loss: 5, secondsLeft: 50 } },
    ),
    running,
  );
  expect(top).toMatchObject({
    title: 'tickets · rank 64',
    status: 'running · step 2 of 200 · 50 s left',
    loss: { value: '5.00', note: 'base 8.78' },
    canStop: true,
    canResume: false,
  });
  expect(top.facts.map(({ label, value, note }) => [label, value, note])).toEqual([
    ['validation', '4.10', 'step 2, best'],
    ['tokens/s', '3,200', '800 trained'],
    ['memory', '~ 1.3 GB', 'estimated'],
    ['parameters', '325,632', undefined],
    ['device', 'cpu', undefined],
  ]);
});

test('a finished run shows the measured peak beside the estimate', () => {
  const top = headline(runSummary({ status: 'done', step: 200, peakBytes: 1.1e9 }), running);
  expect(top.facts).toContainEqual({ label: 'memory', value: '1.1 GB', note: '1.3 GB estimated' });
  expect(top).toMatchObject({ status: 'done · step 2 of 200', canStop: false, canResume: false });
});

test('a failed run says why and can be resumed; one that starts has no numbers yet', () => {
  const failed = headline(runSummary({ status: 'failed', message: 'Loss not finite.' }), emptyRun);
  expect(failed).toMatchObject({ failure: 'Loss not finite.', canResume: true, canStop: false });
  const waiting = headline(runSummary({ status: 'waiting' }), emptyRun);
  expect(waiting).toMatchObject({ status: 'starting', loss: { value: '–' }, canStop: true });
});

test('a run that is gone says so, and offers neither stop nor resume', () => {
  for (const status of ['running', 'stopped'] as const) {
    const top = headline(runSummary({ status }), emptyRun, true);
    expect(top.status).toContain('deleted');
    expect([top.canStop, top.canResume]).toEqual([false, false]);
  }
});

test('a run that prunes or computes start values says so before its first step', () => {
  const waiting = runSummary({ status: 'waiting' });
  expect(headline(waiting, emptyRun).status).toBe('starting');
  const pruning = reduce(emptyRun, packSteps([{ event: 'note', message: 'Prunes the base.' }]));
  expect(headline(waiting, pruning).status).toBe('starting · Prunes the base.');
});

test('the accuracy of a base that classifies is said', () => {
  const state = reduce(
    emptyRun,
    packSteps([
      { event: 'evaluation', step: 2, loss: 4.1, accuracy: 0.9, tokens: 9, seconds: 1, best: true },
    ]),
  );
  expect(headline(runSummary({}), state).facts).toContainEqual({ label: 'accuracy', value: '90.0 %' });
});
