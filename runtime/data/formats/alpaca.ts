/** @file `{"instruction", "input"?, "output", "system"?, "history"?: [[question, answer]]}`: Alpaca, LLaMA-Factory, axolotl. */
import { malformed, optionalText, textField } from '../row.ts';
import type { DatasetFormat } from '../row.ts';
import type { JsonObject } from '../smallFile.ts';

export const alpaca: DatasetFormat = {
  name: 'alpaca',
  required: [['instruction', 'output']],
  optional: ['input', 'system', 'history'],
  teaches: ['continuation', 'seq2seq'],
  fits: ({ instruction, output }) => typeof instruction === 'string' && typeof output === 'string',
  read(row) {
    const instruction = textField(row, 'instruction');
    const input = optionalText(row, 'input');
    return {
      kind: 'pair',
      system: optionalText(row, 'system'),
      history: readHistory(row),
      // LLaMA-Factory joins the two with one line break.
      prompt: input === undefined ? instruction : `${instruction}\n${input}`,
      completion: textField(row, 'output'),
    };
  },
};

function readHistory(row: JsonObject): [string, string][] {
  const history = row['history'];
  if (history === undefined || history === null || history === '') return [];
  if (!Array.isArray(history)) throw malformed('has "history" that is not a list of [question, answer].');
  return history.map((entry: unknown) => {
    if (!Array.isArray(entry) || entry.length !== 2 || !entry.every((part) => typeof part === 'string'))
      throw malformed('has "history" that is not a list of [question, answer].');
    return entry as unknown as [string, string];
  });
}
