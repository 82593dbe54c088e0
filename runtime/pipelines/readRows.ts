/** @file Rows of a file for a job that keeps nothing: tokenised into a scratch folder that goes with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { openDataset } from '../data/dataset.ts';
import type { DatasetOptions } from '../data/dataset.ts';
import { loadTokenizer } from '../data/loadTokenizer.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import type { Base } from '../model/decoder.ts';
import type { TokenRow } from '../train/batch.ts';

export interface ReadOptions extends Pick<DatasetOptions, 'file' | 'columns' | 'trainOn'> {
  readonly length: number;
  /** The first rows; all where absent. */
  readonly most?: number;
}

/** As the base reads them. Throws what `openDataset` throws. */
export async function readRows(
  { spec }: Pick<Base, 'spec'>,
  tokenizer: Tokenizer | undefined,
  { length, most = Number.POSITIVE_INFINITY, ...options }: ReadOptions,
): Promise<{ rows: TokenRow[]; longest: number }> {
  const scratch = mkdtempSync(join(tmpdir(), 'adapter-workbench-'));
  try {
    const data = await openDataset({
      ...options,
      tokenizer,
      vocabSize: spec.vocab,
      task: spec.task,
      labels: spec.labels,
      length: Math.min(length, spec.maxPositions),
      cacheFolder: scratch,
    });
    const rows = Array.from({ length: Math.min(most, data.rows) }, (_, row) => data.read(row));
    const { longest } = data.totals;
    data.close();
    return { rows, longest };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Tokenised rows need none; rows of text are refused without one when they are read. */
export function tokenizerOf({ path }: Pick<Base, 'path'>): Tokenizer | undefined {
  try {
    return loadTokenizer(path);
  } catch (error) {
    if (error instanceof UserError && error.code === 'tokenizer-missing') return undefined;
    throw error;
  }
}
