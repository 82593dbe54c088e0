/** @file `{"text": "…"}`: plain text, every token trained. */
import { textField } from '../row.ts';
import type { DatasetFormat } from '../row.ts';

export const text: DatasetFormat = {
  name: 'text',
  required: [['text']],
  optional: [],
  fits: (row) => typeof row['text'] === 'string',
  read: (row) => ({ kind: 'text', text: textField(row, 'text') }),
};
