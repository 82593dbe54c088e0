/** @file One line of a data file as training would take it: what is learned, what is cut, what is worth a word, and where. */
import type {
  CharacterRange,
  RenderedRow,
  RowLint,
  RowPreview,
  StateRange,
  TextState,
} from '../contract/api/data.ts';
import type { DataFormat, Task } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { RowEncoder } from './encodeRow.ts';
import type { EncodedRow, RowPlaces } from './encodeRow.ts';
import { datasetFormats } from './formats/all.ts';
import { jsonScalars } from './jsonStrings.ts';
import type { SourceScalar } from './jsonStrings.ts';
import type { Row } from './row.ts';
import { plainTurns, renderTurns, textTurns } from './renderRow.ts';
import { lintError, placeLint } from './rowLints.ts';
import { RowReader } from './rows.ts';
import { cutRow } from './rowStream.ts';
import type { CutRow } from './rowStream.ts';
import { findAnchors, findCallAnchors, sourceOf } from './sourceRanges.ts';
import type { Anchor } from './sourceRanges.ts';
import type { TrainOn } from './spans.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { Span } from './turns.ts';

export interface PreviewOptions {
  readonly tokenizer: Tokenizer | undefined;
  /** Rows are cut at this many tokens. */
  readonly length: number;
  readonly trainOn: TrainOn;
  readonly format?: DataFormat | undefined;
  readonly columns?: Readonly<Record<string, string>> | undefined;
  readonly template?: string | undefined;
  /** The base's task; absent: it goes on with texts. */
  readonly task?: Task | undefined;
  /** Names of the classes by id, where the base has them. */
  readonly labels?: readonly string[] | undefined;
}

/** A row that was read and encoded, with all places. */
interface Looked {
  readonly row: Row;
  readonly encoded: EncodedRow;
  readonly places: RowPlaces;
  readonly scalars: readonly SourceScalar[];
  readonly anchors: readonly Anchor[];
  /** Character of the text at which it is cut; its length where it isn't. */
  readonly cutAt: number;
}

/** A longer line is read for training, but nobody looks at all of it. */
const longestRendered = 200_000;

export class RowPreviewer {
  readonly #options: PreviewOptions;
  readonly #encoder: RowEncoder | undefined;
  readonly #fields: ReadonlySet<string>;

  /** Without options only the shape of rows is looked at. Throws what `RowEncoder` and `RowReader` throw. */
  constructor(options?: PreviewOptions) {
    this.#options = options ?? { tokenizer: undefined, length: Infinity, trainOn: 'assistant' };
    if (options !== undefined) this.#encoder = new RowEncoder(options.tokenizer, options);
    new RowReader(this.#options);
    const columns = Object.entries(this.#options.columns ?? {});
    const known = datasetFormats.flatMap(({ required, optional }) => [...required.flat(), ...optional]);
    this.#fields = new Set([...known, ...columns.map(([, column]) => column)]);
  }

  /** Undefined for a blank line. Never throws for what stands in the line. */
  preview(line: string): RowPreview | undefined {
    if (line.trim() === '') return undefined;
    try {
      const value = parseLine(line);
      if (this.#encoder === undefined) {
        const row = new RowReader(this.#options).read(value, '');
        return { ranges: [], lints: shapeLints(row) };
      }
      const looked = this.#look(line, value);
      const { encoded } = looked;
      return {
        tokens: this.#cut(encoded).uncut,
        supervised: this.#cut(encoded).supervised,
        ranges: this.#ranges(looked),
        lints: this.#lints(line, looked),
      };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { ranges: [], lints: [lintError(line, error)] };
    }
  }

  /** The row turn by turn; without options as it stands there. Throws the `UserError` of a row that can't be trained on. */
  render(line: string): RenderedRow {
    if (this.#encoder === undefined) {
      const row = new RowReader(this.#options).read(parseLine(line), '');
      const turns = plainTurns(row, longestRendered);
      return { turns, tokens: 0, supervised: 0, lints: shapeLints(row), shortened: false };
    }
    const looked = this.#look(line, parseLine(line));
    const { encoded, places, cutAt } = looked;
    const text = encoded.text ?? '';
    const shortened = text.length > longestRendered;
    const { uncut, supervised } = this.#cut(encoded);
    const scene = {
      text: text.slice(0, longestRendered),
      trained: encoded.spans,
      contents: places.contents,
      special: specialRanges(this.#options.tokenizer, encoded, places),
      cutAt,
    };
    const apart = encoded.text === undefined && looked.row.kind !== 'tokens';
    return {
      turns: apart ? textTurns(looked.row, longestRendered) : renderTurns(scene),
      tokens: uncut,
      supervised,
      lints: this.#lints(line, looked),
      shortened,
    };
  }

  /** Characters of each supervised token that is left after the cut, null where it stands for none of the line. */
  tokens(line: string): (CharacterRange | null)[] {
    const { encoded, places, anchors, scalars } = this.#look(line, parseLine(line));
    // a class stands for none of them
    if (encoded.label !== undefined) return [null];
    const numbers = this.#idScalars(scalars);
    const found: (CharacterRange | null)[] = [];
    for (let i = 0; i < this.#cut(encoded).mask.length; i++) {
      if (encoded.mask[i] !== 1) continue;
      const ranges =
        encoded.text === undefined ? numbers.slice(i, i + 1) : sourceOf(anchors, places.tokens[i]!);
      const [first] = ranges;
      found.push(first === undefined ? null : { start: first.start, end: ranges.at(-1)!.end });
    }
    return found;
  }

  #look(line: string, value: unknown): Looked {
    const encoder = this.#encoder;
    if (encoder === undefined) throw new Error('a previewer without options encodes no row');
    const row = new RowReader(this.#options).read(value, '');
    const encoded = encoder.encode(row);
    const places = encoder.places(row, encoded);
    const scalars = jsonScalars(line);
    const text = encoded.text ?? '';
    const contents = findAnchors(line, text, places.contents, scalars, this.#fields);
    const calls = findCallAnchors(line, text, contents, scalars);
    const anchors = [...contents, ...calls].sort((a, b) => a.start - b.start);
    const cutAt = places.tokens[this.#options.length]?.start ?? text.length;
    return { row, encoded, places, scalars, anchors, cutAt };
  }

  #cut(encoded: EncodedRow): CutRow {
    return cutRow(encoded, this.#options.length);
  }

  #ranges({ encoded, anchors, scalars, cutAt }: Looked): StateRange[] {
    if (encoded.text === undefined) return this.#numberRanges(encoded, scalars);
    const states = statesOf(encoded.spans, encoded.text.length, cutAt);
    const ranges = states.flatMap(({ state, ...span }) =>
      sourceOf(anchors, span).map((range): StateRange => ({ ...range, state })),
    );
    return ranges.sort((a, b) => a.start - b.start);
  }

  /** Rows of token ids: the numbers themselves, neighbours with the same state as one range. */
  #numberRanges({ mask }: EncodedRow, scalars: readonly SourceScalar[]): StateRange[] {
    const ranges: StateRange[] = [];
    for (const [i, { start, end }] of this.#idScalars(scalars).entries()) {
      const state = i >= this.#options.length ? 'cut' : mask[i] === 1 ? 'trained' : 'ignored';
      const last = ranges.at(-1);
      if (last?.state === state) ranges[ranges.length - 1] = { ...last, end };
      else ranges.push({ start, end, state });
    }
    return ranges;
  }

  #idScalars(scalars: readonly SourceScalar[]): readonly SourceScalar[] {
    const column = this.#options.columns?.['input_ids'] ?? 'input_ids';
    return scalars.filter(({ path }) => path.length === 2 && path[0] === column);
  }

  #lints(line: string, { encoded, scalars }: Looked): RowLint[] {
    const { tokenizer, length } = this.#options;
    const { supervised, cut, uncut } = this.#cut(encoded);
    const codes = [...encoded.lints];
    if (supervised > 0) codes.push(...(cut ? (['truncated'] as const) : []));
    else if (cut && encoded.mask.includes(1)) codes.push('answer-cut-off');
    else if (!codes.includes('no-assistant-turn')) codes.push('nothing-trained');
    const scene = { line, scalars, tokenizer, tokens: uncut, length };
    return codes.map((code) => placeLint(code, scene));
  }
}

/** Throws `row-not-json`. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line.startsWith('\uFEFF') ? line.slice(1) : line) as unknown;
  } catch (cause) {
    const { message } = cause as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    throw new UserError('row-not-json', `is not JSON: ${jsonReason(message)}.`, {
      place: position === undefined ? {} : { column: Number(position) + 1 },
      hint: 'A .jsonl file has one JSON object a line.',
      cause,
    });
  }
}

/** The parser's words without the place and without the text that it quotes. */
function jsonReason(message: string): string {
  return message.replace(
    /( in JSON)? at position.*| \(line \d+ column \d+\)|, \.*".*is not valid JSON$/s,
    '',
  );
}

/** Trained and ignored stretches side by side, each cut off from `cutAt` on. */
export function statesOf(
  trained: readonly Span[],
  length: number,
  cutAt: number,
): (Span & { state: TextState })[] {
  const states: (Span & { state: TextState })[] = [];
  const add = (start: number, end: number, state: TextState): void => {
    if (start < Math.min(end, cutAt)) states.push({ start, end: Math.min(end, cutAt), state });
  };
  let at = 0;
  for (const { start, end } of trained) {
    add(at, start, 'ignored');
    add(start, end, 'trained');
    at = end;
  }
  add(at, length, 'ignored');
  if (cutAt < length) states.push({ start: cutAt, end: length, state: 'cut' });
  return states;
}

/** Without a tokenizer only what the turns themselves show. */
function shapeLints(row: Row): RowLint[] {
  if (row.kind !== 'chat' || row.conversation.messages.some(({ role }) => role === 'assistant')) return [];
  return [
    placeLint('no-assistant-turn', { line: '', scalars: [], tokenizer: undefined, tokens: 0, length: 0 }),
  ];
}

function specialRanges(tokenizer: Tokenizer | undefined, { ids }: EncodedRow, { tokens }: RowPlaces): Span[] {
  if (tokenizer === undefined) return [];
  return tokens.filter(({ start, end }, i) => start < end && tokenizer.isSpecial(ids[i]!));
}
