/** @file `{"prompt", "chosen", "rejected"}`, or `{"prompt", "completion", "label": true|false}`: known, and refused here. */
import { UserError } from '../../contract/errors.ts';
import type { DatasetFormat } from '../row.ts';

export const preference: DatasetFormat = {
  name: 'preference',
  required: [
    ['chosen', 'rejected'],
    ['prompt', 'completion', 'label'],
  ],
  optional: ['prompt'],
  teaches: ['continuation', 'seq2seq', 'classification'],
  fits: (row) => ('chosen' in row && 'rejected' in row) || typeof row['label'] === 'boolean',
  read() {
    throw new UserError(
      'preference-data',
      'holds preferences (chosen and rejected answers), which fine-tuning on examples can not learn from.',
      {
        hint: 'To train on the chosen answers alone set data.format to "prompt-completion" (or "chat-split") and data.columns to { "prompt": "prompt", "completion": "chosen" }.',
      },
    );
  },
};
