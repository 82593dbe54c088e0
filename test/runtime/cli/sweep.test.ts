/** @file `sweep`: what it makes of its arguments, and all that it refuses before anything begins. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { seedsOf, variantsOf } from '../../../runtime/cli/sweep.ts';
import type { SweepJob, SweepWorker } from '../../../runtime/pipelines/sweep.ts';
import { listSweeps } from '../../../runtime/runs/sweep.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const jobs: SweepJob[] = [];
let exitCode = 0;
vi.mock('../../../runtime/cli/sweepWorkers.ts', () => ({
  forkWorker: (): SweepWorker => ({
    run: (job) => {
      jobs.push(job);
      return Promise.resolve(exitCode);
    },
    close: () => Promise.resolve(),
  }),
}));

const folder = temporaryFolder();
beforeEach(() => {
  jobs.length = 0;
  exitCode = 0;
  const text = {
    base: join(root, 'media/base/tiny-clerk'),
    data: { train: join(root, 'media/data/tickets/train.jsonl') },
    training: { seed: 7 },
    variants: { wide: { method: { rank: 32 } }, 'a, b': { data: { length: 100 } } },
  };
  writeFileSync(join(folder, 'tickets.adapter.json'), JSON.stringify(text));
});

async function call(...words: string[]) {
  const io = fakeIo({ cwd: folder });
  const code = await commandLine(['sweep', ...words], io);
  return { code, out: io.outText(), err: io.errText() };
}
const done = () => jobs.map(({ variant, config }) => [variant ?? 'base', config.training.seed]);

test("seeds: the config's own, so many from it on, or these", () => {
  expect(seedsOf(undefined, 7)).toEqual([7]);
  expect(seedsOf('3', 7)).toEqual([7, 8, 9]);
  expect(seedsOf('5,1,5', 7)).toEqual([5, 1]);
  expect(seedsOf('5,', 7)).toEqual([5]);
  for (const wrong of ['', 'x', '1,-2', '1.5']) expect(() => seedsOf(wrong, 0)).toThrow('--seeds is a list');
});

test('variants: all, or these; "base" is the file as it is unless a variant has that name', () => {
  expect(variantsOf(undefined, ['a'])).toEqual([undefined, 'a']);
  expect(variantsOf(['a', 'base', 'a'], ['a'])).toEqual(['a', undefined]);
  expect(variantsOf(['base'], ['base'])).toEqual(['base']);
  expect(() => variantsOf(['b'], ['a'])).toThrow('There is no variant "b"');
});

test('each seed goes over all variants before the next', async () => {
  const { code } = await call(
    'tickets.adapter.json',
    '--variants',
    'base,wide',
    '--seeds',
    '2',
    '--set',
    'training.batch=2',
  );
  expect(code).toBe(0);
  expect(done()).toEqual([
    ['base', 7],
    ['wide', 7],
    ['base', 8],
    ['wide', 8],
  ]);
  expect(jobs.every(({ config }) => config.training.batch === 2)).toBe(true);
});

test('a variant whose name holds a comma', async () => {
  await call('tickets.adapter.json', '--variant', 'a, b');
  expect(done()).toEqual([['a, b', 7]]);
});

test('a sweep that failed goes on by its id, with the text of its own time', async () => {
  exitCode = 1;
  const { out, code } = await call('tickets.adapter.json', '--variants', 'wide', '--json');
  expect(code).toBe(1);
  const { sweep } = JSON.parse(out.split('\n')[0]!) as { sweep: string };
  writeFileSync(join(folder, 'tickets.adapter.json'), '{}');
  exitCode = 0;
  expect((await call('--resume', sweep)).code).toBe(0);
  expect(done()).toEqual([
    ['wide', 7],
    ['wide', 7],
  ]);
  expect(jobs[1]!.config.method.rank).toBe(32);
  expect((await call('--resume', sweep)).err).toContain('is done');
});

test.each([
  [[], 'sweep needs FILE'],
  [['tickets.adapter.json', '--variants', 'none'], 'There is no variant "none"'],
  [['tickets.adapter.json', '--seeds', 'x'], '--seeds is a list'],
  [['tickets.adapter.json', '--seeds', '5000'], 'a sweep has 1 to 1000'],
  [['tickets.adapter.json', '--parallel', '0'], '--parallel is a whole number'],
  [['tickets.adapter.json', '--stop-hopeless'], 'can not be judged by each other'],
  [['tickets.adapter.json', '--set', 'method.rnak=3'], 'rnak'],
  [['--resume', 'nothing'], 'There is no sweep "nothing"'],
])('%j is refused before anything begins', async (words, message) => {
  const before = listSweeps(join(folder, 'runs')).length;
  const { code, err } = await call(...words);
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(jobs).toEqual([]);
  expect(existsSync(join(folder, 'runs')) ? listSweeps(join(folder, 'runs')).length : 0).toBe(before);
});
