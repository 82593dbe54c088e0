/** @file Open files and what is kept of them: an index and surveys outlive the process, a change of the file makes them old. */
import { appendFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { DataFiles } from '../../../runtime/serve/dataFiles.ts';
import { collectEvents } from '../../support/collectEvents.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const cache = join(folder, 'cache');
const path = join(folder, 'rows.jsonl');
const write = (rows: number): void => {
  writeFileSync(path, '{"text": "a"}\n'.repeat(rows));
};
const question = { file: path, cache, key: 'k', preview: undefined, exclude: [] };

test('an index is told, kept, and read back by the next process', async () => {
  write(1000);
  const { emit, told } = collectEvents();
  const files = new DataFiles(emit);
  const file = await files.open(path, cache);
  expect(files.state(file).complete).toBe(false);
  await files.index(file, cache);
  expect(told['data/indexed']?.at(-1)).toMatchObject({ file: path, rows: 1000, complete: true });
  files.dispose();
  const next = new DataFiles(emit);
  expect(next.state(await next.open(path, cache))).toMatchObject({ rows: 1000, complete: true });
  next.dispose();
});

test('a file that changed is opened anew', async () => {
  write(10);
  const files = new DataFiles(collectEvents().emit);
  const first = await files.open(path, cache);
  expect(await files.open(path, cache)).toBe(first);
  write(20);
  const second = await files.open(path, cache);
  expect(second).not.toBe(first);
  await files.index(second, cache);
  expect(second.rows.known).toBe(20);
  files.dispose();
});

test('a survey is made once, its table when someone asks for it', async () => {
  write(30);
  const files = new DataFiles(collectEvents().emit);
  const survey = await files.survey(question);
  expect(survey.rows).toBe(30);
  const kept = readdirSync(cache).filter((name) => name.startsWith('survey-'));
  expect(kept.length).toBeGreaterThan(0);
  files.dispose();
  // Another process finds what was kept; only the table is made anew.
  const next = new DataFiles(collectEvents().emit);
  expect(await next.survey(question)).toEqual(survey);
  expect((await next.table(question))?.tokens).toHaveLength(30);
  next.dispose();
});

test('a file whose index failed is opened anew when it has changed', async () => {
  write(1000);
  const files = new DataFiles(collectEvents().emit);
  const file = await files.open(path, cache);
  truncateSync(path, 10);
  await expect(files.index(file, cache)).rejects.toMatchObject({ code: 'file-truncated' });
  write(20);
  const next = await files.open(path, cache);
  await files.index(next, cache);
  expect(next.rows.known).toBe(20);
  files.dispose();
});

test('a survey goes on while its file grows and others open it anew', async () => {
  write(50_000);
  const files = new DataFiles(collectEvents().emit);
  const surveying = files.survey({ ...question, key: 'grows' });
  await files.open(path, cache);
  appendFileSync(path, '{"text": "b"}\n');
  const anew = await files.reading(path, cache, (file) => file);
  expect((await surveying).rows).toBeGreaterThanOrEqual(50_000);
  await files.index(anew, cache);
  expect(anew.rows.known).toBe(50_001);
  files.dispose();
});

test('where nothing can be kept, answers come all the same', async () => {
  write(30);
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const files = new DataFiles(collectEvents().emit);
  const nowhere = join(path, 'cache');
  const file = await files.open(path, nowhere);
  await files.index(file, nowhere);
  expect((await files.survey({ ...question, cache: nowhere })).rows).toBe(30);
  expect(told.mock.calls.flat().join(' ')).toContain('was not kept');
  files.dispose();
});

test('a file that is not there is said', async () => {
  const files = new DataFiles(collectEvents().emit);
  await expect(files.open(join(folder, 'absent.jsonl'), cache)).rejects.toMatchObject({
    code: 'file-missing',
  });
});
