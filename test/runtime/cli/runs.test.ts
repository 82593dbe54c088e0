/** @file `runs`: the list and one run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { localTime } from '../../../runtime/cli/runs.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const output = join(folder, 'runs');
const created = '2026-03-01T10:00:00.000Z';
const done = makeRun(output, '20260301T100000Z-tickets-aaaaaa', {
  status: 'done',
  step: 200,
  steps: 200,
  loss: 0.0123,
  variant: 'rank 64',
  adapter: 'x/adapter',
  peakBytes: 1.1e9,
  estimatedBytes: 1.3e9,
  versions: { node: '24.0.0' },
  git: { commit: 'abcdef0123456789', branch: 'main', dirty: true },
});
const dead = makeRun(output, '20260302T100000Z-tickets-bbbbbb', { created: '2026-03-02T10:00:00.000Z' });
dead.append(
  stepEvent(1),
  { event: 'evaluation', step: 1, loss: 3, tokens: 1, seconds: 1, best: true },
  stepEvent(2),
);
mkdirSync(join(dead.folder, 'checkpoint-2'));

async function call(...words: string[]) {
  const io = fakeIo({ cwd: folder });
  const code = await commandLine(['runs', ...words], io);
  return { code, out: io.outText(), err: io.errText() };
}

test('the list, newest first, fits 80 columns', async () => {
  const { code, out } = await call();
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    'Run     Name               State           Step    Loss  Started',
    '──────  ─────────────────  ───────────  ───────  ──────  ────────────────',
    `bbbbbb  tickets            interrupted    2/200    5.00  ${localTime('2026-03-02T10:00:00.000Z')}`,
    `aaaaaa  tickets · rank 64  done         200/200  0.0123  ${localTime(created)}`,
    '',
  ]);
});

test('one run by a part of its id: everything its record says, and how to go on', async () => {
  const { out } = await call('bbbbbb');
  expect(out).toContain('state       interrupted\n');
  expect(out).toContain('validation  3.00\n');
  expect(out).toContain('best        3.00 at step 1\n');
  expect(out).toContain('speed       3,200 tok/s, 0.50 s in steps\n');
  expect(out).toContain('checkpoint-2 is not used: it has no COMPLETE marker\n');
  expect(
    out
      .trimEnd()
      .endsWith(
        `Go on with: adapter-workbench train --resume ${join('runs', '20260302T100000Z-tickets-bbbbbb')}`,
      ),
  ).toBe(true);
  const finished = (await call(done.folder)).out;
  expect(finished).toContain('memory    1.1 GB (estimated 1.3 GB)\n');
  expect(finished).toContain('commit    abcdef012345 on main, with changes\n');
  expect(finished).not.toContain('Go on');
});

test('--json: one run a line', async () => {
  const lines = (await call('--json')).out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; record: { id: string } });
  expect(lines.map(({ event, record }) => [event, record.id.slice(-6)])).toEqual([
    ['run', 'bbbbbb'],
    ['run', 'aaaaaa'],
  ]);
  expect(JSON.parse((await call('aaaaaa', '--json')).out)).toMatchObject({ event: 'run', checkpoints: [] });
});

test('no runs, and a run that is not there', async () => {
  expect((await call('--folder', 'empty')).out).toBe(`No runs in ${join(folder, 'empty')}.\n`);
  expect(await call('zzz')).toMatchObject({ code: 2, err: expect.stringMatching(/no run "zzz"/) as string });
  expect(localTime('x')).toBe('?');
});

test('samples of a run: what was wanted, the base, and the newest adapter', async () => {
  const lines = [
    {
      step: 0,
      questions: [{ row: 4, prompt: 'p', wanted: '{"quantity": 3}' }],
      answers: [{ text: 'I do not\u001b[31m know.' }],
    },
    { step: 50, answers: [{ text: '{"quantity": 2}' }] },
    { step: 100, answers: [{ text: '{"quantity": 3}' }] },
  ];
  writeFileSync(
    join(done.folder, 'answers.jsonl'),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  const { out } = await call('aaaaaa');
  expect(out).toContain('of 1 held-out rows 0 as wanted by the base, 1 by the adapter of step 100\n');
  const row = out.split('\n').find((line) => line.includes('{"quantity": 3}'))!;
  expect(row).toMatch(/^ *5 +\{"quantity": 3\} +I do not.*know\. +\{"quantity": 3\}$/);
  expect(out).not.toContain('\u001b');
  const parsed = JSON.parse((await call('aaaaaa', '--json')).out) as { samples: { given: unknown[] } };
  expect(parsed.samples.given).toHaveLength(2);
});
