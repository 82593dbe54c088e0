/** @file A run's progress as text. */
import { describe, expect, test } from 'vitest';
import {
  advance,
  endLines,
  eventLine,
  progressLine,
  startProgress,
  timeLeft,
} from '../../../runtime/cli/progress.ts';
import type { Progress } from '../../../runtime/cli/progress.ts';
import { displayWidth } from '../../../runtime/cli/terminal.ts';
import type { RunEvent } from '../../../runtime/contract/run.ts';
import { stepEvent } from '../../support/runSummary.ts';

const started: RunEvent = {
  event: 'started',
  run: 'r',
  steps: 200,
  rows: 400,
  trainable: 325_632,
  estimatedBytes: 1.3e9,
};
const after = (...events: RunEvent[]): Progress => events.reduce(advance, startProgress('tickets · base'));
const half = after(
  started,
  ...Array.from({ length: 140 }, (_, i) => stepEvent(i + 1, { loss: 0.031, tokens: 780, seconds: 0.25 })),
);

test('the line of the guide', () => {
  expect(progressLine(half, 90)).toBe(
    'tickets · base   [##############------]  140/200   loss 0.0310   3,120 tok/s   15 s left',
  );
});

test('a narrow terminal loses half of the bar first, then the speed, the bar, the end', () => {
  expect(progressLine(half, 80)).toBe(
    'tickets · base   [#######---]  140/200   loss 0.0310   3,120 tok/s   15 s left',
  );
  expect(progressLine(half, 64)).toBe('tickets · base   [#######---]  140/200   loss 0.0310   15 s left');
  expect(progressLine(half, 55)).toBe('tickets · base   140/200   loss 0.0310   15 s left');
  expect(progressLine(half, 20)).toBe('tickets · base   14…');
  for (let columns = 0; columns < 120; columns++)
    expect(displayWidth(progressLine(half, columns))).toBeLessThanOrEqual(columns);
});

test('before the first step there is little to say', () => {
  expect(progressLine(after(started), 80)).toBe('tickets · base   [--------------------]  0/200');
  expect(progressLine(startProgress('x\u001b[2J'), 80)).toBe(`x\ufffd[2J   [${'-'.repeat(20)}]  0/?`);
});

test('one slow step changes little of the time that is left', () => {
  const steps = [1, 2, 3, 4, 5].map((step) => stepEvent(step, { seconds: step === 5 ? 90 : 1 }));
  expect(timeLeft(after(started, ...steps))).toBe(195);
});

test('a resumed run begins where it stood', () => {
  const resumed = advance(startProgress('x', 200), { event: 'resumed', fromStep: 100 });
  expect(progressLine(resumed, 80)).toBe('x   [##########----------]  100/200');
});

describe('one line an event', () => {
  const cases: [RunEvent, string | undefined][] = [
    [started, 'tickets · base: 200 steps, 400 rows, 325,632 trained parameters, about 1.3 GB of memory'],
    [
      stepEvent(3, { loss: 3.3333, learningRate: 2e-4, tokens: 800, seconds: 0.5 }),
      'step 3/200   loss 3.33   rate 2.0e-4   1,600 tok/s',
    ],
    [
      { event: 'evaluation', step: 50, loss: 0.52, tokens: 9, seconds: 1, best: true },
      'step 50   validation loss 0.520, the best so far',
    ],
    [{ event: 'checkpoint', step: 50, path: 'x' }, 'step 50   checkpoint written'],
    [{ event: 'resumed', fromStep: 50 }, 'going on from step 50'],
    [{ event: 'resumed', fromStep: 0 }, 'no whole checkpoint: beginning again'],
    [{ event: 'note', message: 'a\u001bb' }, 'note: a\ufffdb'],
    [{ event: 'failed', message: 'x' }, undefined],
  ];
  test.each(cases)('%j', (event, line) => {
    expect(eventLine(event, half)).toBe(line);
  });
});

test('the end says what was made, where, and the next command', () => {
  const done = advance(half, {
    event: 'evaluation',
    step: 200,
    loss: 0.5,
    tokens: 1,
    seconds: 1,
    best: true,
  });
  const show = (path: string): string => path.replace('/data/me/', '');
  expect(
    endLines({ event: 'done', run: 'r', adapter: '/data/me/runs/r/adapter' }, done, '/data/me/my base', show),
  ).toEqual([
    'tickets · base   140 steps in 35 s   loss 0.0310   best validation loss 0.500',
    'adapter   runs/r/adapter',
    'next      adapter-workbench generate --base "my base" --adapter runs/r/adapter --prompt "..."',
  ]);
  expect(
    endLines({ event: 'stopped', step: 140, resume: 'adapter-workbench train --resume r' }, half, 'b', show),
  ).toEqual([
    'tickets · base   140 steps in 35 s   loss 0.0310',
    'stopped after step 140',
    'next      adapter-workbench train --resume r',
  ]);
  expect(endLines(started, half, 'b', show)).toEqual([]);
});

test('a classifier’s classes are told with their numbers, and it is evaluated rather than asked', () => {
  const classes = ['no', 'yes', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const begun: RunEvent = { event: 'started', run: 'r', steps: 2, rows: 3, trainable: 4, classes };
  const progress = advance(startProgress('t'), begun);
  expect(eventLine(begun, progress)).toMatch(/, classes 0 no, 1 yes, .*7 h, \.\.\.$/);
  const found = { step: 2, loss: 0.5, tokens: 8, accuracy: 0.875, seconds: 1, best: true };
  const line = eventLine({ event: 'evaluation', ...found }, progress);
  expect(line).toMatch(/ 87\.5 % right$/);
  const ended = endLines({ event: 'done', run: 'r', adapter: 'a' }, progress, 'b', (path) => path);
  expect(ended.at(-1)).toBe(
    'next      adapter-workbench evaluate --base b --adapter a --data FILE --by exact-match',
  );
});
