/** @file What a config's data files hold, for advice: from the token cache where there is one, else from their first rows. */
import { setImmediate } from 'node:timers/promises';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { openContainer } from '../data/containers/open.ts';
import { openCachedDataset, readingOptions, readsTaskTypes } from '../data/dataset.ts';
import type { DatasetOptions, TokenDataset } from '../data/dataset.ts';
import { rowDigest } from '../data/digest.ts';
import { RowEncoder } from '../data/encodeRow.ts';
import { percentile95 } from '../data/lint.ts';
import { loadTokenizer } from '../data/loadTokenizer.ts';
import { RowReader } from '../data/rows.ts';
import { cutRow, encodeRows, RowTally } from '../data/rowStream.ts';
import { lintOverlap } from '../data/split.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import { ByteFile } from '../formats/byteFile.ts';
import { stampOf } from './bases.ts';
import type { OpenedBase } from './bases.ts';
import { withDataClasses } from './classes.ts';

/** A first row that `train` would refuse, or a tokenizer it can't read. */
export interface DataProblem {
  readonly of: 'train' | 'validation' | 'base';
  readonly error: UserError;
}

export interface DataFacts {
  /** Rows that are trained on; about so many where not all were read. */
  readonly rows?: number;
  /** All rows were read. */
  readonly exact: boolean;
  /** Tokens before the cut: of the longest row, and what 95 of 100 rows don't exceed. */
  readonly longest?: number;
  readonly percentile95?: number;
  /** Tokens after the cut of the longest rows, descending: enough of them for any micro-batch that fits. */
  readonly lengths?: readonly number[];
  /** Mean tokens a row after the cut. */
  readonly meanLength?: number;
  /** Share of the tokens that are trained. */
  readonly labelled?: number;
  /** Tokens of the row that a token stands in, in the mean over tokens: long rows weigh more. */
  readonly rowTokens?: number;
  /** Share of the rows that say what kind of sample they are, where the method asks. */
  readonly typed?: number;
  /** Validation rows that are training rows too, of how many looked at. */
  readonly overlap?: { readonly count: number; readonly of: number };
  readonly problem?: DataProblem;
}

/** Rows and bytes of a file that are read where there is no cache: a second's work. */
const sampledRows = 2000;
const sampledBytes = 4 << 20;
/** Larger files are not hashed to look for their cache. */
const largestHashed = 64 << 20;
const lengthsKept = 4096;

/** All that decides a config's facts, as one text. */
export function factsKey({ base, data, output, method }: ResolvedConfig): string {
  const files = [data.train, ...(typeof data.validation === 'string' ? [data.validation] : [])];
  const template = data.template === undefined || data.template === 'none' ? [] : [data.template];
  const stamps = [base, ...files, ...template].map(stampOf);
  const { length, trainOn, format, columns, exclude, template: named } = data;
  const types = readsTaskTypes({ method });
  return JSON.stringify([
    ...[base, output, files, length, trainOn, format, columns, exclude, named, stamps],
    types,
  ]);
}

/** Tokenizers take a third of a second to read: the last one is kept, since most configs of a folder share it. */
export class Tokenizers {
  #last: { key: string; tokenizer: Tokenizer | undefined } | undefined;

  /** Undefined where the base has none. Throws `tokenizer-damaged` and `tokenizer-unsupported`. */
  load({ path, stamp }: Pick<OpenedBase, 'path' | 'stamp'>): Tokenizer | undefined {
    const key = `${path}\n${stamp}`;
    if (this.#last?.key === key) return this.#last.tokenizer;
    let tokenizer: Tokenizer | undefined;
    try {
      tokenizer = loadTokenizer(path);
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'tokenizer-missing') throw error;
    }
    this.#last = { key, tokenizer };
    return tokenizer;
  }
}

interface Sample {
  readonly counts: ReadonlyMap<number, number>;
  readonly lengths: readonly number[];
  /** Two words a row: for its ids. */
  readonly digests: ReadonlySet<string>;
  readonly rows: number;
  readonly whole: boolean;
  /** Of the file that was read. */
  readonly share: number;
  readonly labelled: number;
  readonly typed: number;
}

/** Reads the cache or a sample; lets other work through between rows. Throws only when `signal` says so, or for a bug. */
export async function readDataFacts(
  config: ResolvedConfig,
  opened: OpenedBase,
  tokenizers: Tokenizers,
  signal?: AbortSignal,
): Promise<DataFacts> {
  let of: DataProblem['of'] = 'base';
  try {
    const tokenizer = config.data.format === 'tokenised' ? undefined : tokenizers.load(opened);
    const { data } = config;
    of = 'train';
    const base = await withDataClasses(opened, data);
    const reading = { ...readingOptions(config, base.spec, tokenizer), signal };
    const rows = { ...reading, file: data.train, exclude: data.exclude };
    const train = await openKnown(rows);
    const sample = train === undefined ? await sampleRows(rows) : undefined;
    of = 'validation';
    const overlap =
      typeof data.validation === 'string' && data.validation !== data.train
        ? await overlapOf({ ...reading, file: data.validation }, train, sample)
        : undefined;
    const facts = train === undefined ? sampleFacts(sample!) : cacheFacts(train);
    train?.close();
    const { typed, ...others } = facts;
    return {
      ...others,
      ...(readsTaskTypes(config) && { typed }),
      ...(overlap === undefined ? {} : { overlap }),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { exact: false, problem: { of, error } };
  }
}

/** The tokenised rows of an earlier run, where the file is small enough to be hashed for them. */
async function openKnown(options: DatasetOptions): Promise<TokenDataset | undefined> {
  const file = new ByteFile(options.file);
  const { size } = file;
  file.close();
  return size > largestHashed ? undefined : await openCachedDataset(options);
}

type ReadFacts = DataFacts & { readonly typed: number };

function cacheFacts(data: TokenDataset): ReadFacts {
  const lengths = Array.from({ length: data.rows }, (_, row) => data.length(row)).sort((a, b) => b - a);
  const { totals } = data;
  return {
    rows: data.rows,
    exact: true,
    longest: totals.longest,
    percentile95: totals.percentile95,
    lengths: lengths.slice(0, lengthsKept),
    labelled: totals.supervised / Math.max(1, totals.tokens),
    typed: totals.typed / Math.max(1, data.rows),
    ...meanLengths(lengths),
  };
}

/** Over rows and over tokens. */
export function meanLengths(lengths: readonly number[]): { meanLength: number; rowTokens: number } {
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const squares = lengths.reduce((sum, length) => sum + length ** 2, 0);
  return { meanLength: tokens / Math.max(1, lengths.length), rowTokens: squares / Math.max(1, tokens) };
}

function sampleFacts({ counts, lengths, rows, whole, share, labelled, typed }: Sample): ReadFacts {
  return {
    rows: whole ? rows : Math.round(rows / Math.max(share, 1e-9)),
    exact: whole,
    longest: Math.max(0, ...counts.keys()),
    percentile95: percentile95(counts),
    ...(whole ? { lengths: lengths.slice(0, lengthsKept) } : {}),
    labelled,
    typed,
    ...meanLengths(lengths),
  };
}

/** Thrown to leave the stream of rows; no error that a person sees. */
class Enough extends Error {}

async function sampleRows(options: DatasetOptions): Promise<Sample> {
  const file = new ByteFile(options.file);
  const counts = new Map<number, number>();
  const lengths: number[] = [];
  const digests = new Set<string>();
  const tally = new RowTally(options.length);
  let whole = true;
  let [tokens, trained, typed] = [0, 0, 0];
  try {
    const { trainOn, template, task, labels, length } = options;
    const encoder = new RowEncoder(options.tokenizer, { trainOn, template, task, labels, length });
    const container = await openContainer(file);
    const reader = new RowReader(options);
    try {
      await encodeRows({ file, container, reader, encoder, options }, (row, place) => {
        if (row instanceof UserError) throw row;
        tally.add(row, place);
        const kept = cutRow(row, options.length);
        counts.set(kept.uncut, (counts.get(kept.uncut) ?? 0) + 1);
        lengths.push(kept.ids.length);
        tokens += kept.ids.length;
        trained += kept.supervised;
        if (row.taskType !== undefined) typed += 1;
        digests.add(digestKey(rowDigest(kept.ids, row.text)));
        if (lengths.length >= sampledRows || container.position > sampledBytes) throw new Enough();
      });
      reader.finish();
    } catch (error) {
      if (!(error instanceof Enough)) throw error;
      whole = container.position >= container.size && lengths.length < sampledRows;
    }
    await setImmediate();
    if (whole) tally.finish(options.file, container.unit);
    lengths.sort((a, b) => b - a);
    return {
      counts,
      lengths,
      digests,
      rows: whole ? tally.rows : lengths.length,
      whole,
      share: container.size === 0 ? 1 : container.position / container.size,
      labelled: trained / Math.max(1, tokens),
      typed: typed / Math.max(1, lengths.length),
    };
  } finally {
    file.close();
  }
}

const digestKey = (digest: Uint32Array): string => `${digest[0]} ${digest[1]}`;

async function overlapOf(
  options: DatasetOptions,
  train: TokenDataset | undefined,
  sample: Sample | undefined,
): Promise<DataFacts['overlap']> {
  const validation = await openKnown(options);
  try {
    if (train !== undefined && validation !== undefined) {
      const found = lintOverlap(train, validation).find(({ code }) => code === 'validation-overlap');
      return { count: found?.count ?? 0, of: validation.rows };
    }
    const held = await sampleRows(options);
    const known = sample?.digests ?? digestsOf(train!);
    const count = [...held.digests].filter((digest) => known.has(digest)).length;
    return { count, of: held.digests.size };
  } finally {
    validation?.close();
  }
}

function digestsOf(data: TokenDataset): ReadonlySet<string> {
  const words = data.digests();
  const width = words.length / Math.max(1, data.rows);
  return new Set(
    Array.from({ length: data.rows }, (_, row) => digestKey(words.subarray(row * width, (row + 1) * width))),
  );
}
