/** @file `{"prompt": "…", "completion": "…"}`: TRL, mlx-lm. */
import { textField } from '../row.ts';
import type { DatasetFormat } from '../row.ts';

export const promptCompletion: DatasetFormat = {
  name: 'prompt-completion',
  required: [['prompt', 'completion']],
  optional: [],
  teaches: ['continuation', 'seq2seq'],
  fits: ({ prompt, completion }) => typeof prompt === 'string' && typeof completion === 'string',
  read: (row) => ({
    kind: 'pair',
    system: undefined,
    history: [],
    prompt: textField(row, 'prompt'),
    completion: textField(row, 'completion'),
  }),
};
