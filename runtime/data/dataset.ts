/** @file A data file as tokenised rows: streamed through formats and template into a cache on disk, then read by offset. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DataFormat, ResolvedConfig, Task } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { rowRanges } from '../contract/rowNumbers.ts';
import type { RowNumbers } from '../contract/rowNumbers.ts';
import { ByteFile } from '../formats/byteFile.ts';
import { openContainer } from './containers/open.ts';
import { RowEncoder } from './encodeRow.ts';
import type { Lint } from './lint.ts';
import { atPlace } from './row.ts';
import { RowReader } from './rows.ts';
import { encodeRows, RowTally } from './rowStream.ts';
import type { TrainOn } from './spans.ts';
import { CacheWriter, cacheVersion, TokenCache } from './tokenCache.ts';
import type { CachedRow } from './tokenCache.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface DatasetOptions {
  readonly file: string;
  /** Not needed for tokenised rows. */
  readonly tokenizer: Tokenizer | undefined;
  /** Ids from here on don't exist in the base; the tokenizer's own size where absent. */
  readonly vocabSize?: number | undefined;
  /** Rows are cut at this many tokens. */
  readonly length: number;
  readonly trainOn: TrainOn;
  readonly format?: DataFormat | undefined;
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** "none", the path of a template, or absent for the base's own. */
  readonly template?: string | undefined;
  /** The base's task, and the names of its classes by id; absent: it goes on with texts. */
  readonly task?: Task | undefined;
  readonly labels?: readonly string[] | undefined;
  /** Read the column `task_type` (LoRAMoE's balancing loss). */
  readonly taskTypes?: boolean | undefined;
  /** The day that templates may write; a resumed run gives the day it began. */
  readonly now?: Date | undefined;
  /** Rows to leave out before anything else looks at them, numbered as `line` does. */
  readonly exclude?: RowNumbers | undefined;
  /** Folder of caches: `<output>/.cache`. */
  readonly cacheFolder: string;
  /** Bytes of the file that were read, and how many there are; first for its hash, then for its rows. */
  readonly onProgress?: ((done: number, total: number, stage: 'hash' | 'rows') => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What rows become depends on: ids and positions that a base knows, its task, the names of its classes. */
export interface ReadingBase {
  readonly vocab: number;
  readonly maxPositions: number;
  readonly task?: Task;
  readonly labels?: readonly string[];
}

/** A method with a balancing loss shows routing by the kind of sample, also where a weight of 0 leaves the loss out. */
export const readsTaskTypes = ({ method }: Pick<ResolvedConfig, 'method'>): boolean =>
  typeof method['balance'] === 'number';

/** How a config reads its files for a base. */
export const readingOptions = (
  { data, output, method }: Pick<ResolvedConfig, 'data' | 'output' | 'method'>,
  { vocab, maxPositions, task, labels }: ReadingBase,
  tokenizer: Tokenizer | undefined,
): Omit<DatasetOptions, 'file'> => ({
  tokenizer,
  vocabSize: vocab,
  length: Math.min(data.length, maxPositions),
  trainOn: data.trainOn,
  format: data.format,
  columns: data.columns,
  template: data.template,
  task,
  labels,
  taskTypes: readsTaskTypes({ method }),
  cacheFolder: join(output, '.cache'),
});

export interface TokenDataset {
  readonly rows: number;
  length(row: number): number;
  /** Tokens of the row that are targets of the loss. */
  supervised(row: number): number;
  /** `mask[i]` is 1 where token i is a target, predicted from what stands before it; `mask[0]` never is. */
  read(row: number): CachedRow;
  /** Where the row stands in the file: its line, or its number in a Parquet file; from 1. */
  line(row: number): number;
  /** The row's number among all rows of the file, from 0: another one where rows before it are excluded, untrained or not selected. */
  source(row: number): number;
  /** SHA-256 over everything that decides the rows: file, tokenizer, template, options. */
  readonly hash: string;
  readonly totals: DatasetTotals;
  readonly lints: readonly Lint[];
  /** Four words a row, to compare data sets (`lintOverlap` in split.ts). */
  digests(): Uint32Array;
  close(): void;
}

export interface DatasetTotals {
  readonly tokens: number;
  readonly supervised: number;
  /** Rows that were cut. */
  readonly truncated: number;
  /** Tokens of the longest row before the cut, and what 95 of 100 rows don't exceed. */
  readonly longest: number;
  readonly percentile95: number;
  /** Rows with a `task_type`, where these are read. */
  readonly typed: number;
  /** SHA-256 of the data file. */
  readonly contentHash: string;
  readonly format: string;
  /** What `line` counts. */
  readonly unit: 'line' | 'row';
}

/**
 * Opens a data file, tokenising it unless that was done before. Throws a `UserError` with file and line for the first row that
 * can't be read, and `no-trainable-token` when nothing in the file is trained.
 */
export async function openDataset(options: DatasetOptions): Promise<TokenDataset> {
  const file = new ByteFile(options.file);
  try {
    const encoder = createEncoder(options);
    const contentHash = await hashFile(file, options);
    const hash = cacheKey(contentHash, encoder, options);
    const cache =
      TokenCache.open(options.cacheFolder, hash) ??
      (await fillCache(file, encoder, hash, contentHash, options));
    return asDataset(cache, hash);
  } finally {
    file.close();
  }
}

/** The tokenised rows of an earlier opening, undefined where there are none; the data file is hashed, its rows are not read. */
export async function openCachedDataset(options: DatasetOptions): Promise<TokenDataset | undefined> {
  const file = new ByteFile(options.file);
  try {
    const hash = cacheKey(await hashFile(file, options), createEncoder(options), options);
    const cache = TokenCache.open(options.cacheFolder, hash);
    return cache === undefined ? undefined : asDataset(cache, hash);
  } finally {
    file.close();
  }
}

function createEncoder(options: Omit<DatasetOptions, 'cacheFolder'>): RowEncoder {
  const { tokenizer, now, trainOn, template, task, labels, length } = options;
  const encoding = { trainOn, template, task, labels, length };
  return new RowEncoder(tokenizer, { ...encoding, ...(now === undefined ? {} : { now }) });
}

function asDataset(cache: TokenCache, hash: string): TokenDataset {
  const { rows, lints } = cache.meta;
  return {
    rows,
    hash,
    lints,
    totals: cache.meta,
    length: (row) => cache.length(row),
    supervised: (row) => cache.supervised(row),
    line: (row) => cache.line(row),
    source: (row) => cache.source(row),
    read: (row) => cache.read(row),
    digests: () => cache.readDigests(),
    close: () => {
      cache.close();
    },
  };
}

const hashChunk = 1 << 22;

async function hashFile(file: ByteFile, { onProgress, signal }: DatasetOptions): Promise<string> {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(Math.min(hashChunk, Math.max(1, file.size)));
  for (let at = 0; at < file.size; at += chunk.length) {
    hash.update(file.read(chunk.subarray(0, Math.min(chunk.length, file.size - at)), at));
    onProgress?.(Math.min(at + chunk.length, file.size), file.size, 'hash');
    await setImmediate();
    signal?.throwIfAborted();
  }
  return hash.digest('hex');
}

function cacheKey(contentHash: string, encoder: RowEncoder, options: DatasetOptions): string {
  const {
    tokenizer,
    length,
    trainOn,
    format,
    columns,
    vocabSize,
    now,
    exclude = [],
    task,
    labels,
    taskTypes,
  } = options;
  const excluded = rowRanges(exclude);
  const day = encoder.usesDate ? (now ?? new Date()).toISOString().slice(0, 10) : undefined;
  const sortedColumns = Object.entries(columns ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(
      JSON.stringify([
        cacheVersion,
        contentHash,
        tokenizer?.fingerprint,
        encoder.templateKey,
        day,
        [length, trainOn, format, sortedColumns, vocabSize],
        ...(excluded.length === 0 ? [] : [excluded]),
        ...(task === undefined ? [] : [task, labels ?? []]),
        ...(taskTypes === true ? ['task types'] : []),
      ]),
    )
    .digest('hex');
}

async function fillCache(
  file: ByteFile,
  encoder: RowEncoder,
  hash: string,
  contentHash: string,
  options: DatasetOptions,
): Promise<TokenCache> {
  const container = await openContainer(file);
  const reader = new RowReader(options);
  const writer = new CacheWriter(options.cacheFolder, hash);
  const tally = new RowTally(options.length, writer);
  try {
    await encodeRows({ file, container, reader, encoder, options }, (encoded, place) => {
      if (encoded instanceof UserError) throw encoded;
      tally.add(encoded, place);
    });
    for (const { code, line } of container.notes) tally.lints.add(code, line);
    finishColumns(reader, options.file);
    const totals = tally.finish(options.file, container.unit);
    writer.finish({
      ...totals,
      version: cacheVersion,
      contentHash,
      unit: container.unit,
      format: reader.format ?? 'none',
    });
  } catch (error) {
    writer.abandon();
    throw error;
  }
  const cache = TokenCache.open(options.cacheFolder, hash);
  if (cache === undefined) throw new Error(`the cache ${hash} can't be read back`);
  return cache;
}

function finishColumns(reader: RowReader, file: string): void {
  try {
    reader.finish();
  } catch (error) {
    throw error instanceof UserError ? atPlace(error, { file }) : error;
  }
}

export interface DatasetCheck {
  /** Rows that can't be trained on, the first hundred, each with its place; also what is wrong with the file as a whole. */
  readonly problems: readonly UserError[];
  readonly lints: readonly Lint[];
  /** Rows that would be trained on. */
  readonly rows: number;
}

const problemsKept = 100;

/** Looks at every row and goes on after one that is wrong; writes nothing. */
export async function checkDataset(options: Omit<DatasetOptions, 'cacheFolder'>): Promise<DatasetCheck> {
  const problems: UserError[] = [];
  const note = (error: unknown): void => {
    if (!(error instanceof UserError)) throw error;
    if (problems.length < problemsKept) problems.push(error);
  };
  const tally = new RowTally(options.length);
  let file: ByteFile | undefined;
  try {
    file = new ByteFile(options.file);
    const encoder = createEncoder(options);
    const container = await openContainer(file);
    const reader = new RowReader(options);
    await encodeRows({ file, container, reader, encoder, options }, (encoded, place) => {
      if (encoded instanceof UserError) note(encoded);
      else tally.add(encoded, place);
    });
    for (const { code, line } of container.notes) tally.lints.add(code, line);
    if (problems.length > 0) return { problems, lints: tally.lints.list(), rows: tally.rows };
    finishColumns(reader, options.file);
    tally.finish(options.file, container.unit);
  } catch (error) {
    note(error);
  } finally {
    file?.close();
  }
  return { problems, lints: tally.lints.list(), rows: tally.rows };
}
