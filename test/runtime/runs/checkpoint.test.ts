/** @file Checkpoints: whole or none, newest first, the best one kept. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  listCheckpoints,
  pruneCheckpoints,
  removeLeftovers,
  writeCheckpoint,
} from '../../../runtime/runs/checkpoint.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
let counter = 0;
const fresh = (): string => {
  const run = join(root, String(counter++));
  mkdirSync(run);
  return run;
};
const write = (run: string, step: number, text = 'weights') =>
  writeCheckpoint(run, step, (folder) => {
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'adapter.bin'), text);
    writeFileSync(join(folder, 'deep', 'state.json'), '{}');
  });

test('a checkpoint is whole with its marker, newest first by number', async () => {
  const run = fresh();
  for (const step of [5, 100, 20]) await write(run, step);
  expect(listCheckpoints(run)).toEqual({
    whole: [100, 20, 5].map((step) => ({ step, path: join(run, `checkpoint-${step}`) })),
    skipped: [],
  });
  const marker = JSON.parse(readFileSync(join(run, 'checkpoint-5', 'COMPLETE'), 'utf8')) as unknown;
  expect(marker).toEqual({ step: 5, files: { 'adapter.bin': 7, 'deep/state.json': 2 } });
});

test('the same step again takes the place of the old one', async () => {
  const run = fresh();
  await write(run, 5, 'old');
  await write(run, 5, 'newer');
  expect(readdirSync(run)).toEqual(['checkpoint-5']);
  expect(readFileSync(join(run, 'checkpoint-5', 'adapter.bin'), 'utf8')).toBe('newer');
});

test('a writer that fails leaves the earlier ones and nothing else', async () => {
  const run = fresh();
  await write(run, 5);
  await expect(
    writeCheckpoint(run, 10, (folder) => {
      writeFileSync(join(folder, 'half'), '');
      throw Object.assign(new Error(), { code: 'ENOSPC' });
    }),
  ).rejects.toMatchObject({ code: 'disk-full' });
  expect(readdirSync(run)).toEqual(['checkpoint-5']);
});

describe('half-written ones are skipped with the reason', () => {
  const cases: [string, (checkpoint: string) => void, RegExp][] = [
    [
      'no marker',
      (path) => {
        rmSync(join(path, 'COMPLETE'));
      },
      /no COMPLETE marker/,
    ],
    [
      'empty marker',
      (path) => {
        writeFileSync(join(path, 'COMPLETE'), '');
      },
      /can't be read/,
    ],
    [
      'marker of another step',
      (path) => {
        writeFileSync(join(path, 'COMPLETE'), '{"step":1,"files":{}}');
      },
      /another step/,
    ],
    [
      'marker that is null',
      (path) => {
        writeFileSync(join(path, 'COMPLETE'), 'null');
      },
      /another step/,
    ],
    [
      'cut file',
      (path) => {
        truncateSync(join(path, 'adapter.bin'), 3);
      },
      /adapter\.bin has 3 bytes instead of 7/,
    ],
    [
      'missing file',
      (path) => {
        rmSync(join(path, 'deep', 'state.json'));
      },
      /deep\/state\.json is missing/,
    ],
    [
      'names outside',
      (path) => {
        writeFileSync(join(path, 'COMPLETE'), '{"step":9,"files":{"../x":1}}');
      },
      /outside/,
    ],
  ];
  test.each(cases)('%s', async (_, damage, reason) => {
    const run = fresh();
    await write(run, 3);
    await write(run, 9);
    damage(join(run, 'checkpoint-9'));
    const { whole, skipped } = listCheckpoints(run);
    expect(whole.map(({ step }) => step)).toEqual([3]);
    expect(skipped).toEqual([{ name: 'checkpoint-9', reason: expect.stringMatching(reason) as string }]);
  });

  test('a kill in the middle of writing, replacing or removing', async () => {
    const run = fresh();
    await write(run, 3);
    await write(run, 6);
    for (const name of [
      'checkpoint-9.0123abcd.tmp',
      'checkpoint-6.0123abcd.tmp',
      'checkpoint-1.0123abcd.tmp',
      'adapter.0123abcd.tmp',
    ])
      mkdirSync(join(run, name));
    expect(listCheckpoints(run)).toMatchObject({
      whole: [{ step: 6 }, { step: 3 }],
      skipped: [{ name: 'checkpoint-9', reason: 'its writing was cut off' }],
    });
    removeLeftovers(run);
    expect(readdirSync(run).sort()).toEqual(['checkpoint-3', 'checkpoint-6']);
  });
});

test('pruning keeps the newest and the best', async () => {
  const run = fresh();
  for (const step of [1, 2, 3, 4, 5]) await write(run, step);
  expect(pruneCheckpoints(run, 2, 2).map(({ step }) => step)).toEqual([3, 1]);
  expect(listCheckpoints(run).whole.map(({ step }) => step)).toEqual([5, 4, 2]);
  pruneCheckpoints(run, 0, undefined);
  expect(readdirSync(run)).toEqual(['checkpoint-5']);
  expect(existsSync(join(run, 'checkpoint-5', 'COMPLETE'))).toBe(true);
});
