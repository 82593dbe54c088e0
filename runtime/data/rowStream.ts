/** @file The rows of a file one after another, encoded, cut, counted: what a data set and a check of one have in common. */
import { setImmediate } from 'node:timers/promises';
import { UserError } from '../contract/errors.ts';
import { includesRow, rowRanges } from '../contract/rowNumbers.ts';
import type { RowNumbers } from '../contract/rowNumbers.ts';
import type { ByteFile } from '../formats/byteFile.ts';
import { placeOf } from './containers/container.ts';
import type { Container } from './containers/container.ts';
import { rowDigest } from './digest.ts';
import type { EncodedRow, RowEncoder } from './encodeRow.ts';
import { LintCollector, percentile95 } from './lint.ts';
import type { Lint } from './lint.ts';
import { atPlace } from './row.ts';
import type { RowReader } from './rows.ts';
import type { CacheWriter, RowPlace } from './tokenCache.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface RowStream {
  readonly file: ByteFile;
  readonly container: Container;
  readonly reader: RowReader;
  readonly encoder: RowEncoder;
  readonly options: {
    readonly tokenizer: Tokenizer | undefined;
    readonly vocabSize?: number | undefined;
    readonly exclude?: RowNumbers | undefined;
    readonly taskTypes?: boolean | undefined;
    readonly onProgress?: ((done: number, total: number, stage: 'hash' | 'rows') => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  };
}

/** Milliseconds after which others get their turn: the editor's helper answers questions in between. */
const longestSlice = 20;

/** Visits each row but those left out, encoded or as the error it is, with its place. Lets timers and signals through now and then. */
export async function encodeRows(
  { file, container, reader, encoder, options }: RowStream,
  visit: (row: EncodedRow | UserError, place: RowPlace) => void,
): Promise<void> {
  const vocabSize = options.vocabSize ?? options.tokenizer?.vocabSize;
  const encode = (value: unknown, line: number): EncodedRow | UserError => {
    try {
      const encoded = encoder.encode(reader.read(value, `${container.unit} ${line}`));
      const taskType = options.taskTypes === true ? reader.taskType(value) : undefined;
      if (vocabSize !== undefined) checkIds(encoded.ids, vocabSize);
      return taskType === undefined ? encoded : { ...encoded, taskType };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return atPlace(error, placeOf(file.path, container.unit, line));
    }
  };
  const excluded = rowRanges(options.exclude ?? []);
  let next = 0;
  let paused = performance.now();
  const pause = async (): Promise<void> => {
    options.onProgress?.(container.position, container.size, 'rows');
    await setImmediate();
    options.signal?.throwIfAborted();
    paused = performance.now();
  };
  for await (const batch of container.rows()) {
    for (const { value, line, error } of batch) {
      const row = next++;
      if (includesRow(excluded, line)) continue;
      visit(error ?? encode(value, line), { row, line });
      if (performance.now() - paused > longestSlice) await pause();
    }
    await pause();
  }
}

function checkIds(ids: readonly number[], vocabSize: number): void {
  for (const id of ids)
    if (id >= vocabSize)
      throw new UserError(
        'token-out-of-range',
        `has the token id ${id}, and the base has ${vocabSize} tokens.`,
        {
          hint: 'Tokenise the rows with the tokenizer of this base.',
        },
      );
}

/** Cuts rows, drops those that teach nothing, and counts. */
export class RowTally {
  readonly lints = new LintCollector();
  readonly #length: number;
  readonly #writer: CacheWriter | undefined;
  readonly #lengths = new Map<number, number>();
  #rows = 0;
  #seen = 0;
  #tokens = 0;
  #supervised = 0;
  #longest = 0;
  #typed = 0;

  /** Rows are cut at `length` tokens and go to `writer`, if there is one. */
  constructor(length: number, writer?: CacheWriter) {
    this.#length = length;
    this.#writer = writer;
  }

  /** Rows kept so far. */
  get rows(): number {
    return this.#rows;
  }

  add(encoded: EncodedRow, place: RowPlace): void {
    const { lints, text, label, taskType } = encoded;
    const { line } = place;
    const { ids, mask, cut, uncut, supervised } = cutRow(encoded, this.#length);
    this.#seen += 1;
    this.#longest = Math.max(this.#longest, uncut);
    this.#lengths.set(uncut, (this.#lengths.get(uncut) ?? 0) + 1);
    for (const code of lints) this.lints.add(code, line);
    if (cut) this.lints.add('truncated', line);
    if (supervised === 0) {
      if (cut && encoded.mask.includes(1)) this.lints.add('answer-cut-off', line);
      else if (!lints.includes('no-assistant-turn')) this.lints.add('nothing-trained', line);
      return;
    }
    const kept = Uint32Array.from(ids);
    const second = encoded.second?.slice(0, ids.length);
    this.#rows += 1;
    this.#tokens += kept.length;
    this.#supervised += supervised;
    if (taskType !== undefined) this.#typed += 1;
    const row = {
      ids: kept,
      mask,
      ...(second && { second }),
      ...(label !== undefined && { label }),
      ...(taskType !== undefined && { taskType }),
    };
    this.#writer?.add(row, place, supervised, rowDigest(kept, text));
  }

  /** Throws `data-empty`, `no-trainable-token`, or the first lint that is an error. */
  finish(
    file: string,
    unit: 'line' | 'row',
  ): {
    rows: number;
    tokens: number;
    supervised: number;
    truncated: number;
    longest: number;
    percentile95: number;
    typed: number;
    lints: readonly Lint[];
  } {
    const place = { file };
    if (this.#seen === 0)
      throw new UserError('data-empty', 'has no rows.', { place, hint: 'It has no row to train on.' });
    const p95 = percentile95(this.#lengths);
    const truncated = this.lints.count('truncated');
    this.lints.describe(
      'truncated',
      `is longer than ${this.#length} tokens (data.length) and was cut. 95 of 100 rows have at most ${p95} tokens, the longest ${this.#longest}.`,
    );
    const lints = this.lints.list();
    const error = lints.find(({ severity }) => severity === 'error');
    if (error !== undefined)
      throw new UserError(error.code, error.message, { place: placeOf(file, unit, error.lines[0]!) });
    if (this.#rows === 0) throw this.#nothingToTrain(place);
    return {
      rows: this.#rows,
      tokens: this.#tokens,
      supervised: this.#supervised,
      truncated,
      longest: this.#longest,
      percentile95: p95,
      typed: this.#typed,
      lints,
    };
  }

  #nothingToTrain(place: { file: string }): UserError {
    const cutOff = this.lints.count('answer-cut-off');
    const [why, hint] =
      cutOff > 0
        ? [
            `the answers of ${cutOff} of ${this.#seen} rows lie beyond data.length (${this.#length} tokens)`,
            `Raise data.length; the longest row has ${this.#longest} tokens.`,
          ]
        : this.lints.count('no-assistant-turn') > 0
          ? ['no row has an assistant turn', 'Answers have the role "assistant".']
          : ['every token is masked', 'Check train and weight flags, labels, and data.trainOn.'];
    return new UserError('no-trainable-token', `has no token to train on: ${why}.`, { place, hint });
  }
}

/** What is kept of a row. */
export interface CutRow {
  readonly ids: readonly number[];
  readonly mask: Uint8Array;
  readonly cut: boolean;
  /** Tokens before the cut. */
  readonly uncut: number;
  /** Tokens that are learned; 1 for a class. */
  readonly supervised: number;
}

/** The first `length` tokens; a row whose texts were cut apart is kept as it is. */
export function cutRow({ ids, mask, uncut, label }: EncodedRow, length: number): CutRow {
  const kept = uncut === undefined ? Math.min(ids.length, length) : ids.length;
  const keptMask = mask.slice(0, kept);
  return {
    ids: kept < ids.length ? ids.slice(0, kept) : ids,
    mask: keptMask,
    cut: kept < (uncut ?? ids.length),
    uncut: uncut ?? ids.length,
    supervised: label === undefined ? countOnes(keptMask) : 1,
  };
}

export function countOnes(mask: Uint8Array): number {
  let ones = 0;
  for (let i = 0; i < mask.length; i++) ones += mask[i]!;
  return ones;
}
