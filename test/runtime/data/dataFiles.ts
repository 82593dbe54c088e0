/** @file Small data files, opened as data sets, and what is learned from them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openDataset } from '../../../runtime/data/dataset.ts';
import type { DatasetOptions, TokenDataset } from '../../../runtime/data/dataset.ts';
import type { Tokenizer } from '../../../runtime/data/tokenizer.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { styles } from './publicStyleTemplates.ts';

export const folder = temporaryFolder();
export const chatml = createByteTokenizer({ ...styles.chatml.tokens, chatTemplate: styles.chatml.template });
export const plain = createByteTokenizer({ special: ['<s>', '</s>'], bos: '<s>', eos: '</s>', addBos: true });

let files = 0;
export function write(rows: readonly unknown[] | string, extension = 'jsonl'): string {
  const path = join(folder, `data-${(files += 1)}.${extension}`);
  writeFileSync(
    path,
    typeof rows === 'string' ? rows : rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  );
  return path;
}

export function options(
  file: string,
  tokenizer: Tokenizer | undefined,
  more: Partial<DatasetOptions> = {},
): DatasetOptions {
  return { file, tokenizer, length: 512, trainOn: 'assistant', cacheFolder: join(folder, 'cache'), ...more };
}

export const open = async (
  rows: readonly unknown[] | string,
  tokenizer: Tokenizer | undefined = chatml,
  more: Partial<DatasetOptions> = {},
): Promise<TokenDataset> => openDataset(options(write(rows), tokenizer, more));

export function learned(dataset: TokenDataset, tokenizer: Tokenizer): string[] {
  return Array.from({ length: dataset.rows }, (_, row) => {
    const { ids, mask } = dataset.read(row);
    expect(mask[0]).toBe(0);
    expect(ids).toHaveLength(dataset.length(row));
    expect(mask.reduce((sum, flag) => sum + flag, 0)).toBe(dataset.supervised(row));
    return tokenizer.decode(Array.from(ids).filter((_id, i) => mask[i] === 1));
  });
}

export const turn = (role: string, content: string, more = {}): object => ({ role, content, ...more });
export const chat = (...contents: string[]): object => ({
  messages: contents.map((content, i) => turn(i % 2 === 0 ? 'user' : 'assistant', content)),
});
