/** @file What lies behind a run's numbers: a step's rows by their share, texts, a diagnosis. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { RunDetailsApi } from '../../../runtime/contract/api/runDetails.ts';
import { StepLog } from '../../../runtime/runs/stepLog.ts';
import { rankRows, runDetailHandlers } from '../../../runtime/serve/runDetailHandlers.ts';
import { runConfig } from '../../support/runConfig.ts';
import { makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
const train = join(root, 'rows.jsonl');
const { handlers } = runDetailHandlers();
let folder = '';
const ask = async <K extends keyof RunDetailsApi>(
  method: K,
  params: RunDetailsApi[K]['params'],
): Promise<RunDetailsApi[K]['result']> => handlers[method](params, new AbortController().signal);

beforeAll(() => {
  writeFileSync(train, ['a', 'b', 'c'].map((text) => `{"text":"${text}"}\n`).join(''));
  const run = makeRun(root, 'run', { status: 'done' });
  ({ folder } = run);
  run.append(stepEvent(1));
  writeFileSync(join(folder, 'config.jsonc'), '{ /* mine */ }');
  writeFileSync(join(folder, 'config.resolved.json'), JSON.stringify(runConfig(root)));
  writeFileSync(join(folder, 'log.txt'), 'one\ntwo\n');
  const log = new StepLog(folder);
  const line = { step: 1, rows: [2, 0], losses: [1, 3], tokens: [9, 9], supervised: [2, 2] };
  log.add(line, Float32Array.of(0.5, 1.5, 2, 4));
  log.close();
});

test('the rows of a step, the costliest first, with their lines and tokens', async () => {
  expect(await ask('run/rows', { folder, step: 1 })).toEqual({
    step: 1,
    file: train,
    config: join(folder, 'config.resolved.json'),
    rows: [
      {
        row: 0,
        line: 1,
        text: '{"text":"a"}',
        loss: 3,
        share: 0.75,
        tokens: 9,
        supervised: 2,
        tokenLosses: [2, 4],
      },
      {
        row: 2,
        line: 3,
        text: '{"text":"c"}',
        loss: 1,
        share: 0.25,
        tokens: 9,
        supervised: 2,
        tokenLosses: [0.5, 1.5],
      },
    ],
  });
  await expect(ask('run/rows', { folder, step: 2 })).rejects.toMatchObject({ code: 'no-step' });
});

test('where the data is gone the numbers are still there', async () => {
  rmSync(train);
  const { rows } = await ask('run/rows', { folder, step: 1 });
  expect(rows.map(({ row, line, share }) => [row, line, share])).toEqual([
    [0, undefined, 0.75],
    [2, undefined, 0.25],
  ]);
});

test('a row whose loss is not finite is the whole step', () => {
  const samples = { step: 1, rows: [0, 1], losses: [NaN, 2], tokens: [1, 1], supervised: [1, 1] };
  expect(rankRows({ samples }, new Map()).map(({ row, loss, share }) => [row, loss, share])).toEqual([
    [0, null, 1],
    [1, 2, 0],
  ]);
});

test('texts: the config as it was, resolved, and the end of the log', async () => {
  const texts = await ask('run/texts', { folder });
  expect(texts).toMatchObject({ config: '{ /* mine */ }', log: 'one\ntwo\n' });
  expect(texts.resolved?.data.train).toBe(train);
  writeFileSync(join(folder, 'log.txt'), `${'x'.repeat(70_000)}\nlast\n`);
  expect((await ask('run/texts', { folder })).log).toBe('last\n');
  await expect(ask('run/texts', { folder: join(root, 'none') })).rejects.toMatchObject({ code: 'no-run' });
});

test('a diagnosis names the config', async () => {
  expect(await ask('run/diagnose', { folder })).toEqual({ config: 'tickets.adapter.json', diagnostics: [] });
});
