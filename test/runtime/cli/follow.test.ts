/** @file What a person sees while a run goes on: redrawn only so often, cleared before other lines. */
import { expect, test } from 'vitest';
import { followRun } from '../../../runtime/cli/follow.ts';
import type { Io } from '../../../runtime/cli/terminal.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { stepEvent } from '../../support/runSummary.ts';

const follow = (io: Io, json = false) => followRun({ title: 't', base: 'b', steps: 4, json }, io);
const clear = '\r\u001b[K';

test('a fast run is drawn ten times a second and at its last step', () => {
  let time = 0;
  const io = fakeIo({ interactive: true, now: () => time });
  const { event, end } = follow(io);
  for (const step of [1, 2, 3, 4]) {
    time += 0.04;
    event(stepEvent(step));
  }
  end();
  const drawn = io
    .outText()
    .split(clear)
    .filter((line) => line !== '');
  expect(drawn.map((line) => /\d\/4/.exec(line)?.[0])).toEqual(['1/4', '4/4']);
  expect(io.outText().endsWith(clear)).toBe(true);
});

test('other lines stand above the progress', () => {
  const io = fakeIo({ interactive: true });
  const { event } = follow(io);
  event(stepEvent(1));
  event({ event: 'note', message: 'hello' });
  expect(io.outText().endsWith(`${clear}note: hello\n`)).toBe(true);
  event({ event: 'checkpoint', step: 1, path: 'x' });
  expect(io.outText().endsWith('hello\n')).toBe(true);
});

test('a failure is on standard error, in red where colours are wanted', () => {
  const io = fakeIo({ color: true });
  follow(io).event({ event: 'failed', message: 'a\u0007\nb' });
  expect(io.errText()).toBe('\u001b[31merror:\u001b[0m a\ufffd\nb\n');
  expect(io.outText()).toBe('');
});

test('as JSON a line is the event, and the progress is counted all the same', () => {
  const io = fakeIo({ interactive: true });
  const { event, progress, end } = follow(io, true);
  event(stepEvent(3));
  end();
  expect(io.outText()).toBe(`${JSON.stringify(stepEvent(3))}\n`);
  expect(progress().step).toBe(3);
});
