/** @file A worker keeps what its jobs have in common, and opens anew what they have not, or what a failure may have broken. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ResolvedConfig } from '../../../runtime/contract/config.ts';
import type { RunEvent } from '../../../runtime/contract/run.ts';
import { SharingWorker } from '../../../runtime/pipelines/sweepWorker.ts';
import { readRecord } from '../../../runtime/runs/read.ts';
import { resolveConfig } from '../../support/finetuneRun.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const train = tokenisedRows(join(scratch, 'rows.jsonl'), 12);
const bases = ['one', 'two'].map((name) => writeRandomBase(join(scratch, name)));

async function jobOn(worker: SharingWorker, base: string, training: Readonly<Record<string, unknown>> = {}) {
  const values = {
    base,
    data: { train, format: 'tokenised', validation: 0 },
    training: { steps: 2, batch: 2, ...training },
    output: join(scratch, 'runs'),
  };
  const events: RunEvent['event'][] = [];
  let folder = '';
  const { config, ...rest } = resolveConfig(scratch, values);
  // as it comes from another process
  const copy = JSON.parse(JSON.stringify(config)) as ResolvedConfig;
  const exitCode = await worker.run(
    { ...rest, config: copy, sweep: 's', threads: 1 },
    { onFolder: (made) => (folder = made), onEvent: ({ event }) => events.push(event) },
  );
  return { exitCode, record: readRecord(folder)!, events };
}

test('jobs on one base share it; another base, and the job after a failure, begin anew', async () => {
  const worker = new SharingWorker();
  // only the first run with some parts records the peak of memory: so it tells who opened them
  const fresh = async (base: string, training = {}) => {
    const { record, exitCode } = await jobOn(worker, base, training);
    return [exitCode, record.status, record.peakBytes !== undefined];
  };
  expect(await fresh(bases[0]!)).toEqual([0, 'done', true]);
  expect(await fresh(bases[0]!, { seed: 1 })).toEqual([0, 'done', false]);
  expect(await fresh(bases[1]!)).toEqual([0, 'done', true]);
  expect(await fresh(bases[1]!, { learningRate: 1e30, steps: 20, clip: 0 })).toEqual([1, 'failed', false]);
  expect(await fresh(bases[1]!)).toEqual([0, 'done', true]);
  await worker.close();
});

test('its signal stops the job with a checkpoint', async () => {
  const abort = new AbortController();
  const worker = new SharingWorker(abort.signal);
  abort.abort();
  const { exitCode, events } = await jobOn(worker, bases[0]!, { steps: 5 });
  expect(exitCode).toBe(130);
  expect(events).toContain('checkpoint');
  await worker.close();
});
