/** @file Reading runs: lists, states, searching by a part of the id, and files that are none of ours. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import {
  findRun,
  listRuns,
  readEvents,
  readRecord,
  readResolvedConfig,
  readSamples,
  readSummary,
  secondsLeft,
} from '../../../runtime/runs/read.ts';
import { runConfig } from '../../support/runConfig.ts';
import { holdLock, makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
/** No process has this id: Linux ends at 2^22. */
const deadPid = 2 ** 30;

describe('the state of a run', () => {
  test('is what the record says, unless its process is gone', () => {
    const run = makeRun(root, 'a', { steps: 20 });
    run.append(stepEvent(1), stepEvent(2));
    holdLock(run.folder);
    expect(readSummary(run.folder)).toMatchObject({
      pid: process.pid,
      record: { status: 'running', step: 2 },
      progress: { step: 2, loss: 5, secondsLeft: 4.5 },
    });
    holdLock(run.folder, deadPid);
    expect(readSummary(run.folder)).toMatchObject({
      record: { status: 'interrupted' },
      progress: { step: 2 },
    });
    expect(readSummary(run.folder)).not.toHaveProperty('pid');
    run.record({ status: 'stopped' });
    expect(readSummary(run.folder)?.record.status).toBe('stopped');
  });

  test('is the one of its last line where the process ended before it could write the record', () => {
    const run = makeRun(root, 'b');
    run.append(stepEvent(1), { event: 'done', run: 'b', adapter: 'x' });
    expect(readSummary(run.folder)?.record).toMatchObject({ status: 'done', adapter: 'x' });
    run.append({ event: 'stopped', step: 1, resume: 'y' });
    expect(readSummary(run.folder)?.record).toMatchObject({ status: 'stopped', step: 1 });
    run.append({ event: 'failed', message: 'm' });
    expect(readSummary(run.folder)?.record).toMatchObject({ status: 'failed', message: 'm' });
  });

  test('its end is found behind a long history', () => {
    const run = makeRun(root, 'long');
    run.append(...Array.from({ length: 2000 }, (_, i) => stepEvent(i + 1)));
    run.appendText('{"event":"step","step":2001');
    expect(readSummary(run.folder)?.progress?.step).toBe(2000);
    expect(readEvents(run.folder)).toHaveLength(2000);
  });

  test('one slow step changes little of the time that is left', () => {
    const steps = Array.from({ length: 9 }, (_, i) => stepEvent(i + 1, { seconds: i === 8 ? 60 : 2 }));
    expect(secondsLeft(steps, 19)).toBe(20);
    expect(secondsLeft([], 19)).toBeUndefined();
    expect(secondsLeft(steps, 3)).toBe(0);
  });
});

describe('a folder of runs', () => {
  const output = join(root, 'runs');
  for (const [id, day] of [
    ['20260101T000000Z-x-aaaaaa', 1],
    ['20260103T000000Z-x-bbbbbb', 3],
    ['20260102T000000Z-y-aacccc', 2],
  ] as const)
    makeRun(output, id, { created: `2026-01-0${day}T00:00:00.000Z`, status: 'done' });
  mkdirSync(join(output, '.cache'));
  mkdirSync(join(output, 'empty'));
  makeRun(output, '.20260109T000000Z-z-dddddd.tmp');

  test('is listed newest first, without what is no run', () => {
    expect(listRuns(output).map(({ record }) => record.id.slice(-6))).toEqual(['bbbbbb', 'aacccc', 'aaaaaa']);
    expect(listRuns(join(root, 'none'))).toEqual([]);
  });

  test('a run is found by path, by id and by a part that only it has', () => {
    const folder = join(output, '20260102T000000Z-y-aacccc');
    expect(findRun(folder, root)).toBe(folder);
    expect(findRun('20260102T000000Z-y-aacccc', output)).toBe(folder);
    expect(findRun('-y-', output)).toBe(folder);
    expect(() => findRun('aa', output)).toThrow(/part of 2 runs/);
    expect(() => findRun('zzz', output)).toThrow(/no run "zzz"/);
    expect(() => findRun('../runs', output)).toThrow(UserError);
  });
});

describe('what is none of ours', () => {
  test.each([
    '',
    'null',
    '[]',
    '{"id":1}',
    '{"id":"a","name":"","created":"","updated":"","status":"gone","step":0,"steps":0}',
    'x'.repeat(2 << 20),
  ])('record %#', (text) => {
    const folder = join(root, 'foreign');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'run.json'), text);
    expect(readRecord(folder)).toBeUndefined();
    expect(readSummary(folder)).toBeUndefined();
  });

  test('damaged lines in the middle cost only themselves', () => {
    const run = makeRun(root, 'damaged');
    run.append(stepEvent(1));
    appendFileSync(join(run.folder, 'metrics.jsonl'), Buffer.from([0, 0, 0xff, 0xfe, 0x0a]));
    run.append(stepEvent(2));
    expect(readEvents(run.folder)).toEqual([stepEvent(1), stepEvent(2)]);
    expect(readSamples(run.folder, 1)).toBeUndefined();
  });
});

test('a run that was recorded before there were samples has none', () => {
  const run = makeRun(temporaryFolder(), 'old');
  const config = runConfig('/x');
  const { samples: _samples, ...training } = config.training;
  writeFileSync(join(run.folder, 'config.resolved.json'), JSON.stringify({ ...config, training }));
  expect(readResolvedConfig(run.folder)).toEqual({ ...config, training: { ...training, samples: 0 } });
});
