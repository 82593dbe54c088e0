/** @file All rows of a file at a glance: counts, lengths, lints; and for each row enough to find it again by them. */
import type { LintCount, Survey, TokenCounts } from '../contract/api/data.ts';
import { UserError } from '../contract/errors.ts';
import { includesRow, rowRanges } from '../contract/rowNumbers.ts';
import type { RowNumbers } from '../contract/rowNumbers.ts';
import { RowEncoder } from './encodeRow.ts';
import { lintMessage, lintSeverity, percentile95 } from './lint.ts';
import type { LintCode } from './lint.ts';
import type { FileRow, RowFile } from './rowFile.ts';
import type { PreviewOptions } from './rowPreview.ts';
import { parseLine } from './rowPreview.ts';
import { RowReader } from './rows.ts';
import { cutRow } from './rowStream.ts';

export interface SurveyOptions {
  /** Without them only the shape of rows is looked at. */
  readonly preview: PreviewOptions | undefined;
  readonly exclude: RowNumbers;
  /** Rows of an even sample; all rows where absent. */
  readonly sample?: number;
  readonly onProgress?: (done: number, size: number) => void;
  readonly signal?: AbortSignal;
}

/** What a survey leaves for each row that it looked at, in their order. */
export interface RowTable {
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** Bit i: the lint `codes[i]`. */
  readonly lints: Uint32Array<ArrayBuffer>;
  readonly codes: readonly string[];
}

const bins = 40;
const linesKept = 100;
/** One bit each; whatever is rarer than these has none, and is counted all the same. */
const mostCodes = 32;

/** Numbers that are added one by one. */
class Column {
  #values = new Uint32Array(1024);
  #count = 0;

  push(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Uint32Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = value;
  }

  finish(): Uint32Array<ArrayBuffer> {
    return this.#values.slice(0, this.#count);
  }
}

class Tally {
  readonly #preview: PreviewOptions | undefined;
  readonly #reader: RowReader;
  readonly #encoder: RowEncoder | undefined;
  readonly #unit: 'line' | 'row';
  readonly #found = new Map<
    string,
    { severity: LintCount['severity']; message: string; count: number; lines: number[] }
  >();
  readonly #lengths = new Column();
  readonly #flags = new Column();
  readonly #codes: string[] = [];
  looked = 0;
  tokens = 0;
  supervised = 0;
  truncated = 0;

  constructor(preview: PreviewOptions | undefined, unit: 'line' | 'row') {
    this.#preview = preview;
    this.#unit = unit;
    this.#reader = new RowReader(preview ?? {});
    this.#encoder = preview === undefined ? undefined : new RowEncoder(preview.tokenizer, preview);
  }

  get format(): string | undefined {
    return this.#reader.format;
  }

  add({ line, text }: FileRow): void {
    this.looked += 1;
    const codes = new Set<string>();
    const length = this.#encode(text, line, codes);
    let flags = 0;
    for (const code of codes) flags |= this.#flag(code);
    this.#lengths.push(length);
    this.#flags.push(flags >>> 0);
  }

  /** A row that a config leaves out: it keeps its place in the table. */
  skip(): void {
    this.#lengths.push(0);
    this.#flags.push(0);
  }

  /** Tokens before the cut. */
  #encode(text: string, line: number, codes: Set<string>): number {
    const note = (code: LintCode): void => {
      codes.add(code);
      this.#count(code, lintSeverity(code), lintMessage(code), line);
    };
    try {
      const row = this.#reader.read(parseLine(text), `${this.#unit} ${line}`);
      if (this.#encoder === undefined || this.#preview === undefined) return 0;
      const encoded = this.#encoder.encode(row);
      const { lints, mask } = encoded;
      const { ids, cut, uncut, supervised } = cutRow(encoded, this.#preview.length);
      for (const code of new Set(lints)) note(code);
      if (cut) this.truncated += 1;
      if (supervised > 0) {
        this.tokens += ids.length;
        this.supervised += supervised;
        if (cut) note('truncated');
      } else if (cut && mask.includes(1)) note('answer-cut-off');
      else if (!lints.includes('no-assistant-turn')) note('nothing-trained');
      return uncut;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      codes.add(error.code);
      this.#count(error.code, 'error', error.message, line);
      return 0;
    }
  }

  #count(code: string, severity: LintCount['severity'], message: string, line: number): void {
    const known = this.#found.get(code) ?? { severity, message, count: 0, lines: [] };
    known.count += 1;
    if (known.lines.length < linesKept) known.lines.push(line);
    this.#found.set(code, known);
  }

  #flag(code: string): number {
    let bit = this.#codes.indexOf(code);
    if (bit < 0 && this.#codes.length < mostCodes) bit = this.#codes.push(code) - 1;
    return bit < 0 ? 0 : 1 << bit;
  }

  table(): RowTable {
    return { tokens: this.#lengths.finish(), lints: this.#flags.finish(), codes: this.#codes };
  }

  lints(): LintCount[] {
    const all = [...this.#found].map(([code, found]) => ({ code, ...found }));
    const rank = { error: 0, warning: 1 };
    return all.sort((a, b) => rank[a.severity] - rank[b.severity] || b.count - a.count);
  }
}

function countsOf(tally: Tally, lengths: Uint32Array, scale: number, length: number): TokenCounts {
  const byLength = new Map<number, number>();
  for (const one of lengths) if (one > 0) byLength.set(one, (byLength.get(one) ?? 0) + 1);
  let longest = 0;
  for (const one of byLength.keys()) longest = Math.max(longest, one);
  const width = Math.max(1, Math.ceil((longest + 1) / bins));
  const counts = Array.from({ length: Math.floor(longest / width) + 1 }, () => 0);
  for (const [one, count] of byLength) counts[Math.floor(one / width)]! += count;
  const scaled = (count: number): number => Math.round(count * scale);
  return {
    tokens: scaled(tally.tokens),
    supervised: scaled(tally.supervised),
    truncated: scaled(tally.truncated),
    length,
    longest,
    percentile95: percentile95(byLength),
    histogram: { width, counts: counts.map(scaled) },
  };
}

/** Even picks of `count` rows out of `rows`, from 1, in order. */
function* samples(rows: number, count: number): Generator<number, void, undefined> {
  for (let i = 0; i < count; i++) yield 1 + Math.floor((i * rows) / count);
}

/** Looks at the rows of a file; a sample waits for its index. The table is absent for a sample. */
export async function surveyRows(
  file: RowFile,
  { preview, exclude, sample, onProgress, signal }: SurveyOptions,
): Promise<{ survey: Survey; table: RowTable | undefined }> {
  const excluded = rowRanges(exclude);
  const tally = new Tally(preview, file.unit);
  let skipped = 0;
  let rows = 0;
  const take = (row: FileRow): void => {
    if (includesRow(excluded, row.line)) {
      skipped += 1;
      tally.skip();
    } else tally.add(row);
  };
  const pause = slices(signal);
  if (sample === undefined) {
    let done = 0;
    for await (const batch of file.stream())
      for (const row of batch) {
        take(row);
        rows += 1;
        done += row.bytes + 1;
        if (await pause()) onProgress?.(Math.min(done, file.size), file.size);
      }
  } else {
    await file.index(signal === undefined ? {} : { signal });
    rows = file.known;
    const count = Math.min(sample, rows);
    let looked = 0;
    for (const at of samples(rows, count)) {
      for (const row of await file.rows(at, 1)) take(row);
      looked += 1;
      if (await pause()) onProgress?.(looked, count);
    }
  }
  const table = tally.table();
  const looked = sample === undefined ? rows : table.tokens.length;
  const scale = looked === 0 ? 1 : rows / looked;
  const survey: Survey = {
    rows,
    bytes: file.size,
    unit: file.unit,
    ...(tally.format === undefined ? {} : { format: tally.format }),
    excluded: skipped,
    looked,
    ...(preview === undefined ? {} : { tokens: countsOf(tally, table.tokens, scale, preview.length) }),
    lints: tally.lints(),
  };
  return { survey, table: looked === rows ? table : undefined };
}

/** Milliseconds after which others get their turn. */
const longestSlice = 12;

/** A pause where one is due; true after one. */
function slices(signal: AbortSignal | undefined): () => Promise<boolean> {
  let paused = performance.now();
  return async () => {
    if (performance.now() - paused < longestSlice) return false;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    paused = performance.now();
    return true;
  };
}
