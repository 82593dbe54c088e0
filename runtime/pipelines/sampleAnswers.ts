/** @file Held-out rows that base and adapter answer while a run goes on, so that a person reads what the losses mean. */
import type { AnswersLine } from '../contract/run.ts';
import type { TokenDataset } from '../data/dataset.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import type { TokenRow } from '../train/batch.ts';
import type { Engine } from '../train/engine.ts';
import { answer } from './evaluate.ts';

/** A longer answer says no more of the adapter, and every evaluation would wait for it. */
const MOST_TOKENS = 256;

export interface SampleRow {
  /** Counted from 0 in its file. */
  readonly row: number;
  readonly tokens: TokenRow;
}

/** The last trained span is asked for; in a row that is trained from its beginning, its second half. Undefined where there is none. */
function askable(row: TokenRow): TokenRow | undefined {
  const end = row.mask.lastIndexOf(1) + 1;
  const start = row.mask.lastIndexOf(0, end - 1) + 1;
  // one token before it is the beginning of a text, no question
  if (end > 0 && start > 1) return row;
  const half = Math.max(1, end >> 1);
  if (end <= half) return undefined;
  const mask = new Uint8Array(row.mask.length).fill(1, half, end);
  return { ...row, mask };
}

/** The first `count` rows that ask for something. */
export function sampleRows(data: TokenDataset, count: number): SampleRow[] {
  const found: SampleRow[] = [];
  for (let row = 0; row < data.rows && found.length < count; row++) {
    const tokens = askable(data.read(row));
    if (tokens !== undefined) found.push({ row: data.source(row), tokens });
  }
  return found;
}

/** What the model answers after `step`, greedily; with the questions where these are asked for the first time. */
export async function answerSamples(
  engine: Engine,
  tokenizer: Tokenizer,
  rows: readonly SampleRow[],
  step: number,
): Promise<AnswersLine> {
  const tokens = rows.map((row) => row.tokens);
  const answers = await answer(engine, tokenizer, tokens, MOST_TOKENS);
  const questions = rows.map(({ row }, i) => {
    const { prompt, wanted } = answers[i]!;
    return { row, prompt, wanted };
  });
  return {
    step,
    ...(step === 0 && { questions }),
    answers: answers.map(({ given, cut }) => ({ text: given, ...(cut && { cut }) })),
  };
}
