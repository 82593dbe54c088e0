/** @file A previewer of rows over single bytes with ChatML's template: what a row costs can be counted by hand. */
import { RowPreviewer } from '../../runtime/data/rowPreview.ts';
import type { PreviewOptions } from '../../runtime/data/rowPreview.ts';
import { createByteTokenizer } from './byteTokenizer.ts';

export const chatMl =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export const previewOptions = (more: Partial<PreviewOptions> = {}): PreviewOptions => ({
  tokenizer: createByteTokenizer({
    special: ['<|im_start|>', '<|im_end|>'],
    eos: '<|im_end|>',
    ends: ['<|im_end|>'],
    chatTemplate: chatMl,
  }),
  length: 1000,
  trainOn: 'assistant',
  ...more,
});

export const createPreviewer = (more: Partial<PreviewOptions> = {}): RowPreviewer =>
  new RowPreviewer(previewOptions(more));
