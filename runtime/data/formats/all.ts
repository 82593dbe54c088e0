/** @file Every dataset format: one file each, one line here. */
import type { DatasetFormat } from '../row.ts';
import { alpaca } from './alpaca.ts';
import { chat } from './chat.ts';
import { chatSplit } from './chatSplit.ts';
import { classification } from './classification.ts';
import { preference } from './preference.ts';
import { promptCompletion } from './promptCompletion.ts';
import { sharegpt } from './sharegpt.ts';
import { text } from './text.ts';
import { tokenised } from './tokenised.ts';

export const datasetFormats: readonly DatasetFormat[] = [
  alpaca,
  chat,
  chatSplit,
  classification,
  preference,
  promptCompletion,
  sharegpt,
  text,
  tokenised,
];
