/** @file `runs compare`: the facts as text and as JSON. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { runConfig } from '../../support/runConfig.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const output = temporaryFolder();

function make(id: string, rank: number, seed: number, loss: number): void {
  const run = makeRun(output, id, {
    status: 'done',
    seed,
    ...(rank === 4 ? {} : { variant: `rank ${rank}` }),
  });
  const config = runConfig(output, { seed });
  writeFileSync(
    join(run.folder, 'config.resolved.json'),
    JSON.stringify({ ...config, method: { ...config.method, rank } }),
  );
  run.append({ event: 'started', run: id, steps: 1, rows: 9, trainable: 1 }, stepEvent(1, { loss }), {
    event: 'evaluation',
    step: 1,
    loss,
    tokens: 1,
    seconds: 1,
    best: true,
  });
}
make('a-000001', 4, 0, 1);
make('a-000002', 4, 1, 1.2);
make('b-000003', 8, 0, 0.5);

async function call(...words: string[]) {
  const io = fakeIo({ cwd: output });
  const code = await commandLine(['runs', ...words, '--folder', output], io);
  return { code, out: io.outText(), err: io.errText() };
}

test('what changed, groups with mean and interval, best first, and the differences', async () => {
  const { code, out } = await call('compare', '000001', '000002', '000003');
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[0]).toBe('rank 4 → 8, seeds 0, 1 → 0');
  expect(lines[4]).toMatch(/^tickets · rank 8 +1 +0\.500 +0\.500 +0\.25 s/);
  expect(lines[5]).toMatch(/^tickets +2 +1\.10 ± 1\.27 /);
  expect(out).toMatch(/^method\.rank +4 +4 +8$/m);
  expect(out).not.toMatch(/^method\.alpha/m);
  expect(out).toMatch(/^\d+ more lines are equal in all\.$/m);
});

test('many runs fit 80 columns: tables below each other, each with whole names', async () => {
  for (let i = 4; i < 9; i++) make(`c-00000${i}`, 4, i, 1 + i / 100);
  const { out } = await call('compare', ...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `00000${i}`));
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  for (const seed of [4, 5, 6, 7, 8]) expect(out).toMatch(new RegExp(`tickets · seed ${seed}\\b`));
  expect(out.match(/^method\.rank/gm)).toHaveLength(3);
});

test('as JSON', async () => {
  const { out } = await call('compare', '000001', '000003', '--json');
  expect(JSON.parse(out)).toMatchObject({ event: 'comparison', changes: ['rank 4 → 8, same seed'] });
});

test('a run that is not there, and words that mean nothing', async () => {
  expect((await call('compare', 'nope')).code).toBe(2);
  const { code, err } = await call('000001', '000002');
  expect(code).toBe(2);
  expect(err).toContain('runs compare RUN RUN');
});
