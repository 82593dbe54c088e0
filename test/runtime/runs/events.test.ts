/** @file Lines of a run's files: what is an event, and which events a resume supersedes. */
import { expect, test } from 'vitest';
import { parseEvent, parseSamples, withoutSuperseded } from '../../../runtime/runs/events.ts';
import { stepEvent } from '../../support/runSummary.ts';

test('lines that are no events are left out, null is a number that is none', () => {
  const wrong = [
    '',
    'x',
    '[]',
    '{}',
    '{"event":"constructor"}',
    '{"event":"step","step":1}',
    '{"event":"note"}',
    '{"event":"done","run":1,"adapter":"a"}',
  ];
  for (const line of wrong) expect(parseEvent(line)).toBeUndefined();
  expect(parseEvent(JSON.stringify(stepEvent(1, { loss: NaN })))).toEqual(stepEvent(1, { loss: NaN }));
  expect(parseEvent('{"event":"failed","message":"m"}')).toEqual({ event: 'failed', message: 'm' });
  for (const line of [
    '{"step":1}',
    '{"event":"resumed"}',
    '{"step":1,"rows":[1],"losses":[],"tokens":[],"supervised":[]}',
    '{"step":1,"rows":["a"],"losses":[1],"tokens":[1],"supervised":[1]}',
  ])
    expect(parseSamples(line)).toBeUndefined();
});

test('a resume supersedes steps, evaluations and checkpoints, notes stay', () => {
  const evaluation = { event: 'evaluation', step: 3, loss: 1, tokens: 1, seconds: 1, best: true } as const;
  const note = { event: 'note', message: 'n' } as const;
  const resumed = { event: 'resumed', fromStep: 2 } as const;
  const checkpoint = { event: 'checkpoint', step: 3, path: 'p' } as const;
  const events = [
    stepEvent(1),
    stepEvent(2),
    stepEvent(3),
    evaluation,
    checkpoint,
    note,
    resumed,
    stepEvent(3),
    resumed,
  ];
  expect(withoutSuperseded(events)).toEqual([stepEvent(1), stepEvent(2), note, resumed, resumed]);
});
