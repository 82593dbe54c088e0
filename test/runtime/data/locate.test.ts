/** @file Folders with train and valid files, and entries of dataset_info.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { locateData } from '../../../runtime/data/locate.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

function folderWith(name: string, ...files: readonly string[]): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), '');
  return path;
}

test('a file is taken as it is', () => {
  expect(locateData('/x/rows.jsonl', 'train')).toEqual({ file: '/x/rows.jsonl' });
});

test('a folder by the names of its files', () => {
  const path = folderWith('mlx', 'train.jsonl', 'valid.jsonl', 'test.jsonl', 'README.md');
  expect(locateData(path, 'train')).toEqual({ file: join(path, 'train.jsonl') });
  expect(locateData(path, 'validation')).toEqual({ file: join(path, 'valid.jsonl') });
  const code = (name: string, ...files: string[]): unknown => {
    try {
      return locateData(folderWith(name, ...files), 'train');
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(code('none', 'rows.jsonl')).toBe('data-missing');
  expect(code('two', 'train.jsonl', 'train.parquet')).toBe('data-ambiguous');
});

describe('dataset_info.json', () => {
  const path = folderWith('factory');
  const file = join(path, 'dataset_info.json');
  const locate = (entry: unknown, name = '#one'): unknown => {
    writeFileSync(file, JSON.stringify({ one: entry, two: {} }));
    return locateData(`${file}${name}`, 'train');
  };
  const data = join(path, 'rows.json');

  test('Alpaca, with columns of their own', () => {
    expect(locate({ file_name: 'rows.json' })).toEqual({
      file: data,
      format: 'alpaca',
      columns: { instruction: 'instruction', output: 'output' },
    });
    expect(
      locate({
        file_name: 'rows.json',
        columns: { prompt: 'q', query: 'x', response: 'a', history: 'h', system: 's' },
      }),
    ).toEqual({
      file: data,
      format: 'alpaca',
      columns: { instruction: 'q', output: 'a', input: 'x', system: 's', history: 'h' },
    });
  });

  test('ShareGPT, and messages under its name', () => {
    expect(
      locate({ file_name: 'rows.json', formatting: 'sharegpt', columns: { messages: 'turns', tools: 't' } }),
    ).toEqual({
      file: data,
      format: 'sharegpt',
      columns: { conversations: 'turns', tools: 't' },
    });
    const tags = { role_tag: 'role', content_tag: 'content', user_tag: 'user', assistant_tag: 'assistant' };
    expect(
      locate({ file_name: 'rows.json', formatting: 'sharegpt', columns: { messages: 'messages' }, tags }),
    ).toEqual({
      file: data,
      format: 'chat',
      columns: { messages: 'messages' },
    });
    expect(locate({ file_name: 'rows.json', formatting: 'openai' })).toMatchObject({ format: 'chat' });
    expect(locate({ file_name: 'rows.json', ranking: true })).toEqual({ file: data, format: 'preference' });
  });

  test.each([
    ['elsewhere', { hf_hub_url: 'a/b' }, '#one'],
    ['outside of its folder', { file_name: '../rows.json' }, '#one'],
    ['at an absolute path', { file_name: '/rows.json' }, '#one'],
    ['with tags of its own', { file_name: 'x', formatting: 'sharegpt', tags: { user_tag: 'me' } }, '#one'],
    ['in an unknown formatting', { file_name: 'x', formatting: 'y' }, '#one'],
    ['without a name', { file_name: 'x' }, ''],
    ['under another name', { file_name: 'x' }, '#constructor'],
  ])('a data set %s is refused', (_, entry, name) => {
    expect(() => locate(entry, name)).toThrow(
      expect.objectContaining({ code: 'dataset-info', place: { file } }) as Error,
    );
  });

  test('one entry needs no name, and no file no answer', () => {
    writeFileSync(file, JSON.stringify({ only: { file_name: 'rows.json' } }));
    expect(locateData(file, 'train')).toMatchObject({ file: data });
    expect(() => locateData(join(folder, 'dataset_info.json'), 'train')).toThrow(
      expect.objectContaining({ code: 'dataset-info' }) as Error,
    );
  });
});
