/** @file Whether a run's inputs are what they were: by times where these say enough, else by content. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashFiles } from '../../../runtime/runs/hash.ts';
import { changedInputs, ContentHashes } from '../../../runtime/runs/origin.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
/** Hashes whose readings are counted. */
function counted() {
  const read: (readonly string[])[] = [];
  const hashes = new ContentHashes((paths) => {
    read.push(paths);
    return hashFiles(paths);
  });
  return { hashes, read };
}

/** Data and base as files, and what a run would have recorded of them. */
async function inputs(name: string) {
  const folder = join(root, name);
  mkdirSync(folder);
  const config = { ...runConfig(folder), base: join(folder, 'base.gguf') };
  writeFileSync(config.data.train, '{"text":"a"}\n');
  writeFileSync(config.base, 'weights');
  const hashes = { train: await hashFiles([config.data.train]), base: await hashFiles([config.base]) };
  return { config, hashes };
}

const long = (ago: number): string => new Date(Date.now() + ago).toISOString();

test('nothing is read of files that were touched before the run began', async () => {
  const { config, hashes } = await inputs('old');
  const { hashes: known, read } = counted();
  expect(await changedInputs({ created: long(60_000), hashes }, config, known)).toEqual([]);
  expect(read).toEqual([]);
});

test('a file that was touched is read once, and changed only where its content is', async () => {
  const { config, hashes } = await inputs('touched');
  const { hashes: known, read } = counted();
  const run = { created: long(-60_000), hashes };
  expect(await changedInputs(run, config, known)).toEqual([]);
  expect(await changedInputs(run, config, known)).toEqual([]);
  expect(read).toHaveLength(2);
  writeFileSync(config.data.train, '{"text":"b"}\n');
  utimesSync(config.data.train, 1, 1);
  expect(await changedInputs(run, config, known)).toEqual([
    { role: 'train', path: config.data.train, what: 'changed' },
  ]);
  expect(read).toHaveLength(3);
});

test('what is gone is missing, also a base that is a folder without weights', async () => {
  const { config, hashes } = await inputs('gone');
  rmSync(config.data.train);
  rmSync(config.base);
  mkdirSync(config.base);
  const changed = await changedInputs({ created: long(-60_000), hashes }, config, new ContentHashes());
  expect(changed.map(({ role, what }) => [role, what])).toEqual([
    ['train', 'missing'],
    ['base', 'missing'],
  ]);
});
