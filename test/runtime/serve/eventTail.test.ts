/** @file A file of events that grows, breaks off and begins anew. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventTail } from '../../../runtime/serve/eventTail.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
let count = 0;
const newFile = (): string => join(folder, `${count++}.jsonl`);
const lines = (...steps: number[]): string =>
  steps.map((step) => `${JSON.stringify(stepEvent(step))}\n`).join('');
const numbers = (reading: Awaited<ReturnType<EventTail['read']>>): number[] =>
  reading.events.map((event) => (event.event === 'step' ? event.step : -1));

test('each reading gives what is new, whole lines only', async () => {
  const path = newFile();
  const tail = new EventTail(path);
  expect(await tail.read()).toEqual({ events: [], restarted: false });
  writeFileSync(path, lines(1, 2));
  expect(numbers(await tail.read())).toEqual([1, 2]);
  expect(numbers(await tail.read())).toEqual([]);
  appendFileSync(path, lines(3) + '{"event":"st');
  expect(numbers(await tail.read())).toEqual([3]);
  appendFileSync(path, `${JSON.stringify(stepEvent(4)).slice(12)}\n`);
  expect(numbers(await tail.read())).toEqual([4]);
});

test('a file that was cut or replaced is read anew', async () => {
  const path = newFile();
  const tail = new EventTail(path);
  writeFileSync(path, lines(1, 2, 3));
  await tail.read();
  writeFileSync(path, lines(1));
  const cut = await tail.read();
  expect([cut.restarted, numbers(cut)]).toEqual([true, [1]]);
  rmSync(path);
  // Another file keeps the old number of bytes free, so that its identity differs.
  const other = newFile();
  writeFileSync(other, 'x');
  writeFileSync(path, lines(1, 2, 3, 4));
  const replaced = await tail.read();
  expect(numbers(replaced).at(-1)).toBe(4);
});

test('what is no event is left out: junk, half lines of a crash, lines without end', async () => {
  const path = newFile();
  const tail = new EventTail(path);
  writeFileSync(path, `null\n[1]\n{"a":1}\n{"event":"st{"event":"step"}\n\n${'x'.repeat(3 << 20)}`);
  expect(numbers(await tail.read())).toEqual([]);
  appendFileSync(path, `y\n${lines(7)}`);
  expect(numbers(await tail.read())).toEqual([7]);
});

test('however the bytes arrive, the events are the same', async () => {
  const note = { event: 'note' as const, message: 'größer — 重み' };
  const bytes = Buffer.from(`${lines(1)}${JSON.stringify(note)}\n${lines(2)}`);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
      const path = newFile();
      const tail = new EventTail(path);
      const bounds = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const events = [];
      for (let i = 1; i < bounds.length; i++) {
        appendFileSync(path, bytes.subarray(bounds[i - 1], bounds[i]));
        events.push(...(await tail.read()).events);
      }
      expect(events).toEqual([stepEvent(1), note, stepEvent(2)]);
    }),
    { numRuns: 30 },
  );
});
