/** @file Token caches: reused, keyed by everything that decides the rows, whole or not there. */
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../runtime/data/dataset.ts';
import type { DatasetOptions } from '../../../runtime/data/dataset.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import { chat, chatml, folder, open, options, write } from './dataFiles.ts';
import { styles } from './publicStyleTemplates.ts';

describe('the cache', () => {
  const stages = async (given: DatasetOptions): Promise<{ seen: Set<string>; hash: string }> => {
    const seen = new Set<string>();
    const dataset = await openDataset({ ...given, onProgress: (_done, _total, stage) => seen.add(stage) });
    dataset.close();
    return { seen, hash: dataset.hash };
  };

  test('is read the second time, in place of the file', async () => {
    const given = options(write([chat('Hi', 'once')]), chatml);
    const first = await stages(given);
    expect([...first.seen]).toEqual(['hash', 'rows']);
    const second = await stages(given);
    expect([...second.seen]).toEqual(['hash']);
    expect(second.hash).toBe(first.hash);
    // The same content under another name is the same data.
    expect((await stages({ ...given, file: write([chat('Hi', 'once')]) })).seen.has('rows')).toBe(false);
  });

  test('has another key for everything that changes the rows', async () => {
    const given = options(write([chat('Hi', 'Hello', 'x', 'y')]), chatml);
    const dated = createByteTokenizer({
      ...styles.chatml.tokens,
      chatTemplate: `{{ strftime_now('%d') }}${styles.chatml.template}`,
    });
    const variants: DatasetOptions[] = [
      given,
      { ...given, length: 40 },
      { ...given, trainOn: 'last' },
      { ...given, format: 'chat' },
      { ...given, columns: { messages: 'messages' } },
      { ...given, vocabSize: 300 },
      {
        ...given,
        tokenizer: createByteTokenizer({
          ...styles.chatml.tokens,
          merges: [['a', 'b']],
          chatTemplate: styles.chatml.template,
        }),
      },
      {
        ...given,
        tokenizer: createByteTokenizer({
          ...styles.chatml.tokens,
          chatTemplate: styles.noNewlineAfterEnd.template,
        }),
      },
      { ...given, file: write([chat('Hi', 'Hello', 'x', 'z')]) },
      { ...given, tokenizer: dated, now: new Date(Date.UTC(2026, 0, 1)) },
      { ...given, tokenizer: dated, now: new Date(Date.UTC(2026, 0, 2)) },
    ];
    const hashes = new Set<string>();
    for (const variant of variants) hashes.add((await stages(variant)).hash);
    expect(hashes.size).toBe(variants.length);
  });

  test('that was damaged is made anew', async () => {
    const given = options(write([chat('Hi', 'Hello')]), chatml);
    const { hash } = await stages(given);
    truncateSync(join(given.cacheFolder, hash, 'ids.u32'), 4);
    const { seen } = await stages(given);
    expect(seen.has('rows')).toBe(true);
    expect((await stages(given)).seen.has('rows')).toBe(false);
  });

  test('holds nothing half-written after an error', async () => {
    const cacheFolder = join(folder, 'broken');
    await expect(open([chat('a', 'b'), { messages: 3 }], chatml, { cacheFolder })).rejects.toThrow();
    expect(readdirSync(cacheFolder)).toEqual([]);
  });

  test('can be stopped', async () => {
    const signal = AbortSignal.abort();
    await expect(open([chat('a', 'b')], chatml, { signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('second texts and classes are read back as they were written', async () => {
  const rows = [
    { input_ids: [5, 6, 7], label: 3, token_type_ids: [0, 1, 1] },
    { input_ids: [8], label: 0 },
  ];
  const labels = ['a', 'b', 'c', 'd'];
  const given = { ...options(write(rows), undefined), task: 'classification', labels } as const;
  const dataset = await openDataset(given);
  expect(dataset.read(0)).toEqual({
    ids: Uint32Array.of(5, 6, 7),
    mask: new Uint8Array(3),
    second: Uint8Array.of(0, 1, 1),
    label: 3,
  });
  expect(dataset.read(1)).toEqual({ ids: Uint32Array.of(8), mask: new Uint8Array(1), label: 0 });
  expect([dataset.supervised(0), dataset.totals.supervised]).toEqual([1, 2]);
  dataset.close();
  // other names are other classes
  const renamed = await openDataset({ ...given, labels: ['d', 'c', 'b', 'a'] });
  expect(renamed.hash).not.toBe(dataset.hash);
  renamed.close();
});
